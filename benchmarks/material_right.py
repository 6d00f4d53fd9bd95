"""Share of deposits whose material is told right: ``PYTHONPATH=tests python benchmarks/material_right.py [--seed N]``.

Balls of 10 to 34 mm3 in fat, muscle, tendon, and on the borders of fat with muscle and with tendon; noise 15 to 35 HU
at the low energy, 0.6 or 1 mm slices. What is too faint to be found is not counted.
"""

from __future__ import annotations

import argparse

import numpy as np

from calcidect.findings._region import Amounts, amounts
from calcidect.phantom._attenuation import Tissue
from calcidect.phantom._scenario import parse_pair
from calcidect.settings import FindingsSettings
from calcidect.validation._statistics import Proportion
from support.deposits import Block, block

PAIRS = (
    "70/Sn150", "80/Sn150", "90/Sn150", "100/Sn150", "80/140", "80/135", "80/Sn140", "100/Sn140",
    "50/100keV", "40/140keV",
)  # fmt: skip
HOSTS = (
    (Tissue.FAT, None), (Tissue.MUSCLE, None), (Tissue.TENDON, None), (Tissue.FAT, Tissue.MUSCLE),
    (Tissue.FAT, Tissue.TENDON),
)  # fmt: skip
HA_MG, MSU_MG = (100.0, 150.0, 200.0, 400.0, 800.0), (400.0, 600.0, 800.0)


def drawn(pair: str, crystal: str, rng: np.random.Generator, fixed: dict[str, object] | None = None) -> Block:
    """Return one deposit of the bench."""
    host, beyond = HOSTS[rng.integers(len(HOSTS))]
    noise = float(rng.uniform(15, 35))
    given: dict[str, object] = {
        crystal: float(rng.choice(HA_MG if crystal == "ha" else MSU_MG)), "host": host, "beyond": beyond,
        "noise_hu": (round(noise), round(noise * float(rng.uniform(0.6, 0.9)))),
        "thickness_mm": float(rng.choice([0.6, 1.0])), "seed": int(rng.integers(1 << 30)),
    }  # fmt: skip
    return block(parse_pair(pair), float(rng.uniform(2.7, 4.0)), **{**given, **(fixed or {})})  # type: ignore[arg-type]


def told(one: Block) -> Amounts | None:
    """Return what the region says; None where there is no mineral to see."""
    if one.around.mask.sum() * one.around.voxel_mm3 < FindingsSettings().minimum_volume_mm3:
        return None
    return amounts(one.around, one.line, one.sensitivity, one.tissue, FindingsSettings())


def fixed_line(one: Block) -> str:
    """Return what a line of ratio 1.36 from 50/50 HU calls most voxels of 150 HU or more."""
    assert one.around.high is not None
    at = one.around.mask & (one.around.low >= 150.0)
    below = (one.around.low[at] - 50.0) < 1.36 * (one.around.high[at] - 50.0)
    return "urate" if below.mean() > 0.5 else "hydroxyapatite"


def interval(k: int, n: int) -> str:
    """Return k/n and its 95 % Clopper-Pearson interval in percent."""
    low, high = Proportion(k, n).interval or (0.0, 1.0)
    return f"{k}/{n} ({100 * k / max(n, 1):.1f} %, {100 * low:.1f} to {100 * high:.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=30, help="deposits of each pair and crystal")
    parser.add_argument("--verbose", action="store_true", help="show those that are not right")
    given = parser.parse_args()
    total = {"right": 0, "n": 0, "wrong": 0}
    for number, pair in enumerate(PAIRS):
        for crystal, name in (("ha", "hydroxyapatite"), ("msu", "urate")):
            rng = np.random.default_rng([given.seed, number, len(crystal)])
            counts = {"hydroxyapatite": 0, "urate": 0, "indeterminate": 0}
            for _ in range(given.each):
                one = drawn(pair, crystal, rng)
                found = told(one)
                if found is None or found.classification is None:
                    continue
                counts[found.classification.material] += 1
                if given.verbose and found.classification.material != name:
                    print("   ", one.label, found.classification)
            n = sum(counts.values())
            total["right"] += counts[name]
            total["n"] += n
            total["wrong"] += n - counts[name] - counts["indeterminate"]
            print(f"{pair:12}{name:16}right {interval(counts[name], n)}, indeterminate {counts['indeterminate']}")
    print(f"all: right {interval(total['right'], total['n'])}, other crystal {total['wrong']}")
    rng = np.random.default_rng([given.seed, 99])
    ours = line = 0
    for _ in range(4 * given.each):
        dilute = {"ha": float(rng.uniform(100, 150)), "host": Tissue.TENDON, "beyond": None}
        one = drawn("80/140", "ha", rng, dilute)
        found = told(one)
        assert found is not None
        assert found.classification is not None
        ours += found.classification.material == "hydroxyapatite"
        line += fixed_line(one) == "hydroxyapatite"
    print(f"HA of 100 to 150 mg/cm3 in tendon at 80/140: {interval(ours, 4 * given.each)}, "
          f"fixed line {interval(line, 4 * given.each)}")  # fmt: skip


if __name__ == "__main__":
    main()
