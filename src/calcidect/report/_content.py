"""Everything a report says, as text ready to be set: one content for the page and the PDF."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from calcidect.errors import Notice
from calcidect.findings import AcroOsteolysis, Deposit, Findings
from calcidect.report._colours import MATERIAL_COLOURS, hexadecimal
from calcidect.report._pictures import PICTURED_DEPOSITS, by_volume
from calcidect.report._quality import QUALITY_NOTE, quality_rows
from calcidect.report._words import MISSING, deposit_site, number, with_sd, words, yes_no
from calcidect.result import RESEARCH_USE_ONLY, HandFacts, Result, ReviewRecord
from calcidect.study import Motion

Table = dict[str, Any]
"""``columns``: list of {name, unit, align}; ``rows``: list of lists of text."""


def report_content(result: Result) -> dict[str, Any]:
    """Return the text of a report. Holds nothing but text, lists and dicts."""
    findings = result.findings
    return {
        "title": f"Calcinosis of the hands: {'single' if result.study.single_energy else 'dual'}-energy CT",
        "notice": RESEARCH_USE_ONLY,
        "subject": result.study.subject_id,
        "summary": _summary(result),
        "facts": _facts(result),
        "quality": quality_rows(findings.quality, result.bone_map.grid),
        "quality_note": QUALITY_NOTE,
        "burden": _burden_table(findings),
        "burden_note": _burden_note(result),
        "deposits": _deposit_table(findings),
        "comparison_note": _comparison_note(findings),
        "materials": _legend(),
        "acro_osteolysis": _acro_table(findings),
        "acro_notes": _acro_notes(result),
        "bone_destruction": _destruction_table(findings),
        "no_destruction": not findings.bone_destruction
        and all(item.name != "bone_destruction" for item in result.not_assessed),
        "not_assessed": [{"name": words(i.name), "reason": i.reason} for i in result.not_assessed],
        "warnings": [_warning(notice) for notice in result.warnings],
        "settings": _changed_settings(result),
        "pictured": PICTURED_DEPOSITS,
        "calibration": result.provenance.calibration,
        "footer": _footer(result),
    }


def _summary(result: Result) -> str:
    found = _found(result.findings)
    if not result.study.single_energy:
        return found
    return f"One energy only ({result.study.pair}): material and mass cannot be told. {found}"


def _found(findings: Findings) -> str:
    if not findings.deposits:
        return "No deposit was found."
    counts = Counter(words(deposit.material) for deposit in findings.deposits)
    total = len(findings.deposits)
    text = f"{total} deposit{'s' if total > 1 else ''}: " + ", ".join(f"{n} {name}" for name, n in counts.items())
    burden = findings.burden["all"]
    if burden.ha_mass_mg is not None:
        text += f". Hydroxyapatite: {with_sd(burden.ha_mass_mg, burden.ha_mass_sd_mg)} mg"
    largest = by_volume(findings.deposits)[0]
    return (
        f"{text}. The largest is no. {largest.deposit_id}, {number(largest.volume_mm3)} mm³: {deposit_site(largest)}."
    )


def _facts(result: Result) -> list[list[str]]:
    study = result.study
    spacing = " \u00d7 ".join(f"{s:.3g}" for s in result.bone_map.grid.spacing_mm)
    return [
        ["Pseudonym", study.subject_id],
        ["Age", MISSING if study.age_years is None else f"{study.age_years:.0f} years"],
        ["Sex", study.sex or MISSING],
        ["Date of scan", study.study_date or MISSING],
        ["Energy" if study.single_energy else "Energies", study.pair],
        ["Voxel", f"{spacing} mm"],
        *_review(result.provenance.review),
        *([f"Motion, {_hand_at(result, hand)}", _motion(hand)] for hand in result.findings.quality.motion),
    ]


def _review(review: ReviewRecord | None) -> list[list[str]]:
    """Return that readers changed the result, and how much."""
    if review is None:
        return []
    counts = f"{review.events} edits; deposits accepted {len(review.accepted)}, rejected {len(review.rejected)}, "
    how = "measured anew" if review.with_scan else "not measured anew"
    return [
        [
            "Reviewed by",
            f"{', '.join(review.readers) or MISSING}: {counts}not looked at {len(review.unreviewed)}; {how}",
        ]
    ]


def _hand_at(result: Result, motion: Motion) -> str:
    """Return which hand it is that moved: the one in whose box its centroid lies, and nearest to the middle of it."""
    grid = result.bone_map.grid
    index = grid.index_of(motion.centroid_mm)

    def off_middle(hand: HandFacts) -> float:
        return float(np.abs((index - hand.start) / np.array(hand.size) - 0.5).max())

    nearest = min(result.hands, key=off_middle, default=None)
    return f"{nearest.side} hand" if nearest is not None and off_middle(nearest) <= 0.5 else "other part"


def _motion(motion: Motion) -> str:
    """Return what became of motion between the energies, in a line."""
    if motion.largest_displacement_mm is None:
        return "not measurable"
    moved = f"{with_sd(motion.largest_displacement_mm, motion.standard_error_mm, 2)} mm"
    return f"{moved}, moved back, {number(motion.residual_mm, 2)} mm left" if motion.corrected else moved


def _column(name: str, unit: str = "", align: str = "right") -> dict[str, str]:
    return {"name": name, "unit": unit, "align": align}


def _burden_table(findings: Findings) -> Table:
    names = {"right": "Right hand", "left": "Left hand", "all": "All"}
    rows = [
        [
            names[hand],
            str(burden.number),
            number(burden.volume_mm3),
            with_sd(burden.ha_mass_mg, burden.ha_mass_sd_mg),
            number(burden.largest_mm3),
            yes_no(burden.bulky),
            yes_no(burden.forearm_extension),
            number(burden.urate_mass_mg),
        ]
        for hand in names
        if (burden := findings.burden.get(hand)) is not None
    ]
    columns = [
        _column("Hand", align="left"),
        _column("Deposits"),
        _column("Volume", "mm³"),
        _column("HA mass ± SD", "mg"),
        _column("Largest", "mm³"),
        _column("Bulky", align="center"),
        _column("In forearm", align="center"),
        _column("Urate mass", "mg"),
    ]
    return {"columns": columns, "rows": rows}


def _burden_note(result: Result) -> str:
    """Return the rules behind 'bulky' and 'in forearm', with the numbers in force."""
    values = {row["name"].removeprefix("findings."): row["value"] for row in result.provenance.settings}
    rules = []
    if {"bulky_deposit_mm3", "bulky_hand_mm3"} <= set(values):
        one, hand = values["bulky_deposit_mm3"], values["bulky_hand_mm3"]
        rules.append(f"Bulky: a hydroxyapatite deposit of at least {one:,g} mm³, or at least {hand:,g} mm³ in a hand.")
    if {"forearm_extension_mm3", "forearm_extension_beyond_mm"} <= set(values):
        volume, beyond = values["forearm_extension_mm3"], values["forearm_extension_beyond_mm"]
        rules.append(
            f"In forearm: at least {volume:,g} mm³ of deposit more than {beyond:g} mm proximal to the "
            "radiocarpal joint line."
        )
    return " ".join([*rules, "HA: hydroxyapatite. SD: standard deviation of the measurement."])


def _deposit_table(findings: Findings) -> Table:
    columns = [
        _column("No."),
        _column("Material", align="left"),
        _column("Site", align="left"),
        _column("Pattern", align="left"),
        _column("Volume", "mm³"),
        _column("HA mass ± SD", "mg"),
        _column("HA mean", "mg/cm³"),
        _column("Longest", "mm"),
        _column("To bone", "mm"),
        _column("HU ratio"),
        _column("Confidence"),
    ]
    return {"columns": columns, "rows": [_deposit_row(d) for d in by_volume(findings.deposits)]}


def _deposit_row(deposit: Deposit) -> list[str]:
    flags = f" ({', '.join(words(flag) for flag in deposit.flags)})" if deposit.flags else ""
    return [
        str(deposit.deposit_id),
        words(deposit.material),
        deposit_site(deposit) + flags,
        words(deposit.pattern),
        number(deposit.volume_mm3),
        with_sd(deposit.ha_mass_mg, deposit.ha_mass_sd_mg),
        number(deposit.mean_ha_mg_per_cm3, 0),
        number(deposit.max_diameter_mm),
        "touches" if deposit.touches_bone else number(deposit.distance_to_bone_mm),
        number(deposit.dual_energy_ratio, 2),
        number(deposit.confidence, 2),
    ]


def _comparison_note(findings: Findings) -> str:
    """Return which measures of older work and of other programs lie in the tables, and that they are no more."""
    text = (
        "For comparison with older work only, deposits.csv and findings.json also hold volumes above 130, 150, 200 and "
        "300 HU, an Agatston-like score (areas above 130 HU times a weight of 1 to 4 by the slice's peak, for slices "
        "3 mm apart; defined at 120 kV, here at the low or only energy) and the area projected from the back of the "
        "hand to the palm. They depend on the energy, the kernel and the slices far more than mass does."
    )
    if findings.vendor_rule is None:
        return text
    rule = findings.vendor_rule.parameters
    return (
        f"{text} What a fixed ratio line of {rule['ratio']:g} from {rule['minimum_hu']:g} HU on, as in gout software, "
        "would paint as urate is there, too; it can take dilute calcium in tendon for urate."
    )


def _legend() -> list[dict[str, str]]:
    """Return every colour with its meaning; also for materials of which there is none, so that it is clear."""
    return [{"name": name, "colour": hexadecimal(colour)} for name, colour in MATERIAL_COLOURS.items()]


def _acro_table(findings: Findings) -> Table:
    columns = [_column("Volume lost from the tip", align="left")]
    columns += [_column(f"Digit {digit}", align="center") for digit in range(1, 6)]
    rows = []
    for side in ("right", "left"):
        digits = {d.digit: d for d in findings.acro_osteolysis if d.side == side}
        if any(digit.fraction_lost is not None for digit in digits.values()):
            cells = [_acro_cell(digits.get(digit)) for digit in range(1, 6)]
            rows.append([f"{side.capitalize()} hand", *cells])
    return {"columns": columns, "rows": rows}


def _acro_cell(digit: AcroOsteolysis | None) -> str:
    if digit is None or digit.fraction_lost is None:
        return "not assessable" if digit is not None and digit.reason else MISSING
    sd = None if digit.fraction_lost_sd is None else 100 * digit.fraction_lost_sd
    lost = with_sd(100 * digit.fraction_lost, sd, 0) + " %"
    return f"{lost}, grade {digit.grade}" if digit.present else lost


def _acro_notes(result: Result) -> list[str]:
    """Return the cuts in force, and why single digits could not be assessed; ``not_assessed`` says if none could."""
    values = {row["name"].removeprefix("findings."): row["value"] for row in result.provenance.settings}
    rules = []
    if later := values.get("acro_osteolysis_grades"):
        cuts = [f"{100 * cut:g}" for cut in (values["acro_osteolysis_present"], *later)]
        rules.append(
            f"Of the volume of the whole distal phalanx, \u00b1 SD. Grades 1 to 4: from {', '.join(cuts[:-1])} and "
            f"{cuts[-1]} % on; no reader has confirmed these cuts."
        )
    digits: dict[str, list[int]] = {}
    for row in result.findings.acro_osteolysis:
        if row.reason is not None:
            digits.setdefault(f"{row.side.capitalize()} hand, {{}}: {row.reason}", []).append(row.digit)
    return rules + [
        text.format(f"digit{'s' if len(of) > 1 else ''} {', '.join(map(str, of))}") for text, of in digits.items()
    ]


def _destruction_table(findings: Findings) -> Table:
    columns = [
        _column("Bone", align="left"),
        _column("Deposit no."),
        _column("Volume lost", "mm³"),
        _column("Depth", "mm"),
        _column("Contact", "mm²"),
    ]
    rows = [
        [
            f"{site.side} {words(site.bone)}",
            str(site.deposit_id),
            number(site.volume_mm3),
            number(site.depth_mm),
            number(site.contact_area_mm2),
        ]
        for site in findings.bone_destruction
    ]
    return {"columns": columns, "rows": rows}


def _warning(notice: Notice) -> dict[str, str]:
    return {"message": notice.message, "effect": notice.effect, "code": notice.code}


def _changed_settings(result: Result) -> list[dict[str, str]]:
    return [
        {
            "name": row["name"],
            "value": str(row["value"]) if isinstance(row["value"], str) else f"{row['value']} {row['unit']}",
        }
        for row in result.provenance.settings
        if not row["is_default"]
    ]


def _footer(result: Result) -> str:
    provenance = result.provenance
    return f"calcidect {provenance.program_version} · input SHA-256 {provenance.input_hash[:16]}"
