"""Unpack a zip archive, after its table of contents has shown that this is safe."""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from zipfile import ZipFile, ZipInfo

from calcidect.errors import StudyRefusedError
from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._bounds import allowed_bytes

_DRIVE = re.compile(r"^[A-Za-z]:")
_IS_ENCRYPTED = 0x1  # general purpose bit 0 (PKWARE APPNOTE 4.4.4)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for gigabytes to unpack
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError)


def is_archive(path: Path) -> bool:
    """Tell whether a file begins as a zip archive does."""
    try:
        with path.open("rb") as file:
            return file.read(2) == b"PK"
    except OSError:
        return False


def unpack(path: Path, folder: Path, settings: StudySettings) -> None:
    """Write the files of an archive into a folder, under numbers in the order of their names.

    Parameters
    ----------
    path : Path
        The archive.
    folder : Path
        An empty folder.
    settings : StudySettings
        How many files it may hold, and how far they may expand.

    Raises
    ------
    StudyRefusedError
        ``archive_damaged``, ``archive_encrypted``, ``archive_unsafe`` or ``archive_too_large``.
    """
    try:
        with ZipFile(path) as archive:
            entries = sorted((e for e in archive.infolist() if not e.is_dir()), key=lambda entry: entry.filename)
            _check(entries, path.stat().st_size, settings, shutil.disk_usage(folder).free)
            for number, entry in enumerate(entries):
                # Names are not used: none can lead out of the folder, be too long, or name a person.
                with archive.open(entry) as packed, (folder / f"{number:07d}").open("wb") as file:
                    shutil.copyfileobj(packed, file, 2**20)
    except StudyRefusedError:
        raise
    except _DAMAGE as error:
        raise refusals.archive_damaged() from error


def _check(entries: Sequence[ZipInfo], archive_bytes: int, settings: StudySettings, free_bytes: int) -> None:
    if not entries:
        raise refusals.empty_folder()
    if any(entry.compress_type not in _METHODS for entry in entries):
        raise refusals.archive_damaged()
    if any(entry.flag_bits & _IS_ENCRYPTED for entry in entries):
        raise refusals.archive_encrypted()
    if any(_leads_out(entry) for entry in entries):
        raise refusals.archive_unsafe()
    # No more than this is written, whatever an entry inflates to: zipfile stops at the stated size.
    unpacked_bytes = sum(entry.file_size for entry in entries)
    if len(entries) > settings.maximum_archive_files or unpacked_bytes > allowed_bytes(archive_bytes, settings):
        raise refusals.archive_too_large(len(entries), unpacked_bytes)
    if unpacked_bytes > free_bytes:
        raise refusals.no_room(unpacked_bytes)


def _leads_out(entry: ZipInfo) -> bool:
    """Tell whether an entry names a place outside the archive, or is a link to one."""
    name = entry.filename.replace("\\", "/")
    is_link = stat.S_ISLNK(entry.external_attr >> 16)  # high bytes: mode of a file system that has links
    return is_link or name.startswith("/") or bool(_DRIVE.match(name)) or ".." in PurePosixPath(name).parts
