"""Time, memory and size of a report of many deposits: ``python benchmarks/report.py CASE/dicom RESULT [--deposits N]``.

Balls are planted at random into the soft tissue of a result and of its scan; they are no anatomy, only work for the
report. It is written in a process of its own that reads the planted result from disk, so that its memory is its own.
Seconds are those of the clock, and of the processor, which other programs on the machine do not lengthen as much.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
from _reference import dicom_files, reference_seconds
from numpy.typing import NDArray

from calcidect.findings import Deposit
from calcidect.geometry import Volume
from calcidect.report import write_report
from calcidect.result import Result, write_result
from calcidect.study import read_study

BAR_SECONDS, BAR_MIB, BAR_HTML_MB = 20.0, 1024.0, 25.0
SOFT_TISSUE_HU = (-150, 150)
DEPOSIT_HU, MG_PER_CM3 = 900, 400.0
RADIUS_MM = (0.8, 4.0)
PLACES = (
    ("distal_phalanx", "fingertip_fat_pad"), ("middle_phalanx", "flexor_tendon_sheath"), ("metacarpal", "muscle"),
    ("proximal_phalanx", "periarticular"), ("carpus", "carpal_tunnel"), ("forearm", "forearm"),
)  # fmt: skip


def planted(result: Result, low: Volume, number: int) -> tuple[Result, Volume]:
    """Return a result with so many balls for deposits, and its scan. Always the same."""
    random, grid = np.random.default_rng(0), low.grid
    labels, hu = np.zeros(grid.shape, np.uint16), low.array.copy()
    first, last = SOFT_TISSUE_HU
    room = np.flatnonzero((hu > first) & (hu < last) & (result.bone_map.array == 0))
    deposits: list[Deposit] = []
    for level, compartment in cycle(PLACES):
        if len(deposits) == number:
            break
        k, j, i = (int(n) for n in np.unravel_index(random.choice(room), grid.shape))
        radius = float(random.uniform(*RADIUS_MM))
        box, ball = _ball(grid.shape, (k, j, i), np.array(grid.spacing_mm[::-1]), radius)
        own = ball & (labels[box] == 0)
        if not own.any():
            continue
        labels[box][own], hu[box][own] = len(deposits) + 1, DEPOSIT_HU
        volume = float(own.sum()) * grid.voxel_volume_mm3
        at = tuple(float(mm) for mm in grid.point_of((i, j, k)))
        deposits.append(_row(len(deposits) + 1, at, volume, 2 * radius, level, compartment, _side(result, i)))
    burden = {
        hand: _summed(part, [d for d in deposits if hand in (d.side, "all")])
        for hand, part in result.findings.burden.items()
    }
    findings = replace(
        result.findings, deposits=tuple(deposits), deposit_labels=low.like(labels), bone_destruction=(), burden=burden
    )
    return replace(result, findings=findings), low.like(hu)


def _side(result: Result, i: int) -> str:
    """Return the hand whose box is nearest along the columns."""
    return min(result.hands, key=lambda hand: abs(i - hand.start[0] - hand.size[0] / 2)).side


def _ball(
    shape: tuple[int, ...], centre: tuple[int, int, int], spacing_mm: NDArray[np.float64], radius_mm: float
) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
    reach = np.ceil(radius_mm / spacing_mm).astype(int)
    box = tuple(slice(max(c - r, 0), min(c + r + 1, n)) for c, r, n in zip(centre, reach, shape, strict=True))
    axes = np.ogrid[box]
    away = sum(((a - c) * s) ** 2 for a, c, s in zip(axes, centre, spacing_mm, strict=True))
    return box, np.asarray(away <= radius_mm**2)


def _row(
    deposit_id: int,
    at: tuple[float, ...],
    volume_mm3: float,
    diameter_mm: float,
    level: str,
    compartment: str,
    side: str,
) -> Deposit:
    mass = volume_mm3 * MG_PER_CM3 / 1000
    has_digit = level not in ("carpus", "forearm")
    return Deposit(
        deposit_id, side, "hydroxyapatite", 1 + deposit_id % 5 if has_digit else None, level, compartment, "nodule",
        volume_mm3, mass, 0.05 * mass, 0.0, MG_PER_CM3, diameter_mm, *at, "palmar", "capitate", 1.0, False, 2.0,
        float(DEPOSIT_HU), 500.0, 2.2, 0.99, ("partly_hidden",),
    )  # fmt: skip


def _summed(burden: object, deposits: list[Deposit]) -> object:
    volumes, masses = [d.volume_mm3 for d in deposits], [d.ha_mass_mg or 0.0 for d in deposits]
    return replace(
        burden, number=len(deposits), volume_mm3=sum(volumes), ha_mass_mg=sum(masses), ha_mass_sd_mg=0.05 * sum(masses),
        urate_mass_mg=0.0, largest_mm3=max(volumes, default=0.0), bulky=True,
    )  # fmt: skip


def write_alone(folder: Path) -> None:
    """Write the report of a planted result, and print what it took. Memory is told as Linux tells it."""
    result = Result.load(folder / "result")
    low = result.bone_map.like(np.load(folder / "low.npy"))
    (folder / "report").mkdir()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # proc(5): the peak begins anew, after loading
    took = {"loaded_mib": _held_mib("VmRSS")}
    start, start_cpu = time.perf_counter(), time.process_time()
    write_report(result, low, folder / "report")
    took |= {"seconds": time.perf_counter() - start, "cpu": time.process_time() - start_cpu}
    print(json.dumps({**took, "peak_mib": _held_mib("VmHWM")}))


def _held_mib(field: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 2**10 for line in lines if line.startswith(f"{field}:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "scan", type=Path, help="DICOM folder of one dual-energy study, or where --alone finds its input"
    )
    parser.add_argument("result", type=Path, nargs="?", help="its result folder")
    parser.add_argument("--deposits", type=int, default=200)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone:
        write_alone(given.scan)
        return
    reference = reference_seconds(dicom_files(given.scan), repeats=3)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        result, low = planted(Result.load(given.result), read_study(given.scan).low, given.deposits)
        np.save(folder / "low.npy", low.array)
        write_result(result, folder / "result")
        command = [sys.executable, __file__, "--alone", scratch]
        took = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        sizes = {name: (folder / "report" / name).stat().st_size / 1e6 for name in ("report.html", "report.pdf")}
    size = " x ".join(map(str, low.grid.size))
    print(f"{given.deposits} deposits, {size} voxels, R = {reference:.2f} s (median of 3, warm)")
    print(f"time        {took['seconds']:7.1f} s   {took['seconds'] / reference:6.2f} R   bar {BAR_SECONDS:g} s")
    print(f"processor   {took['cpu']:7.1f} s")
    print(f"memory      {took['peak_mib']:7.0f} MiB at most, {took['loaded_mib']:.0f} MiB before   bar {BAR_MIB:g} MiB")
    print(f"report.html {sizes['report.html']:7.1f} MB   bar {BAR_HTML_MB:g} MB")
    print(f"report.pdf  {sizes['report.pdf']:7.1f} MB")


if __name__ == "__main__":
    main()
