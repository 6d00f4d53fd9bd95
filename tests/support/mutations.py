"""Small valid studies in many transfer syntaxes, and ways to damage one of their files."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

from pydicom import Dataset, dcmread
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from calcidect.phantom._dicom import write_pair
from support.dicom import LABELS, STYLED_PAIRS, small_grid, small_pair
from support.enhanced import write_enhanced
from support.syntaxes import rewrite

CLASSIC = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    JPEG2000Lossless,
)
MULTI_FRAME = (ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless)
_SIZE = (36, 34, 8)  # JPEG 2000 as pydicom writes it has no smaller images, a series no fewer slices
_ODD_LENGTHS = tuple(map(bytes.fromhex, ("ffffffff", "ffffff7f", "00000000", "feff", "00000010", "01")))


def write_studies(folder: Path) -> list[Path]:
    """Write a study for each syntax, classic and multi-frame; return the folders."""
    low, high = small_pair(1.44, small_grid(size=_SIZE))
    more = {"vendor": "canon", "seed": 7, "thickness_mm": 0.75, "labels": LABELS}
    studies = []
    for uid in CLASSIC:
        study = folder / f"classic-{uid}"
        write_pair(low, high, STYLED_PAIRS["canon"], study, **more)
        for path in study.rglob("*.dcm"):
            rewrite(path, uid, near=2 if uid == JPEGLSNearLossless else 0)
        studies.append(study)
    plain = sorted((folder / f"classic-{ExplicitVRLittleEndian}").rglob("*.dcm"))
    for uid in MULTI_FRAME:
        study = folder / f"enhanced-{uid}"
        write_enhanced(plain, study / "both.dcm", shared=("PlaneOrientationSequence", "PixelMeasuresSequence"), uid=uid)
        studies.append(study)
    return studies


def mutated(content: bytes, random: Random) -> bytes:
    """Return a damaged copy of a DICOM file."""
    return random.choice((_bytes_changed, _bits_flipped, _cut, _length_changed, _tag_removed, _part_moved))(
        content, random
    )


def _place(content: bytes, random: Random) -> int:
    """Return an offset, in the header as often as in the pixels, which are longer."""
    end = min(len(content), random.choice((700, 2500, len(content))))
    return random.randrange(132, end)


def _bytes_changed(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.randint(1, 12)):
        changed[_place(content, random)] = random.randrange(256)
    return bytes(changed)


def _bits_flipped(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.randint(1, 4)):
        changed[_place(content, random)] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut(content: bytes, random: Random) -> bytes:
    return content[: _place(content, random)]


def _length_changed(content: bytes, random: Random) -> bytes:
    """Overwrite the length of an element, found by its VR, or any bytes where the VR is not written."""
    at = content.find(random.choice((b"UI", b"DS", b"CS", b"SQ", b"US", b"OW", b"OB", b"LO")), _place(content, random))
    at = at + 2 if at > 0 else _place(content, random)
    odd = random.choice(_ODD_LENGTHS)
    return content[:at] + odd + content[at + len(odd) :]


def _tag_removed(content: bytes, random: Random) -> bytes:
    dataset = dcmread(io.BytesIO(content))
    owner: Dataset = random.choice((dataset, dataset, dataset.file_meta))
    del owner[random.choice(list(owner.keys()))]
    stream = io.BytesIO()
    try:
        dataset.save_as(stream, enforce_file_format=False)
    except Exception:  # what pydicom can't write is not what this is about
        return _cut(content, random)
    return stream.getvalue()


def _part_moved(content: bytes, random: Random) -> bytes:
    begin, to = _place(content, random), _place(content, random)
    part = content[begin : begin + random.randint(1, 200)]
    return content[:to] + part + content[to + random.choice((0, len(part))) :]
