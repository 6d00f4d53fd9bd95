"""Refusals made of refusals: several told at once, or one that says more.

Their words follow the same rules as those of `_refusals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from calcidect.errors import StudyRefusedError


def with_more(refusal: StudyRefusedError, found: str, remedy: str = "") -> StudyRefusedError:
    """Return a refusal that says a sentence more of what was found, of what to do, or of both; empty says none."""
    return StudyRefusedError(
        refusal.code,
        found=f"{refusal.found} {found}".strip(),
        expected=refusal.expected,
        remedy=f"{refusal.remedy} {remedy}".strip(),
    )


def seemingly_half(refusal: StudyRefusedError, says_dual: str) -> StudyRefusedError:
    """Add to a refusal of one energy why it was not read as a single-energy scan, and how it can be."""
    return with_more(
        refusal,
        f"It seems to be part of a dual-energy scan: {says_dual}." if says_dual else "",
        "To analyse it without materials and masses, set study.single_energy to accept.",
    )


def with_raw_objects(refusal: StudyRefusedError, raw: Mapping[str, int], remedies: str) -> StudyRefusedError:
    """Add to a refusal that the second energy lies in objects that only the vendor reads.

    Parameters
    ----------
    refusal : StudyRefusedError
        Why there is no pair.
    raw : mapping of str to int
        Names and numbers of the objects.
    remedies : str
        What to export instead.
    """
    listed = " and ".join(f"{number} {name}" for name, number in raw.items())
    return StudyRefusedError(
        refusal.code,
        found=f"{refusal.found} Beside them are {listed}, which only the vendor's workstation can read."
        if refusal.code != "no_ct_images"
        else f"There are no CT images, but {listed}, which only the vendor's workstation can read.",
        expected=refusal.expected,
        remedy=remedies,
    )


def in_series(problem: StudyRefusedError, energies: Sequence[str], whole: Sequence[str]) -> StudyRefusedError:
    """Tell which series have a problem, and which are whole."""
    others = f" The series of {' and '.join(whole)} {'is' if len(whole) == 1 else 'are'} whole." if whole else ""
    return StudyRefusedError(
        problem.code,
        found=f"In the series of {' and '.join(energies)}: {problem.found}{others}",
        expected=problem.expected,
        remedy=problem.remedy,
    )


def together(problems: Sequence[StudyRefusedError]) -> StudyRefusedError:
    """Tell several problems at once, under the code of the first."""
    if len(problems) == 1:
        return problems[0]
    expected, remedies = (
        list(dict.fromkeys(texts)) for texts in zip(*((p.expected, p.remedy) for p in problems), strict=True)
    )
    return StudyRefusedError(
        problems[0].code,
        found=" ".join(problem.found for problem in problems),
        expected=" ".join(expected),
        remedy=" ".join(remedies),
    )
