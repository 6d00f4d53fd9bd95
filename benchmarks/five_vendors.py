"""One patient in five vendors' scanners: ``python benchmarks/five_vendors.py --seeds 43 44 --rows rows.csv``.

The digital hand of each seed (anatomy, pose, deposits) is made once and scanned five times, each with the vendor's
pair, voxels, slices, blur, noise and headers, and with gains and water offsets of its own; default settings analyse it.
Deposits are matched by truth. Figures: coefficient of variation (standard deviation over mean of the five) of mass,
half-maximum volume and the hand's total; bias; share of truths within two stated standard deviations.
``--rows`` keeps what was measured and adds to it, ``--seeds`` without numbers shows what it holds.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np

from calcidect import analyze, read_study
from calcidect.phantom import Scenario, load_scenario
from calcidect.phantom._deposits import PlacedDeposit
from calcidect.phantom._dicom import write_pair
from calcidect.phantom._hand import DigitalHand
from calcidect.phantom._person import draw_person
from calcidect.phantom._scanner import ScannerSettings, scan, scan_grid
from calcidect.phantom._scenario import parse_pair
from calcidect.phantom._simulate import build_hands
from calcidect.phantom._truth import _deposits
from calcidect.result import Result
from calcidect.validation._matching import contacts, groups, matches, voxel_counts

VENDORS = {
    # pair, style of headers, pixel, slice distance, blur, thickness (mm), noise in 3 cm of water (HU)
    "Siemens Force": ("80/Sn150", "siemens_force", 0.45, 0.6, 0.95, 0.75, (24.0, 15.0)),
    "Siemens Definition": ("80/140", "siemens_definition", 0.5, 0.75, 1.05, 0.9, (20.0, 14.0)),
    "Canon Aquilion ONE": ("80/135", "canon", 0.4, 0.5, 0.85, 0.5, (30.0, 22.0)),
    "GE Revolution": ("50/100keV", "ge_gsi", 0.5, 0.625, 1.1, 0.7, (26.0, 16.0)),
    "Philips IQon": ("50/100keV", "philips_iqon", 0.45, 0.9, 1.0, 1.0, (22.0, 13.0)),
}
"""Our choice, within the ranges of hand protocols (docs/method/phantom.md)."""
QUICK_TIMES = 1.35
GAIN_SD, OFFSET_SD_HU = 0.012, 2.0  # as of the built-in scenarios: no scanner is exactly like the model
LARGE_MM3, COVERED_MM3, NEAR_BONE_MM = 20.0, 5.0, 2.0
TOTAL = 0  # in place of a deposit's number


@dataclass(frozen=True)
class Row:
    """A true deposit, or all of a hand, in one vendor's scan; nothing was found where the measured are empty."""

    seed: int
    vendor: str
    deposit: int
    place: str
    true_volume_mm3: float
    true_mass_mg: float
    volume_mm3: float | None = None
    mass_mg: float | None = None
    sd_mg: float | None = None
    bone_mm: float | None = None
    parts: int = 0
    flags: str = ""


@dataclass(frozen=True, eq=False)
class Patient:
    """A digital hand."""

    scenario: Scenario
    quick: bool
    hands: list[DigitalHand]
    placed: list[list[PlacedDeposit]]


def patient(scenario: str, seed: int, quick: bool) -> Patient:
    """Return the hand of a seed."""
    drawn = load_scenario(scenario, seed=seed, quick=True)
    drawn = drawn if quick else replace(drawn, fine_mm=0.3)
    hands, placed, _ = build_hands(drawn, draw_person(seed))
    return Patient(drawn, quick, hands, placed)


