"""Find the DICOM files of a scan and read each one's header, once."""

from __future__ import annotations

import filecmp
import os
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from calcidect.progress import Progress
from calcidect.settings import StudySettings
from calcidect.study import _refusals as refusals
from calcidect.study._enhanced import ENHANCED_CT_STORAGE, frames_of
from calcidect.study._head import PREAMBLE_BYTES, Head, is_dicom, read_head
from calcidect.study._header import CT_IMAGE_STORAGE, ImageHeader, Person, image_header, person_of
from calcidect.study._pixel_format import pixel_format, rescaled
from calcidect.study._raw_objects import raw_kind_of
from calcidect.study._values import Values

_DICOMDIR = "1.2.840.10008.1.3.10"


@dataclass(frozen=True)
class Scan:
    """Every file given, sorted into what it is.

    Parameters
    ----------
    images : tuple of ImageHeader
        CT images, in order of path; of multi-frame CT, each frame.
    people : tuple of Person
        One for each different patient, of all DICOM files.
    other_objects : int
        DICOM files that are no CT images: reports, screenshots, raw spectral data.
    skipped : mapping of str to int
        Why a file was left out, and how many were.
    damaged : int
        Files that say they are DICOM and could not be read.
    raw_objects : mapping of str to int
        Vendors' raw spectral objects among the others: name and number.
    """

    images: tuple[ImageHeader, ...]
    people: tuple[Person, ...]
    other_objects: int
    skipped: Mapping[str, int]
    damaged: int
    raw_objects: Mapping[str, int]


def scan_files(paths: Sequence[Path], settings: StudySettings, progress: Progress) -> Scan:
    """Read the header of every DICOM file.

    Raises
    ------
    StudyRefusedError
        ``no_dicom``.
    """
    reader = _Reader(settings)
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


class _Reader:
    """Collects what files are."""

    def __init__(self, settings: StudySettings) -> None:
        self._settings = settings
        self._images: dict[str, list[ImageHeader]] = {}  # by SOP instance
        self._people: dict[tuple[str, str, str], Person] = {}
        self._skipped: Counter[str] = Counter()
        self._raw: Counter[str] = Counter()
        self._others = self._damaged = 0
        self._memory: dict[tuple[object, ...], Any] = {}

    def scan(self) -> Scan:
        """Return what was read so far."""
        return Scan(
            tuple(image for images in self._images.values() for image in images),
            tuple(self._people.values()),
            self._others,
            dict(self._skipped),
            self._damaged,
            dict(self._raw),
        )

    def read(self, path: Path) -> None:
        """Read one file's header; whatever is wrong with it is counted, never raised."""
        try:
            with path.open("rb") as file:
                start = file.read(PREAMBLE_BYTES)
                if not is_dicom(start):
                    self._skipped["no DICOM file" if start else "empty file"] += 1
                    return
                file_bytes = os.fstat(file.fileno()).st_size
                head = read_head(file, file_bytes)
            self._keep(head, path, file_bytes)
        except OSError:
            self._skipped["could not be opened"] += 1
        except Exception:  # a damaged header makes pydicom raise nearly anything
            self._damaged += 1

    def _keep(self, head: Head, path: Path, file_bytes: int) -> None:
        values = Values(head.dataset, self._memory)
        kind = values.text(0x00080016) or str(head.dataset.file_meta.MediaStorageSOPClassUID)
        if kind == _DICOMDIR:
            self._skipped["list of files (DICOMDIR)"] += 1
            return
        person = person_of(values)
        self._people.setdefault(person.identity, person)
        if kind == CT_IMAGE_STORAGE:
            images = [self._image(values, head, path, file_bytes)]
        elif kind in ENHANCED_CT_STORAGE:
            images = self._frames(values, head, path, file_bytes)
        else:
            self._others += 1
            self._raw.update(filter(None, [raw_kind_of(kind, values)]))
            return
        self._add(images)

    def _image(self, values: Values, head: Head, path: Path, file_bytes: int) -> ImageHeader:
        pixels = pixel_format(values, head, file_bytes, self._settings.maximum_matrix)
        return image_header(values, path, file_bytes, pixels)

    def _frames(self, values: Values, head: Head, path: Path, file_bytes: int) -> list[ImageHeader]:
        frames = frames_of(values)
        stored = pixel_format(frames[0], head, file_bytes, self._settings.maximum_matrix, len(frames))
        images = []
        for number, frame in enumerate(frames):
            pixels = stored and rescaled(stored, frame, number)
            image = image_header(frame, path, file_bytes, pixels)
            images.append(replace(image, instance_uid=f"{image.instance_uid} {number}"))
        return images

    def _add(self, images: list[ImageHeader]) -> None:
        name = images[0].instance_uid
        twin = self._images.get(name)
        if twin is None:
            self._images[name] = images
        elif filecmp.cmp(twin[0].path, images[0].path, shallow=False):
            self._skipped["second copy of an image"] += 1
        else:  # two images under one name: both are kept, and collide at their position
            self._images[f"{name} {len(self._images)}"] = images
