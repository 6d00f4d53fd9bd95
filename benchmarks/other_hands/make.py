"""Make one case: ``python -m benchmarks.other_hands.make --kind mixed --seed 101 --out CASE``."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from .deposits import PLACES, Deposit, lose_tips, place_deposits
from .flesh import TISSUES, Flesh, flesh
from .headers import write_series
from .marrow import draw_quality, mineral
from .physics import HA_MG_PER_CM3, Beam, beam
from .pose import Posed, posed_hand
from .scanner import Scanner, draw_scanner, scanned
from .sesamoids import SESAMOID_HA, sesamoids
from .solid import Frame, Solid, solids
from .truth import Contents, Raster, write_truth

FINE_MM = 0.4
ARTERY_HA = 600.0  # mg/cm3 in the wall


def make_case(kind: str, seed: int, out: Path) -> None:
    """Write ``out/dicom`` and ``out/truth``; the same kind and seed give the same case."""
    rng = np.random.default_rng([seed, sorted(PLACES).index(kind), 4711])
    side = str(rng.choice(["left", "right"]))
    posed, position = _in_scanner(posed_hand(rng), side == "left", rng)
    frame = _frame(posed, rng)
    bones = solids(posed, frame, rng)
    bones |= sesamoids(posed, bones, frame, rng)
    around = flesh(posed, bones, frame, rng)
    lost = lose_tips(kind, posed, bones, frame, rng)
    deposits = place_deposits(kind, posed, bones, around, lost, frame, rng)
    scanner = draw_scanner(rng)
    ha, hosts = _composed(posed, bones, around, deposits, frame, scanner, rng)
    hand = Contents(side, frame, bones, deposits, around.arteries, lost)
    raster = _raster(scanner, frame, rng)
    case = {"scenario": f"other_{kind}", "seed": seed, "pair": "/".join(scanner.pair)}
    water_cm = np.sqrt(np.maximum((around.depth > 0).sum((0, 1)) * FINE_MM**2 / 100, 0.1))  # a square section's width
    for which, (energy, host) in enumerate(hosts):
        ha_hu = energy.ha_hu * (1 - energy.loss_per_cm * (water_cm - 3))
        hu = (1 - ha / HA_MG_PER_CM3) * (host + 1000) + ha * ha_hu.astype(np.float32) - 1000
        stored = scanned(hu, FINE_MM, scanner, which, raster.places, water_cm, rng)
        folder = out / "dicom" / ("low", "high")[which]
        write_series(stored, raster.origin(frame), scanner, which, f"other hands/{kind}/{seed}", position, folder)
    write_truth(out / "truth", case, hand, raster)


def _raster(scanner: Scanner, frame: Frame, rng: np.random.Generator) -> Raster:
    """Return the scanner's voxels, which lie anyhow on the fine ones."""
    spacing = (scanner.pixel_mm, scanner.pixel_mm, scanner.slice_mm)
    ends = zip(spacing, frame.step * np.array(frame.size), strict=True)
    places = tuple(np.arange(rng.uniform(0.5, 1.0) * width, end - width, width) for width, end in ends)
    return Raster(places, spacing)  # type: ignore[arg-type]


def _in_scanner(hand: Posed, left: bool, rng: np.random.Generator) -> tuple[Posed, str]:
    """Lay a hand in the scanner: arms overhead or beside, palm down or up, tilted by up to 15 degrees (LPS)."""
    overhead, down = rng.random() < 0.6, rng.random() < 0.7
    distal = np.array([0, 0, 1.0 if overhead else -1.0])
    palmar = np.array([0, -1.0 if down else 1.0, 0])
    axes = np.stack([np.cross(distal, palmar), distal, palmar], axis=1)
    tilt = rng.normal(size=3)
    tilt *= np.deg2rad(rng.uniform(0, 15)) / np.linalg.norm(tilt)
    turned = Rotation.from_rotvec(tilt).as_matrix() @ axes
    return hand.moved(turned, rng.uniform(-60, 60, 3), left), ("HFP" if down else "HFS")


def _frame(posed: Posed, rng: np.random.Generator) -> Frame:
    """Return the fine grid: the hand with 13 mm around it, and 25 to 60 mm of the forearm."""
    hand = np.vstack([s.vertices for n, s in posed.bones.items() if n not in ("radius", "ulna")])
    distal = posed.axes["capitate"][:, 1]
    forearm = np.vstack([posed.bones[n].vertices for n in ("radius", "ulna")])
    length = rng.uniform(25, 60)
    forearm = forearm[forearm @ distal > (forearm @ distal).max() - length - 40]
    low, high = hand.min(0) - 13, hand.max(0) + 13
    low[:2], high[:2] = np.minimum(low[:2], forearm.min(0)[:2] - 10), np.maximum(high[:2], forearm.max(0)[:2] + 10)
    wrist = (posed.bones["radius"].vertices @ distal).max() * distal[2]
    if distal[2] > 0:
        low[2] = wrist - length
    else:
        high[2] = wrist + length
    size = tuple(int(v) for v in np.ceil((high - low) / FINE_MM))
    return Frame(tuple(float(v) for v in low), size, FINE_MM)  # type: ignore[arg-type]


def _composed(
    posed: Posed, bones: dict[str, Solid], around: Flesh, deposits: list[Deposit], frame: Frame, scanner: Scanner,
    rng: np.random.Generator,
) -> tuple[np.ndarray, list[tuple[Beam, np.ndarray]]]:  # fmt: skip
    """Return HA (mg/cm3), and for each beam what hosts it (HU), per fine voxel."""
    quality = draw_quality(rng)
    beams = [beam(name, scanner.shift_kev) for name in scanner.pair]
    table = [np.array([-1000.0, *(b.tissue_hu[t] for t in TISSUES[1:])], np.float32) for b in beams]
    host = [row[around.tissue] for row in table]
    ha = np.where(around.arteries, np.float32(ARTERY_HA), np.float32(0))
    for name, solid in bones.items():
        share = solid.share(frame.step)
        if name.startswith("sesamoid"):
            inside, compact = np.full(share.shape, SESAMOID_HA, np.float32), np.full(share.shape, 0.5, np.float32)
        else:
            inside, compact = mineral(name, solid, posed, frame, quality, rng)
        ha[solid.box] += share * inside
        yellow = quality.yellow
        for b, field in zip(beams, host, strict=True):
            hu = b.tissue_hu
            marrow = yellow * hu["yellow marrow"] + (1 - yellow) * hu["red marrow"]
            within = compact * hu["osteoid"] + (1 - compact) * marrow
            field[solid.box] += share * (within - field[solid.box])
    for deposit in deposits:
        ha[deposit.box] = (1 - deposit.share) * ha[deposit.box] + deposit.share * deposit.ha
    return ha, list(zip(beams, host, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=sorted(PLACES), required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    make_case(given.kind, given.seed, given.out)


if __name__ == "__main__":
    main()
