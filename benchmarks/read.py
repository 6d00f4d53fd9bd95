"""How long reading a study takes, as a ratio to R: ``python benchmarks/read.py CASE/dicom``."""

from __future__ import annotations

import argparse
from pathlib import Path

from _reference import dicom_files, median_seconds, reference_seconds

from calcidect import read_study
from calcidect.study import inspect_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="DICOM folder of one dual-energy study")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    files = dicom_files(given.folder)
    reference = reference_seconds(files, given.repeats)
    print(f"{len(files)} files, R = {reference:.2f} s (median of {given.repeats}, warm)")
    for name, call in (("inspect_folder", inspect_folder), ("read_study", read_study)):
        seconds = median_seconds(lambda call=call: call(given.folder), given.repeats)
        print(f"{name:16}{seconds:8.2f} s{seconds / reference:8.2f} R")


if __name__ == "__main__":
    main()
