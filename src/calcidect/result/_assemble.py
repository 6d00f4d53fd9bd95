"""Gather what the rooms gave into one ``Result``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from calcidect.anatomy import Hand, HandAnatomy
from calcidect.errors import Notice
from calcidect.findings import Findings
from calcidect.materials import MaterialMaps
from calcidect.result._types import HandFacts, NotAssessed, Provenance, Result, StudyFacts, Triple
from calcidect.study import Study

_NO_FIT = "No hand could be fitted to the bones, so that places in it have no names."
_OF_DEPOSITS = {
    "digit": _NO_FIT, "compartment": _NO_FIT, "aspect": _NO_FIT, "nearest_bone": _NO_FIT,
    "pattern": "No deposit is dense enough against what is around it to have a shape.",
}  # fmt: skip
_ONE_ENERGY = "One energy does not tell materials apart."
_NEEDS_TWO_ENERGIES = (
    "materials",
    "deposits.material",
    "deposits.ha_mass_mg",
    "deposits.confidence",
    "burden.bulky",
    "vendor_rule",
)


def assemble(
    study: Study,
    maps: MaterialMaps,
    anatomy: HandAnatomy,
    findings: Findings,
    provenance: Provenance,
    *,
    not_assessed: Sequence[NotAssessed] | None = None,
) -> Result:
    """Return the result of one study.

    Parameters
    ----------
    study, maps, anatomy, findings
        What the rooms gave, all on the study's grid.
    provenance : Provenance
        How it came to be; its ``warnings`` are replaced by those of every room, each once.
    not_assessed : sequence of NotAssessed, optional
        What the result does not answer. Told from the findings if not given.

    Raises
    ------
    ValueError
        If the parts do not fit together.
    """
    warnings = _each_once(
        (*study.notices, *maps.notices, *anatomy.notices, *findings.quality.notices, *findings.notices)
    )
    return Result(
        study=_facts_of(study),
        findings=replace(
            findings,
            notices=warnings,
            quality=replace(findings.quality, motion=study.motion),
            deposit_labels=findings.deposit_labels.like(findings.deposit_labels.array.astype(np.uint16, copy=False)),
        ),
        hands=tuple(_hand_facts(hand) for hand in anatomy.hands),
        bone_map=anatomy.bones.like(anatomy.bones.array.astype(np.uint8, copy=False)),
        bone_labels=dict(anatomy.bone_labels),
        concentrations=maps.concentrations,
        provenance=replace(provenance, warnings=warnings),
        not_assessed=tuple(
            what_is_not_assessed(findings, single_energy=study.single_energy is not None)
            if not_assessed is None
            else not_assessed
        ),
    )


def what_is_not_assessed(findings: Findings, *, single_energy: bool = False) -> list[NotAssessed]:
    """Return what the result contract names and these findings leave open throughout.

    An empty list of destroyed bone may mean 'none found' or 'not looked for', which it is where no bone has a name.
    """
    missing = [NotAssessed(name, _ONE_ENERGY) for name in _NEEDS_TWO_ENERGIES] if single_energy else []
    if all(digit.fraction_lost is None for digit in findings.acro_osteolysis):
        reasons = sorted({digit.reason for digit in findings.acro_osteolysis if digit.reason})
        missing.append(NotAssessed("acro_osteolysis", " ".join(reasons) or "No digit was looked at."))
    if not findings.bone_destruction and all(bone.bone == "unnamed" for bone in findings.bones):
        missing.append(NotAssessed("bone_destruction", _NO_FIT))
    if any(bone.bone == "unnamed" for bone in findings.bones):
        missing.append(NotAssessed("bones.bone", "The name of some bone is not sure; it is labelled unnamed."))
    missing += [
        NotAssessed(f"deposits.{name}", reason)
        for name, reason in _OF_DEPOSITS.items()
        if findings.deposits and all(getattr(deposit, name) is None for deposit in findings.deposits)
        # muscle, carpus and forearm have no digit: where compartments are told, its absence is an answer
        if not (name == "digit" and any(deposit.compartment for deposit in findings.deposits))
    ]
    if any(deposit.level is None for deposit in findings.deposits):
        missing.append(NotAssessed("deposits.level", "No hand of 29 bones was found at some deposits."))
    if all(burden.forearm_extension is None for burden in findings.burden.values()):
        missing.append(NotAssessed("burden.forearm_extension", "The radiocarpal joint line is not known."))
    return missing


def _facts_of(study: Study) -> StudyFacts:
    subject = study.subject
    return StudyFacts(
        subject_id=subject.subject_id,
        study_date=study.study_date,
        age_years=subject.age_years,
        sex=subject.sex,
        study_uid_hash=study.study_uid_hash,
        pair=study.energies,
        single_energy=study.single_energy is not None,
    )


def _hand_facts(hand: Hand) -> HandFacts:
    return HandFacts(
        side=hand.side,
        side_confidence=float(hand.side_confidence),
        start=(int(hand.start[0]), int(hand.start[1]), int(hand.start[2])),
        size=(int(hand.size[0]), int(hand.size[1]), int(hand.size[2])),
        distal=_triple(hand.distal),
        dorsal=_triple(hand.dorsal),
        radial=_triple(hand.radial),
        radiocarpal_mm=None if hand.radiocarpal_mm is None else float(hand.radiocarpal_mm),
    )


def _triple(vector: Iterable[float]) -> Triple:
    x, y, z = (float(component) for component in vector)
    return x, y, z


def _each_once(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    return tuple(dict.fromkeys(notices))
