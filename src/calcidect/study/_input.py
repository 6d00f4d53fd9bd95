"""What may be given: a folder, one file, or a zip archive; each becomes a list of files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._archive import is_archive, unpack
from calcidect.study._head import PREAMBLE_BYTES, is_dicom


@contextmanager
def opened(source: Path, settings: StudySettings) -> Iterator[list[Path]]:
    """Give the files of a scan, for as long as they are needed.

    Parameters
    ----------
    source : Path
        A folder of any depth, a DICOM file, or a zip archive, which is unpacked into a temporary folder.
    settings : StudySettings
        How much an archive may hold.

    Raises
    ------
    StudyRefusedError
        ``path_missing``, ``not_a_folder``, ``empty_folder``, or what `unpack` raises.
    """
    if not source.exists():
        raise refusals.path_missing()
    if source.is_dir():
        yield _listed(source)
    elif _is_dicom(source):
        yield [source]
    elif is_archive(source):
        with tempfile.TemporaryDirectory(prefix="calcidect-", ignore_cleanup_errors=True) as folder:
            unpack(source, Path(folder), settings)
            yield _listed(Path(folder))
    else:
        raise refusals.not_a_folder()


def _listed(folder: Path) -> list[Path]:
    """Return the files of a folder and of the folders in it, in an order that does not depend on the system."""
    paths = []
    for root, folders, names in os.walk(folder):
        folders.sort()
        paths += [Path(root, name) for name in sorted(names)]
    if not paths:
        raise refusals.empty_folder()
    return paths


def _is_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_dicom(file.read(PREAMBLE_BYTES))
    except OSError:
        return False
