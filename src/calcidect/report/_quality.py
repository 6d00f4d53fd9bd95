"""The report's table of scan quality: what was found, and a verdict for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from calcidect.anatomy import CutOff
from calcidect.findings import Quality
from calcidect.geometry import Grid
from calcidect.report._wording import Wording
from calcidect.study import SeriesQuality

_SLASH = " / "  # between the two energies
_SAME_MM = 0.001

FINE, LOOK, LIMITS, NOT_CHECKED = "fine", "look", "limits", "not_checked"
"""A verdict: nothing to say; something in the scan wants a look; some numbers are limited; nothing is known."""


@dataclass(frozen=True)
class _Check:
    """A row: its name, what tells of it (None: nothing does), and the codes of the notices that spoil it."""

    name: str
    found: Callable[[Quality, Grid, Wording], str | None]
    limiting: tuple[str, ...] = ()
    to_look_at: tuple[str, ...] = ()


def quality_rows(quality: Quality, grid: Grid, say: Wording) -> list[dict[str, str]]:
    """Return a row per check: ``check``, ``found``, ``verdict``, and ``kind`` of the verdict for its sign."""
    codes = {notice.code for notice in quality.notices}
    rows = []
    for check in _CHECKS:
        found = check.found(quality, grid, say)
        kind = _verdict(check, codes, is_known=found is not None)
        rows.append(
            {
                "check": say(f"quality.{check.name}"),
                "found": say.missing if found is None else found,
                "verdict": say(f"quality.{kind}"),
                "kind": kind,
            }
        )
    return rows


def _verdict(check: _Check, codes: set[str], is_known: bool) -> str:
    if codes & set(check.limiting):
        return LIMITS
    if codes & set(check.to_look_at):
        return LOOK
    return FINE if is_known else NOT_CHECKED


def _noise(quality: Quality, _: Grid, say: Wording) -> str:
    low = say.number(quality.noise_low_hu)
    if quality.noise_high_hu is None:
        return say("quality.noise_one", low=low)
    return say("quality.noise_both", low=low, high=say.number(quality.noise_high_hu))


def _kernel(quality: Quality, _: Grid, say: Wording) -> str | None:
    series = _series(quality)
    if not series:
        return None
    names = dict.fromkeys(one.kernel or say("quality.not_stated") for one in series)
    families = dict.fromkeys(
        say.term(one.kernel_family) if one.kernel_family else say("quality.not_known") for one in series
    )
    return say("quality.kernel_found", names=_SLASH.join(names), families=_SLASH.join(families))


def _sharpness(quality: Quality, _: Grid, say: Wording) -> str | None:
    series = _series(quality)
    blurs = [say.number(one.blur_fwhm_mm, 2) for one in series if one.blur_fwhm_mm is not None]
    dips = [say.number(100 * one.undershoot_fraction) for one in series if one.undershoot_fraction is not None]
    if not blurs:
        return None
    if not dips:
        return say("quality.blur", blur=_SLASH.join(blurs))
    return say("quality.blur_and_undershoot", blur=_SLASH.join(blurs), undershoot=_SLASH.join(dips))


def _slices(quality: Quality, grid: Grid, say: Wording) -> str:
    thick = max((one.thickness_mm or 0.0 for one in _series(quality)), default=0.0)
    distance = say.significant(grid.spacing_mm[2])
    if not thick:
        return say("quality.slices_thickness_unknown", distance=distance)
    return say("quality.slices_found", thickness=say.significant(thick), distance=distance)


def _pixels(_: Quality, grid: Grid, say: Wording) -> str:
    dx, dy, _dz = grid.spacing_mm
    name = "quality.pixels_square" if abs(dx - dy) < _SAME_MM else "quality.pixels_oblong"
    return say(name, dx=say.significant(dx), dy=say.significant(dy))


def _clipping(quality: Quality, _: Grid, say: Wording) -> str:
    low, high = quality.clipped_voxels_low, quality.clipped_voxels_high
    if not low + (high or 0):
        return say("quality.none")
    if high is None:
        return say.count("voxels", low)
    return say("quality.clipped_both", low=say.count("voxels", low), high=say.number(high, 0))


def _metal(quality: Quality, _: Grid, say: Wording) -> str | None:
    metal = quality.metal
    if metal is None:
        return None
    if not metal.bodies:
        return say("quality.none")
    thirds = say("quality.and").join(say.term(third) for third in metal.thirds)
    return say("quality.metal_found", volume=say.number(metal.volume_mm3, 0), thirds=thirds)


def _contrast(quality: Quality, _: Grid, say: Wording) -> str | None:
    given = quality.contrast_medium
    return None if given is None else say("quality.contrast_stated" if given else "quality.contrast_not_stated")


def _field(quality: Quality, _: Grid, say: Wording) -> str | None:
    field = quality.field_of_view
    if field is None:
        return None
    hands = say.count("hands", field.hands)
    cuts = [_cut(cut, say) for cut in field.cut_at if cut.part != "forearm"]
    if not cuts:
        return say("quality.field_whole", hands=hands)
    return say("quality.field_cut", hands=hands, cuts=say.listed(cuts))


def _cut(cut: CutOff, say: Wording) -> str:
    at = say.term(cut.at)
    if cut.part == "side":
        return say("quality.cut_hand", hand=say(f"words.of_hand.{cut.side}"), at=at)
    return say("quality.cut_fingers", side=say.term(cut.side), at=at)


def _handedness(quality: Quality, _: Grid, say: Wording) -> str | None:
    codes = {notice.code for notice in quality.notices}
    if "position_against_anatomy" in codes:
        return say("quality.sides_disagree")
    if codes & {"side_uncertain", "side_conflict"}:
        return say("quality.sides_uncertain")
    return None if quality.field_of_view is None else say("quality.sides_told")


def _series(quality: Quality) -> list[SeriesQuality]:
    return [one for one in (quality.low, quality.high) if one is not None]


_CHECKS = (
    _Check("noise", _noise, ("noise_high",)),
    _Check("kernel", _kernel, ("kernel_sharp", "kernels_differ")),
    _Check("sharpness", _sharpness, ("kernel_sharp", "kernels_differ")),
    _Check("slices", _slices, ("slices_thick", "slices_apart")),
    _Check("pixels", _pixels, ("pixels_large",)),
    _Check("clipped", _clipping, ("pixels_clipped",)),
    _Check("metal", _metal, ("metal",)),
    _Check("contrast", _contrast, ("contrast_medium",)),
    _Check("field", _field, ("fingers_cut_off", "hand_cut_off")),
    _Check("sides", _handedness, (), ("position_against_anatomy", "side_uncertain", "side_conflict")),
)
