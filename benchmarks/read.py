"""How long reading a study takes in each transfer syntax, as a ratio to R: ``python benchmarks/read.py CASE/dicom``.

The files are copied into a temporary folder in each syntax. pydicom has no decoder of JPEG lossless here, so that R of
the uncompressed files is its unit.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from _reference import dicom_files, reference_seconds
from pydicom import dcmread
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from calcidect import read_study
from calcidect.study import inspect_folder

SYNTAXES = {
    "uncompressed": ExplicitVRLittleEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "rle": RLELossless,
    "jpeg-ls": JPEGLSLossless,
    "jpeg-2000": JPEG2000Lossless,
}


def write_copies(files: list[Path], folder: Path, syntax: UID) -> None:
    for number, file in enumerate(files):
        dataset = dcmread(file)
        if syntax.is_encapsulated:
            dataset.compress(syntax, generate_instance_uid=False)
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.save_as(folder / f"{number:05d}.dcm")


def measure(folder: Path, name: str, repeats: int) -> None:
    """Print medians of ratios; each is to an R taken right before it, for the machine's speed wanders."""
    files = dicom_files(folder)
    rows = []
    for _ in range(repeats + 1):
        reference = reference_seconds(files, repeats=1, warm=False)
        start = time.perf_counter()
        inspect_folder(folder)
        inspected = time.perf_counter() - start
        rows.append((reference, inspected / reference, *(seconds / reference for seconds in timed_steps(folder))))
    reference, inspected, read, whole = (statistics.median(column) for column in zip(*rows[1:], strict=True))
    print(
        f"{name:14}{len(files):>6} files   R = {reference:7.2f} s   inspect_folder {inspected:5.2f} R"
        f"   read and paired {read:5.2f} R   with alignment and quality {whole:5.2f} R",
        flush=True,
    )


def timed_steps(folder: Path) -> tuple[float, float]:
    """Return the seconds until both images are read and on one grid, and those of the whole of `read_study`."""
    begun: dict[str, float] = {}
    start = time.perf_counter()
    read_study(folder, progress=lambda step, _: begun.setdefault(step, time.perf_counter() - start) and None)
    return begun["aligning"], time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="DICOM folder of one dual-energy study")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--syntax", choices=SYNTAXES, action="append", help="all if not given")
    given = parser.parse_args()
    files = dicom_files(given.folder)
    for name in given.syntax or SYNTAXES:
        with tempfile.TemporaryDirectory() as scratch:
            write_copies(files, Path(scratch), SYNTAXES[name])
            measure(Path(scratch), name, given.repeats)


if __name__ == "__main__":
    main()
