"""Figures of one case, and of many: bones by name, sides, deposits, and what bone and deposits take from each other."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import nibabel
import numpy as np

from calcidect.validation import score_case


@dataclass(frozen=True)
class Figures:
    """One case. ``bones``: name to Dice, 0 where a bone is not named or wrongly; counts are voxels, masses mg."""

    kind: str
    seed: int
    side_right: bool
    bones: dict[str, float]
    names_right: int
    deposits: int
    found: int
    false: int
    missed: list[str]
    touching_voxels: int
    touching_lost: int
    bone_voxels: int
    bone_taken: int
    true_mg: float
    reported_mg: float


def figures_of(kind: str, seed: int, case: Path, result: Path) -> Figures:
    """Score a result against its case."""
    score = score_case(case, result)
    truth = json.loads((case / "truth/truth.json").read_text())
    names = json.loads((result / "labels.json").read_text())["bones"].values()
    bones, deposits, called_bone, called_deposit = (
        np.asarray(nibabel.load(folder / f"{name}.nii.gz").dataobj)  # type: ignore[attr-defined]
        for folder in (case / "truth", result)
        for name in ("bones", "deposits")
    )
    touching = np.isin(deposits, [d["deposit_id"] for d in truth["deposits"] if d["touches_bone"]])
    place = {d["deposit_id"]: d["place"] for d in truth["deposits"]}
    total = next(t for t in score.totals if t.hand == "all")
    return Figures(
        kind, seed, {n["side"] for n in names} == set(truth["hands"]),
        {b.bone: b.dice if b.label_right and b.dice is not None else 0.0 for b in score.bones},
        sum(bool(b.label_right) for b in score.bones), len(score.deposits), sum(d.found for d in score.deposits),
        sum(not d.on_vessel for d in score.false_deposits),
        [f"{place[d.deposit_id]} {d.volume_mm3:.0f} mm3" for d in score.deposits if not d.found],
        int(touching.sum()), int((touching & (called_bone > 0)).sum()),
        int((bones > 0).sum()), int(((bones > 0) & (called_deposit > 0)).sum()),
        float(total.true_ha_mass_mg or 0), float(total.reported_ha_mass_mg or 0),
    )  # fmt: skip


def refused(kind: str, seed: int, case: Path) -> Figures:
    """Return the figures of a case that was refused: nothing named, nothing found."""
    truth = json.loads((case / "truth/truth.json").read_text())
    bones = {b["bone"]: 0.0 for b in truth["bones"].values() if not b["bone"].startswith("sesamoid")}
    missed = [f"{d['place']} {d['volume_mm3']:.0f} mm3" for d in truth["deposits"]]
    mass = sum(d["ha_mass_mg"] for d in truth["deposits"])
    return Figures(kind, seed, False, bones, 0, len(missed), 0, 0, missed, 0, 0, 0, 0, mass, 0.0)


def save(figures: Figures, path: Path) -> None:
    path.write_text(json.dumps(asdict(figures), indent=1) + "\n")


def load(path: Path) -> Figures:
    return Figures(**json.loads(path.read_text()))


def summary(cases: list[Figures]) -> dict[str, str]:
    """Return the columns of the log for cases of one kind."""
    dice = [(d, b, c.seed) for c in cases for b, d in c.bones.items()]
    worst = " ".join(f"{bone}@{seed}={d:.2f}" for d, bone, seed in sorted(dice)[:3])
    values = np.array([d for d, _, _ in dice])

    def share(part: str, whole: str) -> str:
        top, bottom = (sum(getattr(c, name) for c in cases) for name in (part, whole))
        return f"{100 * top / bottom:.2f}" if bottom else ""

    true_mg = sum(c.true_mg for c in cases)
    return {
        "dice_mean": f"{values.mean():.3f}",
        "dice_p5": f"{np.quantile(values, 0.05):.3f}",
        "worst_bones": worst,
        "names_right": f"{sum(c.names_right for c in cases)}/{len(values)}",
        "side_right": f"{sum(c.side_right for c in cases)}/{len(cases)}",
        "found": f"{sum(c.found for c in cases)}/{sum(c.deposits for c in cases)}",
        "false": str(sum(c.false for c in cases)),
        "touching_mineral_called_bone_percent": share("touching_lost", "touching_voxels"),
        "bone_called_deposit_percent": share("bone_taken", "bone_voxels"),
        "mass_percent_of_truth": f"{100 * sum(c.reported_mg for c in cases) / true_mg:.1f}" if true_mg else "",
    }
