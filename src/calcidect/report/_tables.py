"""The tables of a report: burden, deposits, digits, destroyed bone, dense bodies that are no deposits."""

from __future__ import annotations

from calcidect.findings import AcroOsteolysis, Artefact, BoneDestruction, Burden, Deposit, Findings
from calcidect.report._method import settings_of
from calcidect.report._scene import by_volume
from calcidect.report._slices import THUMBNAIL_MM
from calcidect.report._table import Table, columns_of, without_empty_columns
from calcidect.report._wording import Wording
from calcidect.result import Result

_BULKY_DEPOSIT, _BULKY_HAND = "findings.bulky_deposit_mm3", "findings.bulky_hand_mm3"
_FOREARM, _FOREARM_BEYOND = "findings.forearm_extension_mm3", "findings.forearm_extension_beyond_mm"


def burden_table(findings: Findings, say: Wording) -> Table:
    """Return a row for each hand in the scan, and one for all."""
    rows = [
        _burden_row(say("burden.all") if hand == "all" else say.hand(hand), burden, say)
        for hand in ("right", "left", "all")
        if (burden := findings.burden.get(hand)) is not None
    ]
    columns = columns_of(
        say,
        ("burden.hand", "", "left"),
        ("burden.deposits", "", "right"),
        ("burden.volume", "mm3", "right"),
        ("burden.ha_mass", "mg", "right"),
        ("burden.urate_mass", "mg", "right"),
        ("burden.largest", "mm3", "right"),
        ("burden.bulky", "", "center"),
        ("burden.forearm", "", "center"),
    )
    return without_empty_columns({"columns": columns, "rows": rows}, say.missing)


def _burden_row(name: str, burden: Burden, say: Wording) -> list[str]:
    return [
        name,
        say.number(burden.number, 0),
        say.number(burden.volume_mm3),
        say.with_sd(burden.ha_mass_mg, burden.ha_mass_sd_mg),
        say.number(burden.urate_mass_mg),
        say.number(burden.largest_mm3),
        say.yes_no(burden.bulky),
        say.yes_no(burden.forearm_extension),
    ]


def burden_note(result: Result, say: Wording) -> str:
    """Return the rules behind 'bulky' and 'in forearm', with the numbers in force, where they were applied."""
    burden, values = result.findings.burden["all"], settings_of(result)
    rules = []
    if burden.bulky is not None and {_BULKY_DEPOSIT, _BULKY_HAND} <= set(values):
        one, hand = (say.significant(values[name], 6) for name in (_BULKY_DEPOSIT, _BULKY_HAND))
        rules.append(say("burden.bulky_rule", one=one, hand=hand))
    if burden.forearm_extension is not None and {_FOREARM, _FOREARM_BEYOND} <= set(values):
        volume, beyond = (say.significant(values[name], 6) for name in (_FOREARM, _FOREARM_BEYOND))
        rules.append(say("burden.forearm_rule", volume=volume, beyond=beyond))
    if burden.ha_mass_mg is not None:
        rules.append(say("burden.abbreviations"))
    return " ".join(rules)


def deposit_table(findings: Findings, say: Wording) -> Table:
    """Return a row for each deposit, the largest first. What no deposit has, such as mass or urate, has no column."""
    columns = columns_of(
        say,
        ("deposits.number", "", "right"),
        ("deposits.what", "", "left"),
        ("deposits.volume", "mm3", "right"),
        ("deposits.ha_mass", "mg", "right"),
        ("deposits.urate_mass", "mg", "right"),
        ("deposits.ha_mean", "mg_per_cm3", "right"),
        ("deposits.longest", "mm", "right"),
        ("deposits.to_bone", "mm", "right"),
        ("deposits.ratio", "", "right"),
        ("deposits.confidence", "", "right"),
    )
    with_urate = any(deposit.urate_mass_mg for deposit in findings.deposits)
    rows = [_deposit_row(deposit, with_urate, say) for deposit in by_volume(findings.deposits)]
    return without_empty_columns({"columns": columns, "rows": rows}, say.missing)


