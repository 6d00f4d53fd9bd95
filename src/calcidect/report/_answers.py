"""The first page's answers: how much, where, what damage, how sure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from calcidect.findings import AcroOsteolysis, Deposit, Findings
from calcidect.report._quality import LIMITS, LOOK, NOT_CHECKED
from calcidect.report._scene import by_volume
from calcidect.report._tables import acro, digits_in_scan, is_open, percent_lost
from calcidect.report._wording import Wording
from calcidect.result import Result

_SITES = 3  # of destroyed bone on the first page; the table has all


def answers(result: Result, quality: list[dict[str, str]], say: Wording) -> list[dict[str, Any]]:
    """Return each question with its answer in a line, and what there is to it.

    Parameters
    ----------
    result : Result
        What was found.
    quality : list of dict
        As ``quality_rows`` gives them.
    say : Wording
        The language.
    """
    return [
        _answer(say("answers.how_much"), _amount(result.findings, say), _amount_details(result.findings, say)),
        _answer(say("answers.where"), _hands(result, say), _where_details(result, say)),
        _answer(say("answers.damage"), _damage(result, say), _damage_details(result, say)),
        _answer(say("answers.sure"), _sureness(result, quality, say), _sure_details(result, quality, say)),
    ]


def _answer(question: str, answer: str, details: Iterable[str]) -> dict[str, Any]:
    return {"question": question, "answer": _capital(answer), "details": list(details)}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _amount(findings: Findings, say: Wording) -> str:
    deposits, burden = findings.deposits, findings.burden["all"]
    if not deposits:
        return say("answers.none")
    if burden.ha_mass_mg is None:
        count = say.count("deposits", len(deposits))
        return say("answers.number_and_volume", deposits=count, volume=say.number(burden.volume_mm3))
    urate = sum(d.material == "urate" for d in deposits)
    parts = []
    if urate < len(deposits):
        mass = say.with_sd(burden.ha_mass_mg, burden.ha_mass_sd_mg)
        count = say.count("deposits", len(deposits) - urate)
        parts.append(say("answers.amount_of_hydroxyapatite", mass=mass, deposits=count))
    if urate:
        mass = say.number(burden.urate_mass_mg)
        parts.append(say("answers.amount_of_urate", mass=mass, deposits=say.count("deposits", urate)))
    return say.listed(parts)


def _amount_details(findings: Findings, say: Wording) -> Iterable[str]:
    burden = findings.burden["all"]
    if findings.deposits:
        largest = by_volume(findings.deposits)[0]
        if burden.ha_mass_mg is not None:
            yield say("answers.volume", volume=say.number(burden.volume_mm3))
        yield say(
            "answers.largest",
            id=largest.deposit_id, volume=say.number(largest.volume_mm3), site=say.site(largest),
        )  # fmt: skip
    if burden.bulky is not None:
        yield say("answers.bulky", answer=_which_hands(findings, "bulky", say))
    unsure = sum(d.material == "indeterminate" for d in findings.deposits)
    if unsure and burden.ha_mass_mg is not None:
        yield say("answers.indeterminate", deposits=say.count("deposits", unsure))


def _which_hands(findings: Findings, rule: str, say: Wording) -> str:
    """Return 'no', or the hands for which a rule of the burden holds."""
    sides = [side for side in ("right", "left") if side in findings.burden]
    found = [side for side in sides if getattr(findings.burden[side], rule)]
    if found:
        return say.listed(say(f"words.of_hand.{side}") for side in found)
    is_known = getattr(findings.burden["all"], rule) is not None
    return say("words.no" if is_known else "words.not_assessed")


def _of_side(findings: Findings, side: str) -> list[Deposit]:
    return [deposit for deposit in findings.deposits if deposit.side == side]


def _sides(result: Result) -> list[str]:
    """Return the hands in the scan, and those of deposits, right before left."""
    known = {hand.side for hand in result.hands} | {d.side for d in result.findings.deposits}
    return [side for side in ("right", "left") if side in known]


def _hands(result: Result, say: Wording) -> str:
    return say.listed(
        say(
            "answers.hand_has",
            hand=say.hand(side) if n == 0 else say(f"words.of_hand.{side}"),
            deposits=say.count("deposits", len(_of_side(result.findings, side))),
        )
        for n, side in enumerate(_sides(result))
    )


def _where_details(result: Result, say: Wording) -> Iterable[str]:
    for side in _sides(result):
        own = by_volume(tuple(_of_side(result.findings, side)))
        if any(d.compartment for d in own):
            places = say.counted(say.term(d.compartment) for d in own)
            yield say("answers.by_compartment", hand=say.hand(side), list=places)
    digits = [
        say.digit(side, digit)
        for side in _sides(result)
        for digit in sorted({d.digit for d in _of_side(result.findings, side) if d.digit})
    ]
    if digits:
        yield say("answers.in_digits", list=say.listed(digits))
    everywhere = by_volume(result.findings.deposits)
    if any(d.pattern for d in everywhere):
        yield say("answers.patterns", list=say.counted(say.term(d.pattern) for d in everywhere))
    yield say("answers.forearm", answer=_which_hands(result.findings, "forearm_extension", say))


def _damage(result: Result, say: Wording) -> str:
    assessed = [row for row in digits_in_scan(result) if row.present is not None]
    tips = say("answers.acro_none_assessed")
    if assessed:
        present = sum(bool(row.present) for row in assessed)
        tips = say("answers.acro", present=present, digits=say.count("digits", len(assessed)))
    sites = len(result.findings.bone_destruction)
    if sites:
        return say.listed([tips, say("answers.destroyed", sites=say.count("sites", sites))])
    left_open = is_open(result, "bone_destruction")
    return say.listed([tips, say("answers.destroyed_not_assessed" if left_open else "answers.destroyed_none")])


def _damage_details(result: Result, say: Wording) -> Iterable[str]:
    digits = digits_in_scan(result)
    yield from (_loss(row, say) for row in digits if row.present)
    left_out = [say.digit(row.side, row.digit) for row in digits if row.present is None]
    if left_out:
        yield say("answers.not_assessable", list=say.listed(left_out))
    sites = sorted(result.findings.bone_destruction, key=lambda site: -site.volume_mm3)
    for site in sites[:_SITES]:
        yield say(
            "answers.site",
            bone=_capital(say.bone(site.side, site.bone)), id=site.deposit_id,
            volume=say.number(site.volume_mm3), depth=say.number(site.depth_mm),
        )  # fmt: skip
    if len(sites) > _SITES:
        yield say("answers.more_sites", sites=say.count("sites", len(sites) - _SITES))


def _loss(row: AcroOsteolysis, say: Wording) -> str:
    digit = _capital(say.digit(row.side, row.digit))
    return say("answers.lost", digit=digit, lost=say.with_sd(*percent_lost(row)), grade=acro(row, say))


def _sureness(result: Result, quality: list[dict[str, str]], say: Wording) -> str:
    burden = result.findings.burden["all"]
    parts = []
    if burden.ha_mass_mg and burden.ha_mass_sd_mg is not None:
        share = 100 * burden.ha_mass_sd_mg / burden.ha_mass_mg
        parts.append(say("answers.mass_sd", percent=say.significant(share, 2)))
    elif result.study.single_energy:
        parts.append(say("answers.no_mass"))
    limited = any(row["kind"] == LIMITS for row in quality)
    return say.listed([*parts, say("answers.scan_limits" if limited else "answers.scan_fine")])


def _sure_details(result: Result, quality: list[dict[str, str]], say: Wording) -> Iterable[str]:
    for kind, name in ((LIMITS, "answers.checks"), (LOOK, "answers.looks"), (NOT_CHECKED, "answers.unchecked")):
        if found := [row["check"] for row in quality if row["kind"] == kind]:
            yield say(name, list=say.listed(found))
    if result.warnings:
        codes = dict.fromkeys(notice.code for notice in result.warnings)
        yield say("answers.warned", list=say.listed(say.term(code) for code in codes))
    sure = [(d.confidence, d.deposit_id) for d in result.findings.deposits if d.confidence is not None]
    if sure:
        confidence, deposit_id = min(sure)
        yield say("answers.least_sure", id=deposit_id, confidence=say.confidence(confidence))
    if flags := [flag for deposit in result.findings.deposits for flag in deposit.flags]:
        yield say("answers.flagged", list=say.counted(say.term(flag) for flag in flags))
    if result.not_assessed:
        yield say("answers.left_open", list=say.listed(say.term(item.name) for item in result.not_assessed))
    yield say("answers.accuracy")
