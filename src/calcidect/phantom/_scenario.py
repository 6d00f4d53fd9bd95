"""What to simulate: named scenarios and scenario files.

A scenario file is TOML; every key is optional::

    seed = 7                         # where none is asked for
    hands = ["right", "left"]        # or one of them
    pair = "80/Sn150"                # kV pair, or "50/100keV"
    vendor = "siemens_force"          # style of the DICOM headers; default: one that makes this pair
    quick = false
    hands_gap_mm = 25.0              # 0: touching
    [person]                         # what is not drawn of the person: any field of Described
    sex = "F"
    age_years = 61
    [scanner]                        # any field of ScannerSettings but pair, vendor and motion
    noise_hu = [25.0, 18.0]
    [motion.right]                   # of one hand, before the high-energy image is taken
    shift_mm = [0.5, -1.0, 0.3]
    rotation_degrees = [0.0, 2.0, 0.0]
    [acro_osteolysis]                # side_digit = share of the distal phalanx lost from the tip
    right_2 = 0.3
    [[deposits]]
    side = "right"
    compartment = "fingertip_fat_pad"
    pattern = "nodule"
    digit = 2
    size_mm = 5.0
    mg_per_cm3 = 600.0
    contact = "apart"                # or touching, eroding
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from calcidect.anatomy import Side
from calcidect.errors import InputRefusedError
from calcidect.phantom._deposits import DepositSpec
from calcidect.phantom._motion import HandMotion
from calcidect.phantom._person import Described
from calcidect.phantom._scanner import ScannerSettings
from calcidect.phantom._vendors import VENDOR_STYLES, style_for
from calcidect.study import Energy, Pair

_QUICK_SAMPLING_MM = (0.6, 1.0)
_REMEDY = "Mend the scenario; docs/how-to.md shows one whole, `calcidect simulate --list` names the built-in ones."


@dataclass(frozen=True)
class Scenario:
    """One simulated patient and scan, fully determined.

    Parameters
    ----------
    name : str
    seed : int
        Of anatomy, places and noise.
    hands : tuple of {"right", "left"}
    scanner : ScannerSettings
    deposits : tuple of (side, DepositSpec)
    acro_osteolysis : dict
        (side, digit) to the share lost.
    hands_gap_mm : float
        Between the two hands; 0 is touching.
    fine_mm : float
        Voxel of the fine grid.
    matrix : int or None
        Rows and columns of the scan; None fits them to the hands.
    person : Described
        What is not drawn of the person.
    """

    name: str
    seed: int
    hands: tuple[Side, ...]
    scanner: ScannerSettings
    deposits: tuple[tuple[Side, DepositSpec], ...]
    acro_osteolysis: dict[tuple[Side, int], float] = field(default_factory=dict)
    hands_gap_mm: float = 25.0
    fine_mm: float = 0.3
    matrix: int | None = 512
    person: Described = field(default_factory=Described)


_DESCRIPTIONS = {
    "standard": "Six to eight HA deposits a hand, in every compartment, none touching bone",
    "healthy": "No deposit, no lesion",
    "contact": "HA deposits, half of them on the surface of bone",
    "destructive": "Acro-osteolysis of several digits, deposits in defects of bone",
    "bulky": "Large conglomerates and forearm sheets",
    "gout": "Urate deposits of 400-900 mg/cm3",
    "mixed": "HA and urate, dilute to dense, apart, touching and eroding",
}


def list_scenarios() -> dict[str, str]:
    """Return the built-in scenarios: name to description."""
    return dict(_DESCRIPTIONS)


def load_scenario(name: str, *, seed: int | None = None, quick: bool = False, pair: str | None = None) -> Scenario:
    """Return a built-in scenario by name, or one from a TOML file.

    Parameters
    ----------
    name : str
        A name of `list_scenarios`, or the path of a ``.toml`` file.
    seed : int, optional
        Same seed, same bytes. That of the file where none is given, else 0.
    quick : bool
        One hand at 0.6 x 0.6 x 1.0 mm instead of both in a matrix of 512.
    pair : str, optional
        Energies, such as ``80/140`` or ``50/100keV``, in place of the scenario's.

    Raises
    ------
    InputRefusedError
        If the name is unknown or the file is wrong.
    """
    path = Path(name)
    if name not in _DESCRIPTIONS and path.suffix != ".toml":
        raise InputRefusedError(
            "scenario_unknown", found=f"There is no scenario '{name}'.",
            expected=f"One of {', '.join(_DESCRIPTIONS)}, or a .toml file.", remedy=_REMEDY,
        )  # fmt: skip
    try:
        if name in _DESCRIPTIONS:
            return _built(name, {}, seed or 0, quick, pair)
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        chosen = int(values.get("seed", 0)) if seed is None else seed
        return _built("file", values, chosen, quick or bool(values.get("quick", False)), pair)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)  # an OSError's text holds the path
        raise InputRefusedError(
            "scenario_invalid", found=f"The scenario can't be used: {reason}.",
            expected="A TOML file of the documented keys.", remedy=_REMEDY,
        ) from error  # fmt: skip


def parse_pair(text: str) -> Pair:
    """Return the pair named ``80/Sn150`` or ``50/100keV``."""
    match = re.fullmatch(r"(Sn|Au|)(\d+)/(Sn|Au|)(\d+)(keV)?", text)
    if match is None:
        raise InputRefusedError(
            "pair_invalid", found=f"'{text}' is no pair of energies.",
            expected="Two energies, low first, such as 80/Sn150 or 50/100keV.", remedy=_REMEDY,
        )  # fmt: skip
    low_filter, low, high_filter, high, kev = match.groups()
    kind: Literal["kv", "kev"] = "kev" if kev else "kv"
    return Pair(Energy(kind, float(low), low_filter), Energy(kind, float(high), high_filter))  # type: ignore[arg-type]


_KEYS = {
    "seed", "hands", "pair", "vendor", "quick", "hands_gap_mm", "person", "scanner", "motion", "acro_osteolysis",
    "deposits",
}  # fmt: skip


def _built(name: str, values: dict[str, Any], seed: int, quick: bool, pair: str | None) -> Scenario:
    if unknown := sorted(values.keys() - _KEYS):
        raise ValueError(f"unknown key {unknown[0]}")
    rng = np.random.default_rng([seed, 2])
    hands: tuple[Side, ...] = ("right", "left")
    if quick:
        hands = (hands[int(rng.integers(2))],)
    if "hands" in values:
        hands = tuple(side for side in ("right", "left") if side in values["hands"])
    if not hands or any(deposit.get("side") not in hands for deposit in values.get("deposits", [])):
        raise ValueError("hands must name right, left or both, and every deposit the side of one of them")
    energies = parse_pair(pair or values.get("pair", "80/Sn150"))
    vendor = values.get("vendor") or style_for(energies)
    if vendor not in VENDOR_STYLES:
        raise ValueError(f"vendor is {vendor!r}, not one of {', '.join(VENDOR_STYLES)}")
    scanner = _scanner(energies, vendor, quick, rng)
    overrides: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in values.get("scanner", {}).items()
    }
    motion = tuple(HandMotion(side, **moves) for side, moves in values.get("motion", {}).items())
    scanner = replace(scanner, **overrides, motion=motion)
    if name == "file":
        deposits = tuple((d["side"], DepositSpec(**{k: v for k, v in d.items() if k != "side"}))
                         for d in values.get("deposits", []))  # fmt: skip
        acro = {_digit(key): float(share) for key, share in values.get("acro_osteolysis", {}).items()}
    else:
        deposits, acro = _drawn(name, hands, rng)
    gap = float(values.get("hands_gap_mm", 0.5 if rng.random() < 0.2 else rng.uniform(8, 40)))
    return Scenario(
        name, seed, hands, scanner, deposits, acro, gap,
        fine_mm=0.4 if quick else 0.3, matrix=None if quick else 512,
        person=Described(**values.get("person", {})),
    )  # fmt: skip


def _digit(key: str) -> tuple[Side, int]:
    side, digit = key.split("_")
    if side not in ("right", "left") or digit not in tuple("12345"):
        raise ValueError(f"acro_osteolysis key {key} is not side_digit")
    return side, int(digit)  # type: ignore[return-value]


def _scanner(pair: Pair, vendor: str, quick: bool, rng: np.random.Generator) -> ScannerSettings:
    """Return settings of a scan within the ranges of hand protocols (docs/method/phantom.md)."""
    pixel, step = _QUICK_SAMPLING_MM if quick else (0.3, 0.6)
    return ScannerSettings(
        pair, vendor, pixel, step,
        blur_fwhm_mm=float(rng.uniform(0.8, 1.1)),
        thickness_mm=float(rng.uniform(0.6, 0.9)) if not quick else 1.0,
        noise_hu=(float(rng.uniform(15, 30)), float(rng.uniform(10, 22))),
        offset_hu=(float(rng.normal(0, 2)), float(rng.normal(0, 2))),
        gain=(float(rng.normal(1, 0.012)), float(rng.normal(1, 0.012))),
    )  # fmt: skip


def _drawn(
    name: str, hands: tuple[Side, ...], rng: np.random.Generator
) -> tuple[tuple[tuple[Side, DepositSpec], ...], dict[tuple[Side, int], float]]:
    """Return the deposits and resorbed tips of a built-in scenario."""
    deposits: list[tuple[Side, DepositSpec]] = []
    acro: dict[tuple[Side, int], float] = {}
    if name == "healthy":
        return (), acro
    for side in hands:
        specs = _one_hand(rng, bulky=name == "bulky")
        if name in ("contact", "destructive", "mixed"):
            specs = [_against_bone(spec, name, rng) for spec in specs]
        if name == "gout" or name == "mixed":
            specs = [_as_urate(spec, rng) if name == "gout" or rng.random() < 0.3 else spec for spec in specs]
        deposits += [(side, spec) for spec in specs]
        if name in ("destructive", "mixed"):
            digits = rng.choice(5, int(rng.integers(2, 5)), replace=False) + 1
            acro.update({(side, int(digit)): float(rng.uniform(0.1, 0.6)) for digit in digits})
    return tuple(deposits), acro


_BESIDE_JOINT_MM = 1.5
"""Periarticular is what lies within 2 mm of bone, by the result's definition; other deposits keep 2 mm away."""


