"""Mass of stones that end at the top of the stored range: ``PYTHONPATH=tests python benchmarks/clipped_stones.py``.

Balls of 3, 5 and 8 mm, 1,500 mg/cm3, in fat, muscle and tendon; slices of 0.6 and 1 mm; noise 15 to 35 HU at the low
energy; stored to 3,071 HU. Each row holds both thicknesses.
"""

from __future__ import annotations

import argparse

import numpy as np

from calcidect.findings._clipped import fill_clipped
from calcidect.findings._region import amounts
from calcidect.phantom._attenuation import Tissue
from calcidect.phantom._scenario import parse_pair
from calcidect.settings import FindingsSettings
from support.deposits import block

PAIRS = ("70/Sn150", "80/Sn150", "80/140", "80/135", "80/Sn140")
DIAMETERS_MM = (3.0, 5.0, 8.0)
HOSTS = (Tissue.FAT, Tissue.MUSCLE, Tissue.TENDON)
TOP_HU = 3071.0


def stone(pair: str, diameter_mm: float, thickness_mm: float, rng: np.random.Generator) -> tuple[float, bool, str]:
    """Return the error of the mass in percent, whether it is flagged, and the material of one stone."""
    noise = float(rng.uniform(15, 35))
    one = block(
        parse_pair(pair), diameter_mm, ha=1500.0, host=HOSTS[rng.integers(len(HOSTS))], thickness_mm=thickness_mm,
        noise_hu=(noise, noise * float(rng.uniform(0.6, 0.9))), seed=int(rng.integers(1 << 30)), maximum_hu=TOP_HU,
    )  # fmt: skip
    around, clipping = fill_clipped(one.around, one.sensitivity, (TOP_HU, TOP_HU), one.tissue.host_hu)
    found = amounts(around, one.line, one.sensitivity, one.tissue, FindingsSettings())
    assert found.ha_mass_mg is not None
    assert found.classification is not None
    reached = bool((one.around.low[one.around.mask] >= TOP_HU).any())
    return 100 * (found.ha_mass_mg / one.mass_mg - 1), bool(clipping.flags) == reached, found.classification.material


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=4, help="stones of each pair, diameter and thickness")
    given = parser.parse_args()
    for number, pair in enumerate(PAIRS):
        for diameter_mm in DIAMETERS_MM:
            rng = np.random.default_rng([given.seed, number, round(diameter_mm)])
            found = [stone(pair, diameter_mm, t, rng) for t in (0.6, 1.0) for _ in range(given.each)]
            errors = np.array([error for error, _, _ in found])
            materials = [material for _, _, material in found]
            spread = f"{errors.mean():+.1f} %, {errors.min():+.1f} to {errors.max():+.1f}"
            print(
                f"{pair:10}{diameter_mm:4.0f} mm  mass {spread};"
                f" flagged where clipped {sum(told for _, told, _ in found)}/{len(found)},"
                f" urate {materials.count('urate')}, indeterminate {materials.count('indeterminate')}",
                flush=True,
            )


if __name__ == "__main__":
    main()
