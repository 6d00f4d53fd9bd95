"""The unit of every benchmark: R, so that figures of different machines can be compared.

R is the time that ``pydicom.dcmread(file).pixel_array`` takes over the same files, in one process, with the files
in the page cache, in the same run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path


def dicom_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def median_seconds(call: Callable[[], object], repeats: int, *, warm: bool = True) -> float:
    """Return the median time of a call; the first one only warms the caches, if it is to."""
    if warm:
        call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def reference_seconds(files: list[Path], repeats: int, *, warm: bool = True) -> float:
    """Return R."""
    import pydicom

    def decode_all() -> None:
        for file in files:
            _ = pydicom.dcmread(file).pixel_array

    return median_seconds(decode_all, repeats, warm=warm)
