"""Everything a report says, as text ready to be set: one content for the page and the PDF."""

from __future__ import annotations

from typing import Any

import numpy as np

from calcidect.errors import Notice
from calcidect.report import _tables as tables
from calcidect.report._answers import answers
from calcidect.report._colours import MATERIAL_COLOURS, PAGE_COLOURS, hexadecimal
from calcidect.report._method import footer, method, provenance_table, settings_note, settings_of, settings_table
from calcidect.report._quality import quality_rows
from calcidect.report._wording import Wording
from calcidect.result import HandFacts, Result, ReviewRecord
from calcidect.study import Motion


def report_content(result: Result, say: Wording) -> dict[str, Any]:
    """Return the text of a report. Holds nothing but text, lists and dicts."""
    quality = quality_rows(result.findings.quality, result.bone_map.grid, say)
    return {
        "language": say("language.code"),
        "paper": settings_of(result).get("report.paper", "a4"),
        "colours": {name: hexadecimal(colour) for name, colour in PAGE_COLOURS.items()},
        "labels": say.section("labels"),
        **_opening(result, say),
        "answers": answers(result, quality, say),
        **_found(result, say),
        **_sureness(result, quality, say),
        **_origin(result, say),
    }


def _opening(result: Result, say: Wording) -> dict[str, Any]:
    study = result.study
    return {
        "title": say("title.single_energy" if study.single_energy else "title.dual_energy"),
        "lead": say("title.lead_single_energy", pair=study.pair) if study.single_energy else "",
        "subject": study.subject_id,
        "facts": _facts(result, say),
    }


def _found(result: Result, say: Wording) -> dict[str, Any]:
    findings = result.findings
    return {
        "burden": tables.burden_table(findings, say),
        "burden_note": tables.burden_note(result, say),
        "legend": _legend(say),
        "legend_note": say("pictures.legend"),
        "deposits": tables.deposit_table(findings, say),
        "deposit_notes": tables.deposit_notes(findings, say),
        "digits": tables.digit_table(result, say),
        "digit_notes": tables.digit_notes(result, say),
        "bone_destruction": tables.destruction_table(findings, say),
        "no_destruction": _no_destruction(result, say),
    }


def _sureness(result: Result, quality: list[dict[str, str]], say: Wording) -> dict[str, Any]:
    return {
        "quality": quality,
        "quality_columns": [say(f"quality.{name}") for name in ("check", "found", "verdict")],
        "quality_note": say("quality.note"),
        "warnings": [_warning(notice) for notice in result.warnings],
        "artefacts": tables.artefact_table(result.findings, say),
        "artefact_note": say("artefacts.note"),
        "not_assessed": [{"name": say.term(item.name), "reason": item.reason} for item in result.not_assessed],
    }


def _origin(result: Result, say: Wording) -> dict[str, Any]:
    return {
        "method": method(result, say),
        "settings": settings_table(result, say),
        "settings_notes": [settings_note(result, say), say("settings.sources")],
        "provenance": provenance_table(result, say),
        "provenance_note": say("provenance.note"),
        "footer": footer(result, say),
    }


def _no_destruction(result: Result, say: Wording) -> str:
    return say(
        "labels.destruction_not_assessed" if tables.is_open(result, "bone_destruction") else "labels.no_destruction"
    )


def _facts(result: Result, say: Wording) -> list[list[str]]:
    study = result.study
    spacing = say.times(result.bone_map.grid.spacing_mm)
    age = say.missing if study.age_years is None else say("facts.years", age=say.number(study.age_years, 0))
    return [
        [say("facts.pseudonym"), study.subject_id],
        [say("facts.age"), age],
        [say("facts.sex"), study.sex or say.missing],
        [say("facts.date"), study.study_date or say.missing],
        [say("facts.energy" if study.single_energy else "facts.energies"), study.pair],
        [say("facts.voxel"), f"{spacing} {say('units.mm')}"],
        *_review(result.provenance.review, say),
        *(
            [say("facts.motion", hand=_hand_at(result, hand, say)), _motion(hand, say)]
            for hand in result.findings.quality.motion
        ),
    ]


def _review(review: ReviewRecord | None, say: Wording) -> list[list[str]]:
    """Return that readers changed the result, and how much."""
    if review is None:
        return []
    text = say(
        "facts.review", readers=say.listed(review.readers) or say.missing, edits=say.count("edits", review.events),
        accepted=say.number(len(review.accepted), 0), rejected=say.number(len(review.rejected), 0),
        unreviewed=say.number(len(review.unreviewed), 0),
        how=say("facts.measured_anew" if review.with_scan else "facts.not_measured_anew"),
    )  # fmt: skip
    return [[say("facts.reviewed"), text]]


def _hand_at(result: Result, motion: Motion, say: Wording) -> str:
    """Return which hand it is that moved: the one in whose box its centroid lies, and nearest to the middle of it."""
    grid = result.bone_map.grid
    index = grid.index_of(motion.centroid_mm)

    def off_middle(hand: HandFacts) -> float:
        return float(np.abs((index - hand.start) / np.array(hand.size) - 0.5).max())

    nearest = min(result.hands, key=off_middle, default=None)
    is_inside = nearest is not None and off_middle(nearest) <= 0.5
    return say(f"words.of_hand.{nearest.side}") if nearest and is_inside else say("facts.other_part")


def _motion(motion: Motion, say: Wording) -> str:
    """Return what became of motion between the energies, in a line."""
    if motion.largest_displacement_mm is None:
        return say("facts.not_measurable")
    distance = say.with_sd(motion.largest_displacement_mm, motion.standard_error_mm, 2)
    if not motion.corrected:
        return say("facts.moved", distance=distance)
    return say("facts.moved_back", distance=distance, left=say.number(motion.residual_mm, 2))


def _legend(say: Wording) -> list[dict[str, str]]:
    """Return every colour with its meaning; also for materials of which there is none, so that it is clear."""
    return [{"name": say.term(name), "colour": hexadecimal(colour)} for name, colour in MATERIAL_COLOURS.items()]


def _warning(notice: Notice) -> dict[str, str]:
    return {"message": notice.message, "effect": notice.effect, "code": notice.code}
