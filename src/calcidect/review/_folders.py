"""The folders of a result and of its review: only plain files inside them are read, never what a link points to."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from calcidect.errors import InputRefusedError
from calcidect.review._faults import not_found

LARGEST_SERVED_BYTES = 256 * 2**20
"""Our choice: reports hold their pictures and take some megabytes."""


def review_folder(result: Path) -> Path:
    """Return the folder beside a result where its review is kept."""
    return result.with_name(f"{result.name}.review")


def refuse_links(folder: Path) -> None:
    """Refuse a folder that holds a link or anything that is neither file nor folder; it could lead anywhere.

    Raises
    ------
    InputRefusedError
        ``result_has_links``.
    """
    inside = (Path(place, name) for place, folders, files in os.walk(folder) for name in (*folders, *files))
    for path in (folder, *inside):
        if path.is_symlink() or (path.exists() and not (path.is_file() or path.is_dir())):
            raise InputRefusedError(
                "result_has_links",
                found="The folder of the result, or of its review, holds a link or a special file.",
                expected="Plain files and folders, as calcidect writes them.",
                remedy="Copy the result without links, or analyse the scan again.",
            )


def read_inside(folder: Path, *parts: str) -> bytes:
    """Return a plain file inside a folder.

    Raises
    ------
    RequestRefusedError
        404 if there is none, if a part of its path is a link, or if it is too large.
    """
    path = folder
    for part in parts:
        path = path / part
        if part in ("", ".", "..") or Path(part).name != part or path.is_symlink():
            raise not_found("file")
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_SERVED_BYTES:
            raise not_found("file")
        return path.read_bytes()
    except OSError:
        raise not_found("file") from None


def folder_hash(folder: Path) -> str:
    """Return the SHA-256 over names and bytes of all files in a folder, in the order of their names."""
    whole = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        data = path.read_bytes()
        whole.update(f"{path.relative_to(folder).as_posix()}\0{len(data)}\0".encode())
        whole.update(data)
    return whole.hexdigest()