def scanner(name: str, seed: int, quick: bool) -> ScannerSettings:
    """Return a vendor's scanner, its errors drawn."""
    pair, style, pixel, step, blur, thickness, noise = VENDORS[name]
    if quick:
        pixel, step, thickness = QUICK_TIMES * pixel, QUICK_TIMES * step, max(thickness, QUICK_TIMES * step)
    rng = np.random.default_rng([seed, 23, list(VENDORS).index(name)])
    gain, offset = rng.normal(1, GAIN_SD, 2), rng.normal(0, OFFSET_SD_HU, 2)
    return ScannerSettings(
        parse_pair(pair), style, pixel, step, blur, thickness, noise, gain=(float(gain[0]), float(gain[1])),
        offset_hu=(float(offset[0]), float(offset[1])),
    )  # fmt: skip


def measured(one: Patient, name: str, folder: Path) -> list[Row]:
    """Scan the patient by a vendor's scanner into a folder, analyse, and return a row per true deposit and hand."""
    settings = scanner(name, one.scenario.seed, one.quick)
    grid = scan_grid(one.hands, settings)
    low, high = scan(one.hands, settings, grid, one.scenario.seed)
    write_pair(low, high, settings.pair, folder, vendor=settings.vendor, seed=one.scenario.seed,
               thickness_mm=settings.thickness_mm, maximum_hu=settings.maximum_hu)  # fmt: skip
    truth, labels, _ = _deposits(one.hands, one.placed, grid)
    result = analyze(read_study(folder))
    return list(rows_of(one.scenario.seed, name, truth, labels, result))


def rows_of(seed: int, vendor: str, truth: list[dict], labels: np.ndarray, result: Result) -> Iterator[Row]:  # type: ignore[type-arg]
    """Yield a row per true deposit, and one of the hand's total; merged deposits count as not measured."""
    reported = result.findings.deposit_labels.array
    volumes = {row["deposit_id"]: row["volume_mm3"] for row in truth}
    kept = matches(contacts(labels, reported), voxel_counts(labels), voxel_counts(reported), volumes)
    found = {group.true_ids: group.reported_ids for group in groups(kept)}
    deposits = {deposit.deposit_id: deposit for deposit in result.findings.deposits}
    for row in truth:
        number = row["deposit_id"]
        mass = row["ha_mass_mg"] + row["urate_mass_mg"]
        known = Row(seed, vendor, number, f"{row['compartment']} {row['pattern']}", row["volume_mm3"], mass)
        parts = [deposits[n] for n in found.get((number,), ())]
        if not parts:
            yield replace(known, flags="merged" if any(number in ids for ids in found) else "missed")
            continue
        yield replace(
            known,
            volume_mm3=sum(p.volume_mm3 for p in parts),
            mass_mg=sum((p.ha_mass_mg or 0.0) + (p.urate_mass_mg or 0.0) for p in parts),
            sd_mg=sum(p.ha_mass_sd_mg or 0.0 for p in parts),
            bone_mm=min((p.distance_to_bone_mm for p in parts if p.distance_to_bone_mm is not None), default=None),
            parts=len(parts),
            flags=" ".join(sorted({flag for p in parts for flag in p.flags} | {p.material for p in parts})),
        )
    burden = result.findings.burden["all"]
    yield Row(
        seed, vendor, TOTAL, "hand", sum(volumes.values()), sum(r["ha_mass_mg"] + r["urate_mass_mg"] for r in truth),
        burden.volume_mm3, burden.ha_mass_mg, burden.ha_mass_sd_mg, None, burden.number,
    )  # fmt: skip


