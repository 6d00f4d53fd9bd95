"""How long reading a study takes in each transfer syntax, as a ratio to R: ``python benchmarks/read.py CASE/dicom``.

The files are copied into a temporary folder in each syntax. pydicom has no decoder of JPEG lossless here, so that R of
the uncompressed files is its unit.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from _reference import dicom_files, median_seconds, reference_seconds
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
    files = dicom_files(folder)
    reference = reference_seconds(files, repeats)
    inspected = median_seconds(lambda: inspect_folder(folder), repeats)
    read = median_seconds(lambda: read_study(folder), repeats)
    print(
        f"{name:14}{len(files):>6} files   R = {reference:7.2f} s   inspect_folder {inspected / reference:5.2f} R"
        f"   read_study {read / reference:5.2f} R",
        flush=True,
    )


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