def _deposit_row(deposit: Deposit, with_urate: bool, say: Wording) -> list[str]:
    return [
        str(deposit.deposit_id),
        _what(deposit, say),
        say.number(deposit.volume_mm3),
        say.with_sd(deposit.ha_mass_mg, deposit.ha_mass_sd_mg),
        say.number(deposit.urate_mass_mg if with_urate else None),
        say.number(deposit.mean_ha_mg_per_cm3, 0),
        say.number(deposit.max_diameter_mm),
        say("deposits.touches") if deposit.touches_bone else say.number(deposit.distance_to_bone_mm),
        say.number(deposit.dual_energy_ratio, 2),
        say.confidence(deposit.confidence),
    ]


def _what(deposit: Deposit, say: Wording) -> str:
    """Return in two lines what a deposit is and where, with its flags."""
    what = say.term(deposit.material)
    if deposit.pattern is not None:
        what = say("deposits.described", material=what, pattern=say.term(deposit.pattern))
    where = say.site(deposit)
    if deposit.flags:
        where = say("words.with_flags", site=where, flags=say.listed(say.term(flag) for flag in deposit.flags))
    return f"{what}\n{where}"


def deposit_notes(findings: Findings, say: Wording) -> list[str]:
    """Return how to read the table, and which measures of older work lie in the files, and that they are no more."""
    older = say("deposits.comparison")
    if findings.vendor_rule is not None:
        rule = findings.vendor_rule.parameters
        ratio, minimum = (say.significant(rule[name], 6) for name in ("ratio", "minimum_hu"))
        older = " ".join([older, say("deposits.vendor_rule", ratio=ratio, minimum=minimum)])
    note = say("deposits.note", field=say.number(THUMBNAIL_MM, 0))
    if any(deposit.confidence is not None for deposit in findings.deposits):
        note = " ".join([note, say("deposits.confidence_note")])
    return [note, older]


def digit_table(result: Result, say: Wording) -> Table:
    """Return a row for each digit of the hands in the scan: its deposits, what its tip lost, what was destroyed."""
    columns = columns_of(
        say,
        ("digits.digit", "", "left"),
        ("digits.deposits", "", "right"),
        ("digits.volume", "mm3", "right"),
        ("digits.ha_mass", "mg", "right"),
        ("digits.urate_mass", "mg", "right"),
        ("digits.lost", "percent", "right"),
        ("digits.acro", "", "left"),
        ("digits.length", "mm", "right"),
        ("digits.tuft", "mm", "right"),
        ("digits.cap", "mm", "right"),
        ("digits.destroyed", "mm3", "right"),
    )
    rows = [_digit_row(row, result, say) for row in digits_in_scan(result)]
    return without_empty_columns({"columns": columns, "rows": rows}, say.missing)


def digits_in_scan(result: Result) -> list[AcroOsteolysis]:
    """Return the digits of the hands that are in the scan, right before left, thumb first."""
    sides = {hand.side for hand in result.hands}
    rows = [row for row in result.findings.acro_osteolysis if row.side in sides]
    return sorted(rows, key=lambda row: (row.side != "right", row.digit))


def _digit_row(digit: AcroOsteolysis, result: Result, say: Wording) -> list[str]:
    findings = result.findings
    destroyed = [
        site.volume_mm3
        for site in findings.bone_destruction
        if site.side == digit.side and site.bone.endswith(f"_{digit.digit}")
    ]
    return [
        say.digit(digit.side, digit.digit),
        *([say.missing] * 4 if is_open(result, "deposits.digit") else _amounts(digit, findings, say)),
        say.with_sd(*percent_lost(digit)),
        acro(digit, say),
        _lengths(digit, say),
        say.number(digit.tuft_width_mm),
        say.number(digit.soft_tissue_cap_mm),
        say.number(None if is_open(result, "bone_destruction") else sum(destroyed)),
    ]


