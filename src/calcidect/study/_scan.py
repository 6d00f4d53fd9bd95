"""Find the DICOM files of a folder and read each one's header, once."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calcidect.progress import Progress
from calcidect.study import _refusals as refusals
from calcidect.study._header import CT_IMAGE_STORAGE, ImageHeader, Person, Values, image_header, person_of

_DICOMDIR = "1.2.840.10008.1.3.10"
_PREAMBLE_BYTES = 132
_SAMPLE_BYTES = 12


@dataclass(frozen=True)
class Scan:
    """Every file of a folder, sorted into what it is.

    Parameters
    ----------
    images : tuple of ImageHeader
        CT images, in order of path.
    people : tuple of Person
        One for each different patient, of all DICOM files.
    other_objects : int
        DICOM files that are no CT images: reports, screenshots, raw spectral data, enhanced CT.
    skipped : mapping of str to int
        Why a file was left out, and how many were.
    damaged : int
        Files that say they are DICOM and could not be read.
    """

    images: tuple[ImageHeader, ...]
    people: tuple[Person, ...]
    other_objects: int
    skipped: Mapping[str, int]
    damaged: int


def scan_folder(folder: Path, progress: Progress) -> Scan:
    """Read the header of every DICOM file in a folder and the folders in it.

    Raises
    ------
    StudyRefusedError
        ``path_missing``, ``not_a_folder``, ``empty_folder`` or ``no_dicom``.
    """
    if not folder.exists():
        raise refusals.path_missing()
    if not folder.is_dir():
        raise refusals.not_a_folder()
    paths = list(_files_in(folder))
    if not paths:
        raise refusals.empty_folder()
    reader = _Reader()
    with warnings.catch_warnings():
        # pydicom warns of every value that breaks a rule of the standard; real scanners break many, harmlessly.
        warnings.simplefilter("ignore")
        for number, path in enumerate(paths):
            reader.read(path)
            if number % 50 == 0:
                progress("reading headers", number / len(paths))
    progress("reading headers", 1.0)
    scan = reader.scan()
    if not (scan.images or scan.other_objects or scan.damaged):
        raise refusals.no_dicom(len(paths))
    return scan


def _files_in(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield Path(root, name)


class _Reader:
    """Collects what the files of one folder are."""

    def __init__(self) -> None:
        self._images: dict[str, ImageHeader] = {}
        self._people: dict[tuple[str, str, str], Person] = {}
        self._skipped: Counter[str] = Counter()
        self._others = self._damaged = 0
        self._memory: dict[tuple[object, ...], Any] = {}

    def scan(self) -> Scan:
        """Return what was read so far."""
        return Scan(
            tuple(self._images.values()),
            tuple(self._people.values()),
            self._others,
            dict(self._skipped),
            self._damaged,
        )

    def read(self, path: Path) -> None:
        """Read one file's header; whatever is wrong with it is counted, never raised."""
        from pydicom import dcmread

        try:
            with path.open("rb") as file:
                start = file.read(_PREAMBLE_BYTES)
                if not start.endswith(b"DICM"):
                    self._skipped["no DICOM file" if start else "empty file"] += 1
                    return
                file.seek(0)
                values = Values(dcmread(file, stop_before_pixels=True), self._memory)
                tail_at = file.tell()
                tail = file.read(_SAMPLE_BYTES)
                file_bytes = os.fstat(file.fileno()).st_size
            self._keep(values, path, file_bytes, tail, tail_at)
        except OSError:
            self._skipped["could not be opened"] += 1
        except Exception:  # a damaged header makes pydicom raise nearly anything
            self._damaged += 1

    def _keep(self, values: Values, path: Path, file_bytes: int, tail: bytes, tail_at: int) -> None:
        kind = values.text(0x00080016) or str(values.dataset.file_meta.MediaStorageSOPClassUID)
        if kind == _DICOMDIR:
            self._skipped["list of files (DICOMDIR)"] += 1
            return
        person = person_of(values)
        self._people.setdefault(person.identity, person)
        if kind != CT_IMAGE_STORAGE:
            self._others += 1
            return
        image = image_header(values, path, file_bytes, tail, tail_at)
        twin = self._images.get(image.instance_uid)
        if twin is None:
            self._images[image.instance_uid] = image
        elif twin.path.read_bytes() == path.read_bytes():
            self._skipped["second copy of an image"] += 1
        else:  # two images under one name: both are kept, and collide at their position
            self._images[f"{image.instance_uid} {len(self._images)}"] = image
