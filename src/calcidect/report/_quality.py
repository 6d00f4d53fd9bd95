"""The report's table of scan quality: what was found, and a verdict for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from calcidect.findings import Quality
from calcidect.geometry import Grid
from calcidect.report._words import MISSING, number
from calcidect.study import SeriesQuality

FINE, LOOK, LIMITS, NOT_CHECKED = "fine", "look", "limits", "not checked"
"""A verdict: nothing to say; something in the scan wants a look; some numbers are limited; nothing is known."""

QUALITY_NOTE = (
    "Fine: within the limits of the method. Look: check it in the scan. Limits: it touches some numbers; the warnings "
    "say which, and how."
)


@dataclass(frozen=True)
class _Check:
    """A row: its name, what tells of it, and the codes of the notices that spoil it."""

    name: str
    found: Callable[[Quality, Grid], str]
    limiting: tuple[str, ...] = ()
    to_look_at: tuple[str, ...] = ()


def quality_rows(quality: Quality, grid: Grid) -> list[dict[str, str]]:
    """Return a row per check: ``check``, ``found``, ``verdict``, and ``kind`` of the verdict for its colour."""
    codes = {notice.code for notice in quality.notices}
    rows = []
    for check in _CHECKS:
        found = check.found(quality, grid)
        verdict = _verdict(check, codes, is_known=found != MISSING)
        rows.append({"check": check.name, "found": found, "verdict": verdict, "kind": verdict.replace(" ", "-")})
    return rows


def _verdict(check: _Check, codes: set[str], is_known: bool) -> str:
    if codes & set(check.limiting):
        return LIMITS
    if codes & set(check.to_look_at):
        return LOOK
    return FINE if is_known else NOT_CHECKED


def _noise(quality: Quality, _: Grid) -> str:
    if quality.noise_high_hu is None:
        return f"{number(quality.noise_low_hu)} HU"
    return f"{number(quality.noise_low_hu)} HU at the low, {number(quality.noise_high_hu)} HU at the high energy"


def _kernel(quality: Quality, _: Grid) -> str:
    series = _series(quality)
    if not series:
        return MISSING
    names = list(dict.fromkeys(one.kernel or "not stated" for one in series))
    families = list(dict.fromkeys(one.kernel_family or "not known" for one in series))
    return f"{' / '.join(names)} ({' / '.join(families)} by name)"


def _edge(quality: Quality, _: Grid) -> str:
    series = _series(quality)
    blurs = [one.blur_fwhm_mm for one in series if one.blur_fwhm_mm is not None]
    dips = [one.undershoot_fraction for one in series if one.undershoot_fraction is not None]
    if not blurs:
        return MISSING
    text = f"blur {' / '.join(f'{blur:.2f}' for blur in blurs)} mm"
    return f"{text}, undershoot {' / '.join(f'{100 * dip:.1f}' for dip in dips)} %" if dips else text


def _slices(quality: Quality, grid: Grid) -> str:
    thick = max((one.thickness_mm or 0.0 for one in _series(quality)), default=0.0)
    return f"{f'{thick:.3g} mm' if thick else 'thickness not stated'}, every {grid.spacing_mm[2]:.3g} mm"


def _pixels(_: Quality, grid: Grid) -> str:
    dx, dy, _dz = grid.spacing_mm
    return f"{dx:.3g} mm" if abs(dx - dy) < 0.001 else f"{dx:.3g} \u00d7 {dy:.3g} mm"


def _clipping(quality: Quality, _: Grid) -> str:
    low, high = quality.clipped_voxels_low, quality.clipped_voxels_high
    if high is None:
        return f"{low:,} voxels" if low else "none"
    return "none" if not low + high else f"{low:,} voxels at the low, {high:,} at the high energy"


def _metal(quality: Quality, _: Grid) -> str:
    metal = quality.metal
    if metal is None:
        return MISSING
    return f"{metal.volume_mm3:.0f} mm³, {' and '.join(metal.thirds)} third of the slices" if metal.bodies else "none"


def _contrast(quality: Quality, _: Grid) -> str:
    given = quality.contrast_medium
    return MISSING if given is None else "stated in the headers" if given else "none stated"


def _field(quality: Quality, _: Grid) -> str:
    field = quality.field_of_view
    if field is None:
        return MISSING
    hands = "1 hand" if field.hands == 1 else f"{field.hands} hands"
    cuts = [
        f"{cut.side} {'hand' if cut.part == 'side' else 'fingers'} cut off ({cut.at})"
        for cut in field.cut_at
        if cut.part != "forearm"
    ]
    return f"{hands}, {', '.join(cuts) if cuts else 'whole to the fingertips'}"


def _sides(quality: Quality, _: Grid) -> str:
    codes = {notice.code for notice in quality.notices}
    if "position_against_anatomy" in codes:
        return "shapes and patient position disagree"
    if codes & {"side_uncertain", "side_conflict"}:
        return "uncertain"
    return MISSING if quality.field_of_view is None else "told from the shape of the hand"


def _series(quality: Quality) -> list[SeriesQuality]:
    return [one for one in (quality.low, quality.high) if one is not None]


_CHECKS = (
    _Check("Noise", _noise, ("noise_high",)),
    _Check("Kernel", _kernel, ("kernel_sharp", "kernels_differ")),
    _Check("Sharpness at the skin", _edge, ("kernel_sharp", "kernels_differ")),
    _Check("Slices", _slices, ("slices_thick", "slices_apart")),
    _Check("Pixels", _pixels, ("pixels_large",)),
    _Check("Clipped", _clipping, ("pixels_clipped",)),
    _Check("Metal", _metal, ("metal",)),
    _Check("Contrast medium", _contrast, ("contrast_medium",)),
    _Check("Field of view", _field, ("fingers_cut_off", "hand_cut_off")),
    _Check("Left and right", _sides, (), ("position_against_anatomy", "side_uncertain", "side_conflict")),
)