def _one_hand(rng: np.random.Generator, bulky: bool) -> list[DepositSpec]:
    """Return one deposit of every compartment and a few more in the fingers, each in a pattern that occurs there."""
    digits = [int(d) for d in rng.permutation([1, 2, 3, 4, 5])]
    scale = 1.5 if bulky else 1.0

    def spec(compartment: str, patterns: list[str], size: tuple[float, float], digit: int) -> DepositSpec:
        pattern = str(rng.choice(patterns))
        dense = (100, 350) if pattern == "amorphous" else (250, 1100)
        return DepositSpec(compartment, pattern, digit, float(rng.uniform(*size)) * scale, float(rng.uniform(*dense)))

    specs = [
        spec("fingertip_fat_pad", ["nodule", "conglomerate"], (3.6, 5.0), digits[0]),
        spec("fingertip_fat_pad", ["nodule", "punctate"], (3.0, 4.5), digits[1]),
        replace(spec("periarticular", ["nodule"], (3.0, 4.0), digits[2]), gap_mm=_BESIDE_JOINT_MM),
        spec("subcutaneous", ["nodule", "sheet", "reticular"], (4.5, 7.0), digits[3]),
        spec("carpal_tunnel", ["nodule", "amorphous", "conglomerate"], (5.0, 8.0), 3),
        spec("muscle", ["nodule", "amorphous"], (4.0, 6.5), 1),
        spec("forearm", ["sheet", "linear"], (6.0, 11.0), 3),
        spec("flexor_tendon_sheath" if rng.random() < 0.6 else "extensor_tendon_sheath", ["linear"], (4.0, 5.5),
             int(rng.choice([2, 3, 4]))),
    ]  # fmt: skip
    return specs if bulky else [specs[n] for n in sorted(rng.choice(8, int(rng.integers(6, 9)), replace=False))]


def _against_bone(spec: DepositSpec, name: str, rng: np.random.Generator) -> DepositSpec:
    """Return the deposit on, or in, bone where its compartment lies against bone."""
    if spec.compartment not in ("fingertip_fat_pad", "periarticular") or spec.pattern == "punctate":
        return spec
    eroding = name == "destructive" or (name == "mixed" and rng.random() < 0.4)
    return replace(spec, contact="eroding" if eroding else "touching")


def _as_urate(spec: DepositSpec, rng: np.random.Generator) -> DepositSpec:
    return replace(spec, material="urate", mg_per_cm3=float(rng.uniform(400, 900)))


def as_json(scenario: Scenario) -> dict[str, Any]:
    """Return the scenario's scanner settings as plain values, for truth.json."""
    values = asdict(scenario.scanner)
    values["pair"] = scenario.scanner.pair.name
    del values["motion"]  # stands in the truth by itself, with what it means for each hand
    return values
