"""What each default does to the numbers: ``PYTHONPATH=src python benchmarks/sweep.py CASE [CASE ...]``.

CASE is a folder that ``calcidect simulate`` made. Each setting that enters a number is moved to both sides; printed is
the change of the deposits' number, of the sums of their masses and volumes, and the mean absolute error of the masses
of the true deposits that are found, in percent.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calcidect.anatomy import HandAnatomy, find_hands
from calcidect.findings import Findings, measure
from calcidect.materials import MaterialMaps, decompose
from calcidect.settings import Settings
from calcidect.study import Study, read_study

SWEEP: dict[str, tuple[float, ...]] = {
    "materials.mineral_path_factor": (0.0, 4.0),
    "anatomy.body_threshold_hu": (-500.0, -300.0),
    "findings.join_gap_mm": (1.0, 3.0),
    "findings.minimum_volume_mm3": (0.5, 2.0),
    "findings.minimum_signal_to_noise": (3.0, 8.0),
    "findings.halo_mm": (0.7, 1.5),
    "findings.ring_mm": (1.5, 3.5),
}
_NEAR_MM = 3.0


@dataclass(frozen=True)
class Numbers:
    """Of all cases together."""

    number: int
    mass_mg: float
    volume_mm3: float
    error_percent: float


def with_value(settings: Settings, name: str, value: float) -> Settings:
    """Return the settings with one of them changed."""
    group, key = name.split(".")
    return settings.model_copy(update={group: getattr(settings, group).model_copy(update={key: value})})


def numbers(cases: list[tuple[Findings, list[dict[str, object]]]]) -> Numbers:
    """Return the sums over cases, and the mean error of the masses of true deposits that were found."""
    deposits = [deposit for found, _ in cases for deposit in found.deposits]
    errors = []
    for found, truth in cases:
        at = np.array([[d.centroid_x_mm, d.centroid_y_mm, d.centroid_z_mm] for d in found.deposits])
        for row in truth:
            away = np.linalg.norm(at - np.array(row["centroid_mm"]), axis=1) if len(at) else np.array([np.inf])
            mass = found.deposits[int(away.argmin())].ha_mass_mg if away.min() < _NEAR_MM else None
            if mass is not None and row["ha_mass_mg"]:
                errors.append(abs(mass / float(row["ha_mass_mg"]) - 1))  # type: ignore[arg-type]
    return Numbers(
        len(deposits), sum(d.ha_mass_mg or 0.0 for d in deposits), sum(d.volume_mm3 for d in deposits),
        100 * float(np.mean(errors)),
    )  # fmt: skip


def main(folders: list[Path]) -> None:
    base = Settings()
    studies: list[tuple[Study, list[dict[str, object]]]] = [
        (read_study(folder / "dicom"), json.loads((folder / "truth/truth.json").read_text())["deposits"])
        for folder in folders
    ]
    known: list[tuple[MaterialMaps, HandAnatomy]] = []
    for study, _ in studies:
        maps = decompose(study, base)
        known.append((maps, find_hands(maps, base)))

    def run(settings: Settings, *, again: bool) -> Numbers:
        cases = []
        for (study, truth), (maps, hands) in zip(studies, known, strict=True):
            if again:
                maps = decompose(study, settings)
                hands = find_hands(maps, settings)
            cases.append((measure(maps, hands, settings), truth))
        return numbers(cases)

    usual = run(base, again=False)
    print(f"defaults: {usual.number} deposits, {usual.mass_mg:.1f} mg, {usual.volume_mm3:.0f} mm3, "
          f"mean absolute error of a mass {usual.error_percent:.1f} %")  # fmt: skip
    for name, values in SWEEP.items():
        for value in values:
            other = run(with_value(base, name, value), again=not name.startswith("findings"))
            print(f"{name:34s} {value:6g}  number {other.number - usual.number:+d}  "
                  f"mass {100 * (other.mass_mg / usual.mass_mg - 1):+5.1f} %  "
                  f"volume {100 * (other.volume_mm3 / usual.volume_mm3 - 1):+5.1f} %  "
                  f"error {other.error_percent:4.1f} %", flush=True)  # fmt: skip


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
