"""From a scenario to a case folder: ``dicom/`` and ``truth/``."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import Side
from calcidect.errors import InputRefusedError, OutputError, UsageError
from calcidect.geometry import FloatArray
from calcidect.phantom._deposits import DepositSpec, PlacedDeposit, put_deposit
from calcidect.phantom._dicom import ScanLabels, write_pair
from calcidect.phantom._hand import DigitalHand, build_hand
from calcidect.phantom._person import Person, draw_person
from calcidect.phantom._pose import pose_hand
from calcidect.phantom._scanner import scan, scan_grid
from calcidect.phantom._scenario import Scenario
from calcidect.phantom._skeleton import load_skeleton
from calcidect.phantom._truth import write_truth
from calcidect.phantom._vessels import put_arteries
from calcidect.progress import Progress, silent

_SKIN_BESIDE_BONE_MM = 9.0


def simulate(scenario: Scenario, out: Path, progress: Progress = silent) -> None:
    """Write a simulated patient: DICOM series, and the truth about them.

    Parameters
    ----------
    scenario : Scenario
    out : Path
        Must not exist; receives ``dicom/`` and ``truth/`` whole or not at all.
    progress : callable

    Raises
    ------
    UsageError
        If ``out`` exists, or the extra ``phantom`` is not installed.
    InputRefusedError
        If a deposit finds no place.
    OutputError
        If the disk does not take it.
    """
    if out.exists():
        raise UsageError(
            "output_exists", found="The output folder exists.", expected="A new folder.",
            remedy="Choose another name for --out, or remove the folder.",
        )  # fmt: skip
    person = draw_person(scenario.seed, scenario.person)
    hands, deposits, vessels = build_hands(scenario, person, progress)
    grid = scan_grid(hands, scenario.scanner, scenario.matrix)
    low, high = scan(hands, scenario.scanner, grid, scenario.seed, progress)
    temporary = out.with_name(f".{out.name}.partial")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        progress("write", 0.0)
        labels = ScanLabels(sex=person.sex, age_years=int(person.age_years))
        write_pair(
            low, high, scenario.scanner.pair, temporary / "dicom", vendor=scenario.scanner.vendor, seed=scenario.seed,
            thickness_mm=scenario.scanner.thickness_mm, maximum_hu=scenario.scanner.maximum_hu, labels=labels,
        )  # fmt: skip
        write_truth(temporary / "truth", scenario, hands, deposits, vessels, grid)
        temporary.rename(out)
        progress("write", 1.0)
    except OSError as error:
        raise OutputError(
            "simulation_not_written", found=f"The case could not be written: {error.strerror}.",
            expected="A folder with room for it.", remedy="Free some space or choose another folder.",
        ) from error  # fmt: skip
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def build_hands(
    scenario: Scenario, person: Person, progress: Progress = silent
) -> tuple[list[DigitalHand], list[list[PlacedDeposit]], list[NDArray[np.bool_]]]:
    """Return the digital hands of a scenario, the deposits in each, and where each one's calcified arteries are."""
    if wide := min(0.0, scenario.hands_gap_mm):
        raise UsageError("hands_overlap", found=f"hands_gap_mm is {wide:g}.", expected="0 or more.", remedy="Mend it.")
    hands, placed, vessels = [], [], []
    for n, (side, centre) in enumerate(_centres(scenario, person).items()):
        progress("digital hand", n / len(scenario.hands))
        lost = {digit: share for (s, digit), share in scenario.acro_osteolysis.items() if s == side}
        hand = build_hand(person, side, scenario.fine_mm, centre, lost)
        taken = np.zeros(hand.grid.shape, bool)
        rng = np.random.default_rng([scenario.seed, 5, n])
        specs = [spec for s, spec in scenario.deposits if s == side]
        placed.append([_put(hand, taken, spec, rng, scenario.name != "file") for spec in specs])
        vessels.append(put_arteries(hand, person, taken, rng))
        hands.append(hand)
    progress("digital hand", 1.0)
    return hands, placed, vessels


def _put(
    hand: DigitalHand, taken: NDArray[np.bool_], spec: DepositSpec, rng: np.random.Generator, any_digit: bool
) -> PlacedDeposit:
    """Put a deposit where it was asked for; drawn ones may go to the next digit where theirs has no room."""
    digits = [spec.digit] + [digit for digit in (3, 2, 4, 5, 1) if any_digit and digit != spec.digit]
    for digit in digits[:-1]:
        try:
            return put_deposit(hand, taken, replace(spec, digit=digit), rng)
        except InputRefusedError:
            continue
    return put_deposit(hand, taken, replace(spec, digit=digits[-1]), rng)


def _centres(scenario: Scenario, person: Person) -> dict[Side, FloatArray]:
    """Return where each third MCP joint lies: right hand at patient's right, the asked gap between the skins."""
    centres: dict[Side, FloatArray] = {}
    for side in scenario.hands:
        vertices = np.vstack(
            [b.vertices_mm for b in pose_hand(load_skeleton(), person.hands[side], side).bones.values()]
        )
        vertices = vertices[vertices[:, 2] > -140 * person.hands[side].size]
        inner = vertices[:, 0].max() if side == "right" else vertices[:, 0].min()
        half = 0.5 * scenario.hands_gap_mm + _SKIN_BESIDE_BONE_MM * person.hands[side].size
        x = (-half if side == "right" else half) - inner
        centres[side] = np.array([x, 0.0, 0.0])
    return centres
