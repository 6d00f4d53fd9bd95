"""A folder, or a file, that appears whole or not at all.

Everything is written to a hidden folder beside the target, flushed to disk, and then renamed. A rename
within one file system is atomic (POSIX rename), so nobody ever sees half a result.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from calcidect.errors import OutputError, UsageError


def check_target(folder: Path, *, force: bool = False, input_folder: Path | None = None) -> None:
    """Refuse a place where a result must not be written. Call it before the long work, too.

    Parameters
    ----------
    folder : Path
        Where the result is to appear.
    force : bool
        Whether an existing folder may be replaced.
    input_folder : Path, optional
        Where the input lies, or a file that is read; the result must be neither in it, nor hold it.

    Raises
    ------
    UsageError
        If the folder exists and ``force`` is false, is a file, or would touch the input.
    """
    target = folder.resolve()
    if target.exists() and not target.is_dir():
        raise UsageError(
            "output_is_a_file",
            found="The place for the result is a file.",
            expected="A folder that does not exist yet.",
            remedy="Give another name.",
        )
    if input_folder is not None and _overlap(target, input_folder.resolve()):
        raise UsageError(
            "output_touches_input",
            found="The folder for the result is that of the input, lies inside it, or holds it.",
            expected="A folder apart from the input, which is never changed.",
            remedy="Choose a folder elsewhere.",
        )
    if target.exists() and not force:
        raise UsageError(
            "output_exists",
            found="The folder for the result already exists.",
            expected="A folder that does not exist yet.",
            remedy="Choose another folder, or replace this one with --force.",
        )


def _overlap(a: Path, b: Path) -> bool:
    return a == b or a in b.parents or b in a.parents


def write_whole_file(path: Path, data: bytes) -> None:
    """Write a file beside its place, then rename it; an older one stays as it was until then.

    Raises
    ------
    OSError
        If it could not be written. Nothing is left behind.
    """
    beside = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise


@contextmanager
def whole_folder(folder: Path, *, force: bool = False) -> Iterator[Path]:
    """Give a hidden folder to write into; at the end, put it in place of ``folder``. On any failure remove it.

    Raises
    ------
    OutputError
        If anything could not be written. Nothing is left behind, and an old folder stays as it was.
    """
    target = folder.resolve()
    hidden = _sibling(target, "partial")
    made: list[Path] = []
    try:
        made = _make_parents(target)
        hidden.mkdir()
        yield hidden
        _flush(hidden)
        _put_in_place(hidden, target, force=force)
    except BaseException as error:  # an interrupt must clean up as well
        shutil.rmtree(hidden, ignore_errors=True)
        _remove_empty(made)
        if isinstance(error, OSError):
            raise _output_error(error) from error
        raise


def _sibling(target: Path, purpose: str) -> Path:
    return target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.{purpose}")


def _make_parents(target: Path) -> list[Path]:
    """Make the missing folders above the target and return them, innermost first."""
    missing = [parent for parent in target.parents if not parent.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    return missing


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return


def _flush(folder: Path) -> None:
    """Make sure that contents are on disk before the name is: a full disk may only show here."""
    for path in [*folder.rglob("*"), folder]:
        if path.is_dir() and os.name != "posix":
            continue  # Windows can't open a folder
        handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _put_in_place(new: Path, target: Path, *, force: bool) -> None:
    """Rename; an old folder steps aside first and is removed only once the new one stands."""
    if not target.exists():
        new.rename(target)
        return
    check_target(target, force=force)
    old = _sibling(target, "old")
    target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _output_error(error: OSError) -> OutputError:
    # The error's own text holds a path, which may hold a name.
    return OutputError(
        "output_failed",
        found=f"The result could not be written: {error.strerror or type(error).__name__}.",
        expected="A place with enough room where this account may write.",
        remedy="Make room or choose another folder. Nothing was left behind; an older result is unchanged.",
    )
