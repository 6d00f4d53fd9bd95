"""Files that state or hold far more than a CT image are refused before memory is made for it."""

from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless

from calcidect.errors import StudyRefusedError
from calcidect.phantom._dicom import write_pair
from calcidect.settings import StudySettings
from calcidect.study import read_study
from support.dicom import STYLED_PAIRS, change, small_grid, small_pair, write_small
from support.enhanced import write_enhanced
from support.syntaxes import encode, rewrite

MIB = 2**20
CANON = STYLED_PAIRS["canon"]


def refused(path: Path, settings: StudySettings | None = None, at_most_mib: float = 150) -> str:
    """Return the refusal's code, having seen that little memory was taken."""
    tracemalloc.start()
    try:
        with pytest.raises(StudyRefusedError) as caught:
            read_study(path, settings)
        assert tracemalloc.get_traced_memory()[1] < at_most_mib * MIB
    finally:
        tracemalloc.stop()
    return caught.value.code


def deflated_bomb(path: Path, before: bytes, mib: int) -> None:
    """Replace the data set of a file by one that inflates to so many MiB of zeros."""
    content = path.read_bytes()
    meta_end = 132 + 12 + int.from_bytes(content[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(before) + b"".join(packer.compress(bytes(MIB)) for _ in range(mib)) + packer.flush()
    path.write_bytes(content[:meta_end] + body)


def test_a_deflated_header_that_inflates_without_end(tmp_path: Path) -> None:
    write_small(tmp_path, "canon", CANON, 1.44)
    path = tmp_path / "low" / "00003.dcm"
    rewrite(path, DeflatedExplicitVRLittleEndian)
    private = b"\x09\x00\x01\x00OB\x00\x00\x00\x00\x00\x40"  # 1 GiB in a private element, before all others
    deflated_bomb(path, private, 600)
    assert refused(tmp_path, at_most_mib=300) in {"damaged_file", "no_ct_images", "several_patients"}


def test_deflated_pixels_that_inflate_beyond_their_image(tmp_path: Path) -> None:
    write_small(tmp_path, "canon", CANON, 1.44)
    path = tmp_path / "low" / "00003.dcm"
    rewrite(path, DeflatedExplicitVRLittleEndian)
    content = path.read_bytes()
    meta_end = 132 + 12 + int.from_bytes(content[140:144], "little")
    deflated_bomb(path, zlib.decompress(content[meta_end:], -zlib.MAX_WBITS), 400)
    assert refused(tmp_path, at_most_mib=300) == "expands_too_far"


@pytest.mark.parametrize("uid", [RLELossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
def test_a_header_that_states_an_absurd_size(tmp_path: Path, uid) -> None:
    low, high = small_pair(1.44, small_grid(size=(40, 36, 8)))
    write_pair(low, high, CANON, tmp_path, vendor="canon", seed=1, thickness_mm=1)

    def inflate(dataset: Dataset) -> None:
        dataset.Rows = dataset.Columns = 65535

    for path in tmp_path.rglob("*.dcm"):
        rewrite(path, uid, inflate)
    assert refused(tmp_path) == "damaged_file"
    assert refused(tmp_path, StudySettings(maximum_matrix=65535)) == "expands_too_far"


def absurd_jpeg(marker: bytes) -> Callable[[bytes], bytes]:
    def spoil(frame: bytes) -> bytes:
        at = frame.index(marker)
        return frame[: at + 5] + b"\xff\xff\xff\xff" + frame[at + 9 :]

    return spoil


def absurd_j2k(frame: bytes) -> bytes:
    return frame[:8] + b"\x00\x00\xff\xff" * 2 + frame[16:]


def tiny_tiles(frame: bytes) -> bytes:
    return frame[:24] + b"\x00\x00\x00\x01" * 2 + frame[32:]


@pytest.mark.parametrize(
    ("uid", "spoil"),
    [
        (JPEGLosslessSV1, absurd_jpeg(b"\xff\xc3")),
        (JPEGLSLossless, absurd_jpeg(b"\xff\xf7")),
        (JPEG2000Lossless, absurd_j2k),
        (JPEG2000Lossless, tiny_tiles),
        (RLELossless, lambda frame: b"\x0f\x00\x00\x00" + frame[4:]),
        (RLELossless, lambda frame: frame[:4] + b"\xff\xff\xff\x7f" + frame[8:]),
    ],
)
def test_compressed_data_that_state_an_absurd_size(tmp_path: Path, uid, spoil: Callable[[bytes], bytes]) -> None:
    low, high = small_pair(1.44, small_grid(size=(40, 36, 8)))
    write_pair(low, high, CANON, tmp_path, vendor="canon", seed=1, thickness_mm=1)
    path = tmp_path / "low" / "00004.dcm"
    rewrite(path, uid)
    assert read_study(tmp_path).pair.name == "80/135"
    dataset = dcmread(path)
    dataset.PixelData = encapsulate([spoil(next(generate_frames(dataset.PixelData, number_of_frames=1)))])
    dataset.save_as(path)
    assert refused(tmp_path) == "pixels_undecodable"


def test_many_frames_of_next_to_nothing(tmp_path: Path) -> None:
    """2 x 700 frames of 512 x 512 from one file of a few hundred KiB: 700 MiB of pixels."""
    folder = write_small(tmp_path / "in", "canon", CANON, 1.44)

    def widen(dataset: Dataset, _: int) -> None:
        dataset.Rows = dataset.Columns = 512
        dataset.PixelData = bytes(2 * 512**2)

    change(folder, widen)
    paths = sorted(folder.rglob("*.dcm"))
    file = write_enhanced(paths, tmp_path / "scan", uid=JPEGLSLossless)
    dataset = dcmread(file)
    groups = list(dataset.PerFrameFunctionalGroupsSequence)
    frame = encode(dataset.pixel_array[0], JPEGLSLossless, 16)
    more = []
    for k in range(700):
        for group in (groups[0], groups[-1]):
            item = Dataset()
            item.update(group)
            position = Dataset()
            position.ImagePositionPatient = [0.0, 0.0, 0.5 * k]
            item.PlanePositionSequence = [position]
            more.append(item)
    dataset.PerFrameFunctionalGroupsSequence = more
    dataset.NumberOfFrames = len(more)
    dataset.PixelData = encapsulate([frame] * len(more))
    dataset.save_as(file)
    assert refused(file) == "expands_too_far"
