"""What is found and measured in many simulated hands: ``python -m benchmarks.deposits_and_damage --cache DIR``.

    python -m benchmarks.deposits_and_damage --sets apart contact --seeds 1-10 --cache DIR

Each set is a kind of patient (``SETS``), single hands at quick sampling, energies drawn. Cases, results and scores lie
in ``DIR`` and are made once, so that a run that was cut off goes on; ``DIR/results`` must be emptied by hand when the
program changes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calcidect.api import analyze_folder
from calcidect.errors import CalcidectError
from calcidect.phantom import Scenario, load_scenario, simulate
from calcidect.validation import Proportion, score_case

PAIRS = ("70/Sn150", "80/Sn150", "90/Sn150", "100/Sn150", "80/140", "80/135", "80/Sn140", "100/Sn140")
BUILT_IN = {
    "apart": "standard", "contact": "contact", "destructive": "destructive", "mixed": "mixed", "bulky": "bulky",
    "healthy": "healthy",
}  # fmt: skip

Row = dict[str, Any]


def _deposits(rng: np.random.Generator, count: int, draw: Callable[[int], Row]) -> list[Row]:
    """Return deposits of one hand, each in another finger as far as there are fingers."""
    digits = rng.permutation(5) + 1
    return [{"digit": int(digits[n % 5]), **draw(n)} for n in range(count)]


def paste(rng: np.random.Generator) -> list[Row]:
    """Dilute lumps of 50 mm3 and more in fat and muscle."""
    return _deposits(rng, 3, lambda n: {
        "compartment": ("subcutaneous", "muscle", "subcutaneous")[n], "pattern": "amorphous",
        "size_mm": float(rng.uniform(5, 8)), "mg_per_cm3": float(rng.uniform(95, 230)),
    })  # fmt: skip


def grains(rng: np.random.Generator) -> list[Row]:
    """Single grains of about 1 to 5 mm3, dense."""
    return _deposits(rng, 5, lambda n: {
        "compartment": ("fingertip_fat_pad", "subcutaneous")[n % 2], "pattern": "nodule",
        "size_mm": float(rng.uniform(1.3, 2.1)), "mg_per_cm3": float(rng.uniform(450, 1200)),
    })  # fmt: skip


def tendon_gout(rng: np.random.Generator) -> list[Row]:
    """Tophi, and dilute hydroxyapatite in tendons, which a fixed line calls urate."""
    tophi = _deposits(rng, 3, lambda n: {
        "compartment": ("subcutaneous", "fingertip_fat_pad", "carpal_tunnel")[n], "pattern": "nodule",
        "material": "urate", "size_mm": float(rng.uniform(4, 7)), "mg_per_cm3": float(rng.uniform(400, 900)),
    })  # fmt: skip
    calcified = _deposits(rng, 2, lambda n: {
        "compartment": ("flexor_tendon_sheath", "extensor_tendon_sheath")[n], "pattern": "linear",
        "size_mm": float(rng.uniform(4, 6)), "mg_per_cm3": float(rng.uniform(100, 300)),
    })  # fmt: skip
    return tophi + calcified


def forearm_sheet(rng: np.random.Generator) -> list[Row]:
    """A sheet in the forearm and a nodule elsewhere."""
    sheet = {"compartment": "forearm", "pattern": "sheet", "digit": 3, "size_mm": float(rng.uniform(6, 11)),
             "mg_per_cm3": float(rng.uniform(250, 1100))}  # fmt: skip
    return [sheet, *_deposits(rng, 1, lambda _: {
        "compartment": "subcutaneous", "pattern": "nodule", "size_mm": 4.0, "mg_per_cm3": 500.0})]  # fmt: skip


def erosions(rng: np.random.Generator) -> list[Row]:
    """Large deposits that have eaten into phalanges and metacarpals, 1 to 4 mm deep, and one apart from bone."""
    eroding = _deposits(rng, 3, lambda n: {
        "compartment": ("periarticular", "subcutaneous", "periarticular")[n], "pattern": "nodule",
        "size_mm": float(rng.uniform(4.5, 8)), "mg_per_cm3": float(rng.uniform(250, 1000)), "contact": "eroding",
    })  # fmt: skip
    return [*eroding, {"compartment": "fingertip_fat_pad", "pattern": "nodule", "size_mm": 4.0, "mg_per_cm3": 500.0,
                       "digit": int(rng.integers(1, 6))}]  # fmt: skip


DRAWN: dict[str, tuple[Callable[[np.random.Generator], list[Row]], str | None]] = {
    "paste": (paste, None), "grains": (grains, None), "tendon_gout": (tendon_gout, "80/140"),
    "forearm_sheet": (forearm_sheet, None), "erosions": (erosions, None),
}  # fmt: skip
"""Deposits of a hand, and the energies if not any."""
SETS = (*BUILT_IN, *DRAWN)


def scenario_of(name: str, seed: int, *, quick: bool = True) -> Scenario:
    """Return the hand of a set and seed, another person's in every set; not quick: finely sampled, for minutes."""
    seed = 100 * seed + SETS.index(name)
    rng = np.random.default_rng([seed, 77])
    pair = str(rng.choice(PAIRS))
    if name in BUILT_IN:
        return load_scenario(BUILT_IN[name], seed=seed, quick=quick, pair=pair)
    draw, fixed = DRAWN[name]
    side = str(rng.choice(["right", "left"]))
    lines = [f'hands = ["{side}"]', f"quick = {json.dumps(quick)}"]
    for deposit in draw(rng):
        lines.append("[[deposits]]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in {"side": side, **deposit}.items()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.toml"
        path.write_text("\n".join(lines), encoding="utf-8")
        return load_scenario(str(path), seed=seed, pair=fixed or pair)


@dataclass(frozen=True)
class Case:
    """One hand: its truth, its score and its findings; score and findings are None where the scan was refused."""

    name: str
    truth: Row
    score: Row | None
    findings: Row | None

    def deposits(self) -> Iterator[tuple[Row, Row]]:
        """Yield every true deposit with its score."""
        scores = {row["deposit_id"]: row for row in self.score["deposits"]} if self.score else {}
        for true in self.truth["deposits"]:
            yield true, scores.get(true["deposit_id"], {"found": False})


def measured(name: str, seed: int, cache: Path) -> Case:
    """Return one case, made, analysed and scored unless that was done before."""
    case, result = cache / "cases" / f"{name}_{seed}", cache / "results" / f"{name}_{seed}"
    kept = result.with_suffix(".json")
    if not case.exists():
        simulate(scenario_of(name, seed), case)
    if not kept.exists():
        result.parent.mkdir(parents=True, exist_ok=True)
        try:
            analyze_folder(case / "dicom", result, force=True)
            kept.write_text(json.dumps(score_case(case, result).as_dict()), encoding="utf-8")
        except CalcidectError as error:
            print(f"{name}_{seed}: {error}")
            kept.write_text("null", encoding="utf-8")
    score = json.loads(kept.read_text(encoding="utf-8"))
    truth = json.loads((case / "truth/truth.json").read_text(encoding="utf-8"))
    return Case(kept.stem, truth, score, json.loads((result / "findings.json").read_text()) if score else None)


def bars(cases: list[Case]) -> Iterator[tuple[str, str, str]]:
    """Yield what is asked, what is wanted, and what was measured."""
    pairs = [(true, score) for case in cases for true, score in case.deposits()]
    calcium = [(t, s) for t, s in pairs if t["material"] == "hydroxyapatite"]
    scored = [case for case in cases if case.score]

    def found(name: str, wanted: str, which: Iterable[tuple[Row, Row]]) -> tuple[str, str, str]:
        return name, wanted, _share(s["found"] for _, s in which)

    yield "scans analysed", "all", _share(case.score is not None for case in cases)
    yield found("apart, 5 mm3 and 200 mg/cm3 or more", "99 %", [
        p for p in calcium
        if not p[0]["touches_bone"] and p[0]["volume_mm3"] >= 5 and _dense(p[0]) >= 200])  # fmt: skip
    yield found("against bone, 20 mm3 or more", "95 %", [
        p for p in calcium if p[0]["touches_bone"] and p[0]["volume_mm3"] >= 20])  # fmt: skip
    yield found("1 to 5 mm3, 400 mg/cm3 or more", "90 %", [
        p for p in calcium if 1 <= p[0]["volume_mm3"] < 5 and _dense(p[0]) >= 400])  # fmt: skip
    yield found("paste, 80 to 200 mg/cm3, 50 mm3 or more", "90 %", [p for p in calcium if _is_paste(p[0])])
    yield "paste: mass of a hand within 15 %", "-", _share(
        abs(e) <= 15 for case in scored if any(map(_is_paste, case.truth["deposits"]))
        for e in [_hand_error(case)] if e is not None)  # fmt: skip
    false = [len([d for d in case.score["false_deposits"] if not d["on_vessel"]]) for case in scored if case.score]
    yield "false deposits a hand", "0.2", f"{np.mean(false):.2f} ({sum(false)} in {len(false)})"
    parted = sum(c.score["splits"] + c.score["merges"] for c in scored if c.score)
    yield "splits and merges", "5 %", f"{parted} of {sum(s['found'] for _, s in pairs)}"
    yield "number of a hand within 1", "90 %", _share(
        abs(t["reported_number"] - t["true_number"]) <= 1
        for c in scored if c.score for t in c.score["totals"] if t["hand"] != "all")  # fmt: skip
    yield from _amounts(scored)
    for key, wanted in (("side", "100 %"), ("digit", "99 %"), ("level", "98 %"), ("compartment", "95 %")):
        yield key, wanted, _share(s[f"{key}_right"] for _, s in pairs if s.get(f"{key}_right") is not None)
    yield from _damage(scored)
    sheets = [(t, s) for t, s in pairs if t["pattern"] == "sheet" and t["compartment"] == "forearm" and s["found"]]
    yield "forearm sheets told as sheets", "19/20", _share(s["reported_pattern"] == "sheet" for _, s in sheets)
    yield "calcium of 10 mm3 and more called urate", "0", _share(
        s["reported_material"] == "urate" for t, s in calcium if s["found"] and t["volume_mm3"] >= 10)  # fmt: skip
    yield "tophi of 20 mm3 and more found as urate", "95 %", _share(
        s["found"] and s["reported_material"] == "urate"
        for t, s in pairs if t["material"] == "urate" and t["volume_mm3"] >= 20)  # fmt: skip


def _amounts(scored: list[Case]) -> Iterator[tuple[str, str, str]]:
    by_contact: dict[bool, list[Row]] = {False: [], True: []}
    for case in scored:
        true = {d["deposit_id"]: d for d in case.truth["deposits"]}
        for group in case.score["groups"] if case.score else []:
            members = [true[n] for n in group["true_ids"]]
            if members and group["reported_ids"] and max(d["volume_mm3"] for d in members) >= 20:
                by_contact[any(d["touches_bone"] for d in members)].append(group)
    for touching, where, dice, within in ((False, "apart", "0.85", 6), (True, "against bone", "0.75", 12)):
        groups = by_contact[touching]
        if groups:
            values = [group["dice"] for group in groups]
            yield f"Dice {where}, 20 mm3 or more", dice, f"mean {np.mean(values):.3f}, least {min(values):.2f}"
        errors = [g["mass_error_percent"] for g in groups if g["mass_error_percent"] is not None]
        yield f"mass {where} within {within} %", "90 %", _share(abs(error) <= within for error in errors)
    hands = [error for case in scored for error in [_hand_error(case)] if error is not None]
    yield "mass of a hand within 4 %", "90 %", _share(abs(error) <= 4 for error in hands)
    if hands:
        yield "mass of a hand, error", "-", f"{min(hands):+.1f} to {max(hands):+.1f} %, mean {np.mean(hands):+.1f} %"


def _damage(scored: list[Case]) -> Iterator[tuple[str, str, str]]:
    tips = [t for c in scored if c.score for t in c.score["tips"] if t["reported_fraction_lost"] is not None]
    yield "tip lost 0.15 or more: present", "0.95", _share(
        t["reported_present"] for t in tips if t["true_fraction_lost"] >= 0.15)  # fmt: skip
    yield "tip lost 0.03 or less: not present", "0.95", _share(
        not t["reported_present"] for t in tips if t["true_fraction_lost"] <= 0.03)  # fmt: skip
    errors = [abs(t["reported_fraction_lost"] - t["true_fraction_lost"]) for t in tips]
    yield "share lost, mean absolute error", "0.07", f"{np.mean(errors):.3f} ({len(errors)})" if errors else "-"
    sites = [s for c in scored if c.score for s in c.score["destruction"]]
    deep = [s for s in sites if s["true_depth_mm"] is not None and s["true_depth_mm"] >= 2]
    yield "destruction 2 mm deep or more", "0.9", _share(s["found"] for s in deep)
    yield "and its deposit was found", "-", _share(s["found"] for s in deep if s["deposit_found"])
    false = sum(c.score["false_destruction"] for c in scored if c.score)
    yield "false sites of destruction a scan", "0.5", f"{false} in {len(scored)}"


def _dense(true: Row) -> float:
    return float(true["mean_ha_mg_per_cm3"])


def _is_paste(true: Row) -> bool:
    return true["material"] == "hydroxyapatite" and true["volume_mm3"] >= 50 and 80 <= _dense(true) <= 200


def _hand_error(case: Case) -> float | None:
    totals = case.score["totals"] if case.score else []
    error = next((t["mass_error_percent"] for t in totals if t["hand"] != "all"), None)
    return None if error is None else float(error)


def _share(values: Iterable[bool | None]) -> str:
    """Return k/n and its interval; what a result does not say counts as not."""
    return str(Proportion.of(map(bool, values)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--seeds", required=True, help="such as 1-10; below 100 for development, above for figures")
    parser.add_argument("--cache", type=Path, required=True, help="folder for cases and results")
    given = parser.parse_args()
    first, _, last = given.seeds.partition("-")
    cases = []
    for name in given.sets:
        for seed in range(int(first), int(last or first) + 1):
            cases.append(measured(name, seed, given.cache))
            one = cases[-1]
            missed = [
                f"{t['compartment']} {t['volume_mm3']:.0f} mm3 {_dense(t):.0f} mg/cm3 {t['nearest_bone']}"
                f"{' touching' if t['touches_bone'] else ''}"
                for t, s in one.deposits() if not s["found"]
            ]  # fmt: skip
            print(one.name, f"mass {_hand_error(one)}", "missed:", *missed, sep="  ", flush=True)
    for name in (*given.sets, "all"):
        of_set = [case for case in cases if name == "all" or case.name.startswith(f"{name}_")]
        print(f"\n{name}, {len(of_set)} hands")
        for what, wanted, value in bars(of_set):
            print(f"  {what:45}{wanted:>8}  {value}")


if __name__ == "__main__":
    main()
