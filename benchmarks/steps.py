"""Seconds and memory per step of an analysis, as ratios to R: ``python benchmarks/steps.py CASE/dicom``."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from _reference import dicom_files, reference_seconds

from calcidect import analyze_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="DICOM folder of one dual-energy study")
    given = parser.parse_args()
    files = dicom_files(given.folder)
    reference = reference_seconds(files, repeats=3)
    print(f"{len(files)} files, R = {reference:.2f} s (median of 3, warm)")
    with tempfile.TemporaryDirectory() as scratch:
        start = time.perf_counter()
        steps = analyze_folder(given.folder, Path(scratch) / "result").provenance.steps
        whole = time.perf_counter() - start
    for step in steps:
        memory = "" if step.peak_mib is None else f"{step.peak_mib:10.0f} MiB at most so far"
        print(f"{step.step:20}{step.seconds:8.2f} s{step.seconds / reference:8.2f} R{memory}")
    rest = whole - sum(step.seconds for step in steps)
    print(f"{'result and report':20}{rest:8.2f} s{rest / reference:8.2f} R")
    print(f"{'whole':20}{whole:8.2f} s{whole / reference:8.2f} R")


if __name__ == "__main__":
    main()