def _amounts(digit: AcroOsteolysis, findings: Findings, say: Wording) -> list[str]:
    """Return number, volume and masses of a digit's deposits; masses are missing of one energy or without urate."""
    own = [d for d in findings.deposits if (d.side, d.digit) == (digit.side, digit.digit)]
    with_masses = findings.burden["all"].ha_mass_mg is not None
    with_urate = any(d.urate_mass_mg for d in findings.deposits)
    return [
        say.number(len(own), 0),
        say.number(sum(d.volume_mm3 for d in own)),
        say.number(_total([d.ha_mass_mg for d in own]) if with_masses else None),
        say.number(_total([d.urate_mass_mg for d in own]) if with_urate else None),
    ]


def _total(masses_mg: list[float | None]) -> float | None:
    """Return the sum of the masses that are known, as the burden does; None where there are some, all unknown."""
    known = [mass for mass in masses_mg if mass is not None]
    return float(sum(known)) if known or not masses_mg else None


def percent_lost(digit: AcroOsteolysis) -> tuple[float | None, float | None]:
    """Return what the tip lost and its standard deviation, in percent of the distal phalanx."""
    lost, sd = (None if part is None else 100 * part for part in (digit.fraction_lost, digit.fraction_lost_sd))
    return lost, sd


def _lengths(digit: AcroOsteolysis, say: Wording) -> str:
    if digit.residual_length_mm is None:
        return say.missing
    now, before = (say.number(mm) for mm in (digit.residual_length_mm, digit.expected_length_mm))
    return say("digits.lengths", now=now, before=before)


def is_open(result: Result, name: str) -> bool:
    """Tell whether something was not looked for, such as ``bone_destruction``, so that no find does not mean none."""
    return any(item.name == name for item in result.not_assessed)


def acro(digit: AcroOsteolysis, say: Wording) -> str:
    """Return in a word or two what became of a digit's tip."""
    if digit.present is None:
        return say("digits.not_assessable")
    if not digit.present:
        return say("digits.absent")
    return say("digits.present") if digit.grade is None else say("digits.grade", grade=digit.grade)


def digit_notes(result: Result, say: Wording) -> list[str]:
    """Return the cuts in force, and why single digits could not be assessed."""
    values = settings_of(result)
    notes = []
    if later := values.get("findings.acro_osteolysis_grades"):
        cuts = [say.significant(100 * cut, 6) for cut in (values["findings.acro_osteolysis_present"], *later)]
        notes.append(say("digits.cuts", first=say.listed(cuts[:-1]), last=cuts[-1]))
    reasons: dict[tuple[str, str], list[int]] = {}
    for row in digits_in_scan(result):
        if row.reason is not None:
            reasons.setdefault((row.side, row.reason), []).append(row.digit)
    for (side, reason), digits in reasons.items():
        named = say.count("named_digits", len(digits), list=say.listed(map(str, digits)))
        notes.append(say("digits.reason", hand=say.hand(side), digits=named, reason=reason))
    return [*notes, say("digits.ray")]


def destruction_table(findings: Findings, say: Wording) -> Table:
    """Return a row for each site of destroyed bone."""
    columns = columns_of(
        say,
        ("destruction.bone", "", "left"),
        ("destruction.deposit", "", "right"),
        ("destruction.volume", "mm3", "right"),
        ("destruction.depth", "mm", "right"),
        ("destruction.contact", "mm2", "right"),
    )
    return {"columns": columns, "rows": [_destruction_row(site, say) for site in findings.bone_destruction]}


def _destruction_row(site: BoneDestruction, say: Wording) -> list[str]:
    numbers = (site.volume_mm3, site.depth_mm, site.contact_area_mm2)
    return [say.bone(site.side, site.bone), str(site.deposit_id), *(say.number(value) for value in numbers)]


def artefact_table(findings: Findings, say: Wording) -> Table:
    """Return a row for each dense body that was taken neither for a deposit nor for bone."""
    columns = columns_of(
        say,
        ("artefacts.kind", "", "left"),
        ("artefacts.hand", "", "left"),
        ("artefacts.volume", "mm3", "right"),
        ("artefacts.reason", "", "left"),
    )
    return {"columns": columns, "rows": [_artefact_row(body, say) for body in findings.artefacts]}


def _artefact_row(body: Artefact, say: Wording) -> list[str]:
    return [say.term(body.kind), say.hand(body.side), say.number(body.volume_mm3), body.reason]
