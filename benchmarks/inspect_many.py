"""How long 20,000 small files take to be inspected, as a ratio to reading their headers, and the memory it takes.

``python benchmarks/inspect_many.py``; each is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _reference import dicom_files

from calcidect.api import _peak_mib
from calcidect.geometry import Grid, Volume
from calcidect.phantom._dicom import write_scan
from calcidect.study import Energy, inspect_folder

SLICES = 1000


def write_files(folder: Path, number: int) -> None:
    grid = Grid((8, 8, SLICES), (0.5, 0.5, 0.5))
    noise = np.random.default_rng(0).integers(-100, 1000, grid.shape).astype(np.int16)
    images = [("low", Energy("kv", 80), Volume(noise, grid)), ("high", Energy("kv", 140), Volume(noise // 2, grid))]
    for study in range(number // (2 * SLICES)):
        write_scan(images, folder / str(study), vendor="siemens_definition", seed=study, thickness_mm=0.5)


def read_headers(folder: Path) -> None:
    import pydicom

    for file in dicom_files(folder):
        pydicom.dcmread(file, stop_before_pixels=True)


def timed(what: str, folder: Path) -> None:
    start = time.perf_counter()
    if what == "headers":
        read_headers(folder)
    else:
        inspect_folder(folder)
    print(time.perf_counter() - start, _peak_mib() or float("nan"))


def measured(what: str, folder: str, repeats: int) -> tuple[float, float]:
    """Return the median of seconds and the largest peak of MiB."""
    command = [sys.executable, __file__, "--what", what, "--folder", folder]
    runs = [
        tuple(map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()))
        for _ in range(repeats)
    ]
    return float(np.median([run[0] for run in runs])), max(run[1] for run in runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--what", choices=("headers", "inspect"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.what:
        timed(given.what, given.folder)
        return
    with tempfile.TemporaryDirectory() as scratch:
        write_files(Path(scratch), given.files)
        reference, _ = measured("headers", scratch, given.repeats)
        seconds, mib = measured("inspect", scratch, given.repeats)
    ratio = seconds / reference
    print(f"{given.files} files: headers {reference:.2f} s, inspect_folder {ratio:.2f} times that, {mib:.0f} MiB")


if __name__ == "__main__":
    main()