def figures(rows: list[Row]) -> Iterator[str]:
    """Yield the lines of the report."""
    by_deposit = defaultdict(list)
    for row in rows:
        by_deposit[row.seed, row.deposit].append(row)
    yield f"{'seed':>4} {'what':42}{'true mm3':>9}{'true mg':>9}  mass CoV %  volume CoV %   mass off, %"
    worst: dict[str, list[float]] = defaultdict(list)
    for (seed, number), group in sorted(by_deposit.items()):
        first = group[0]
        mass = np.array([r.mass_mg for r in group if r.mass_mg is not None])
        volume = np.array([r.volume_mm3 for r in group if r.volume_mm3 is not None])
        yield (f"{seed:4} {'all of the hand' if number == TOTAL else f'{number} {first.place}':42}"
               f"{first.true_volume_mm3:9.1f}{first.true_mass_mg:9.2f}{cov(mass):12.1f}{cov(volume):14.1f}   "
               + " ".join(f"{percent_off(r.mass_mg, r.true_mass_mg):>6}" for r in group)
               + ("" if len(mass) == len(group) else f"   {len(mass)} of {len(group)}"))  # fmt: skip
        if number == TOTAL or first.true_volume_mm3 >= LARGE_MM3:
            what = "hands" if number == TOTAL else f"deposits of {LARGE_MM3:g} mm3"
            worst[f"mass of {what}"].append(cov(mass))
            if number != TOTAL:
                worst[f"volume of {what}"].append(cov(volume))
    for what, found in worst.items():
        bar = 10.0 if what.startswith("volume") else 4.0
        held = sum(one <= bar for one in found)
        typical = f"median {np.median(found):.1f} %, worst {max(found):.1f} %"
        yield f"CoV, {what}: {typical}, {held} of {len(found)} within {bar:g} %"
    yield from coverage(rows)


def coverage(rows: list[Row]) -> Iterator[str]:
    """Yield how often the truth lies within two stated standard deviations, and bias and scatter in percent."""
    wanted = [r for r in rows if r.mass_mg is not None and r.sd_mg and r.true_volume_mm3 >= COVERED_MM3]
    deposits = [r for r in wanted if r.deposit != TOTAL]
    near = [r for r in deposits if r.bone_mm is not None and r.bone_mm <= NEAR_BONE_MM]
    parts = {
        **{v: [r for r in deposits if r.vendor == v] for v in VENDORS},
        "near bone": near,
        "apart": [r for r in deposits if r not in near],
        "hands": [r for r in wanted if r.deposit == TOTAL],
    }
    for name, part in parts.items():
        if part:
            z = np.array([(r.mass_mg - r.true_mass_mg) / r.sd_mg for r in part])  # type: ignore[operator]
            off = np.array([r.mass_mg / r.true_mass_mg - 1 for r in part])  # type: ignore[operator]
            within = int((np.abs(z) <= 2).sum())
            share = f"within 2 sd {within}/{len(z)} ({100 * within / len(z):.0f} %)"
            mean = f"z {z.mean():+.2f} +- {z.std():.2f}, mass {100 * off.mean():+.1f} +- {100 * off.std():.1f} %"
            yield f"{name:20} {share}, {mean}"


def cov(values: np.ndarray) -> float:  # type: ignore[type-arg]
    """Return standard deviation over mean in percent."""
    return float(100 * values.std(ddof=1) / values.mean()) if len(values) > 1 else float("nan")


def percent_off(value: float | None, truth: float) -> str:
    return "" if value is None else f"{100 * (value / truth - 1):+.1f}"


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file."""
    kinds = {field.name: str(field.type).split(" ")[0] for field in fields(Row)}
    convert = {"int": int, "float": lambda text: float(text) if text else None, "str": str}
    with path.open(newline="") as file:
        return [Row(**{k: convert[kinds[k]](v) for k, v in line.items()}) for line in csv.DictReader(file)]  # type: ignore[operator]


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, [field.name for field in fields(Row)])
        table.writeheader()
        table.writerows(asdict(row) for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=[])
    parser.add_argument("--scenario", default="standard")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="the hand in voxels of 0.4 instead of 0.3 mm, the scans in voxels 1.35 times as wide",
    )
    parser.add_argument("--rows", type=Path, required=True, help="CSV file")
    given = parser.parse_args()
    rows = read_rows(given.rows) if given.rows.exists() else []
    for seed in given.seeds:
        one = patient(given.scenario, seed, given.quick)
        rows = [row for row in rows if row.seed != seed]
        for name in VENDORS:
            with tempfile.TemporaryDirectory() as folder:
                rows += measured(one, name, Path(folder) / "dicom")
            write_rows(given.rows, rows)
    print("\n".join(figures(rows)))


if __name__ == "__main__":
    main()
