"""Acro-osteolysis: what each distal phalanx has lost from its tip, against what it was expected to be.

The expected length comes from bones that keep theirs: the metacarpal and the other phalanges of the digit; and from the
distal phalanges of the other digits and the other hand, as far as what remains of them tells how long they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import Hand, HandAnatomy, Side
from calcidect.findings._distal_phalanx import DistalPhalanx, distal_phalanx
from calcidect.findings._tip_loss import TipLoss, tip_loss
from calcidect.findings._types import AcroOsteolysis
from calcidect.geometry import Volume
from calcidect.settings import FindingsSettings

_LENGTHS_MM = {
    "metacarpal": (45.7, 66.7, 63.8, 58.8, 53.6),
    "proximal_phalanx": (30.6, 39.9, 43.0, 39.4, 33.0),
    "middle_phalanx": (0.0, 22.5, 26.8, 24.4, 19.0),
    "distal_phalanx": (19.7, 15.3, 16.6, 16.6, 14.7),
}
"""Digits 1 to 5: geometric means of radiographs (Buryanov and Kotiuk, Int J Morphol 2010;28:755) and of myo-sim's
bones, whose distal phalanges are a sixth shorter."""
_DIGIT_SD, _OTHERS_SD, _SIDE_SD = 0.10, 0.05, 0.02
"""Of the logarithm of a distal phalanx' length, given the other bones of its digit (half of what those two sources
differ by, 0.08, and what persons do, 0.05), given other digits' distal phalanges, and given the other hand's. Our
choice; the segments of hands vary by 5 to 8 % (Greiner 1991), mostly together."""
_SURE, _SEEN = 0.6, 0.9
"""Our choice: a bone whose fit is less sure, or of which less is in the scan, tells no length."""
_NOT_THERE = "The scan does not show this hand."
_NO_HAND = "No hand of 29 bones was found."
_CUT_OFF = "The scan cuts it off."
_NO_BONE = "Its distal phalanx was not found where it is expected: missing, wholly resorbed or misread."
_NO_LENGTH = "No other bone of the digit tells how long its distal phalanx was."


@dataclass(frozen=True, eq=False)
class _Digit:
    """A digit that can be assessed: what remains, the length its other bones tell, and what was told of it so far."""

    side: Side
    digit: int
    remains: DistalPhalanx
    expected_mm: float
    told: TipLoss


def acro_osteolysis(
    low: Volume, anatomy: HandAnatomy, deposit_labels: NDArray[np.integer], settings: FindingsSettings
) -> tuple[AcroOsteolysis, ...]:
    """Return the loss of every digit, or why it can't be assessed.

    Parameters
    ----------
    low : Volume
        HU of the low energy.
    anatomy : HandAnatomy
    deposit_labels : int array, shape (k, j, i)
    settings : FindingsSettings
        ``acro_osteolysis_*`` are used.
    """
    has_deposits = bool(deposit_labels.any())
    looked_at = [
        _looked_at(low, anatomy, hand, digit, deposit_labels, has_deposits)
        for hand in anatomy.hands
        for digit in range(1, 6)
    ]
    digits = [found for found in looked_at if isinstance(found, _Digit)]
    absent = [side for side in get_args(Side) if side not in {hand.side for hand in anatomy.hands}]
    return (
        *(_assessed(found, digits, settings) if isinstance(found, _Digit) else found for found in looked_at),
        *(_not_assessed(side, digit, _NOT_THERE) for side in absent for digit in range(1, 6)),
    )


def _looked_at(
    low: Volume, anatomy: HandAnatomy, hand: Hand, digit: int, deposit_labels: NDArray[np.integer], has_deposits: bool
) -> _Digit | AcroOsteolysis:
    """Return a digit with what it tells by itself, or why it can't be assessed."""
    remains = expected = None
    frame = hand.bones.get(f"distal_phalanx_{digit}")
    if frame is not None and frame.seen >= _SEEN:
        remains = distal_phalanx(low, anatomy, hand, digit, deposit_labels, has_deposits)
        expected = _expected_mm(hand, digit)
    if remains is not None and expected is not None:
        told = tip_loss(remains.heights_mm, remains.areas_mm2, expected, _DIGIT_SD, is_thumb=digit == 1)
        return _Digit(hand.side, digit, remains, expected, told)
    reason = (
        _NO_HAND if frame is None else _CUT_OFF if frame.seen < _SEEN else _NO_BONE if remains is None else _NO_LENGTH
    )
    return _not_assessed(hand.side, digit, reason)


def _not_assessed(side: Side, digit: int, reason: str) -> AcroOsteolysis:
    return AcroOsteolysis(side, digit, None, None, None, None, reason)


def _expected_mm(hand: Hand, digit: int) -> float | None:
    """Return the length of a distal phalanx that goes with the other bones of its digit."""
    ratios = []
    for kind in ("metacarpal", "proximal_phalanx", "middle_phalanx"):
        bone = hand.bones.get(f"{kind}_{digit}")
        if bone is not None and bone.fitted >= _SURE and bone.seen >= _SEEN:
            ratios.append(np.log(np.ptp(bone.surface_mm @ bone.along) / _LENGTHS_MM[kind][digit - 1]))
    return float(_LENGTHS_MM["distal_phalanx"][digit - 1] * np.exp(np.mean(ratios))) if ratios else None


def _assessed(own: _Digit, digits: list[_Digit], settings: FindingsSettings) -> AcroOsteolysis:
    """Return a digit's loss, its expected length corrected by what the other distal phalanges tell."""
    correction, sd = _told_by_others(own, digits)
    found = tip_loss(
        own.remains.heights_mm, own.remains.areas_mm2, own.expected_mm * np.exp(correction), sd,
        is_thumb=own.digit == 1,
    )  # fmt: skip
    lost = found.fraction_lost
    return AcroOsteolysis(
        own.side, own.digit, lost >= settings.acro_osteolysis_present, lost, found.fraction_lost_sd,
        sum(lost >= cut for cut in (settings.acro_osteolysis_present, *settings.acro_osteolysis_grades)),
        residual_length_mm=own.remains.length_mm,
        expected_length_mm=float(own.expected_mm * np.exp(correction + found.log_length)),
        tuft_width_mm=own.remains.tuft_width_mm,
        soft_tissue_cap_mm=own.remains.soft_tissue_cap_mm,
    )  # fmt: skip


def _told_by_others(own: _Digit, digits: list[_Digit]) -> tuple[float, float]:
    """Return the logarithm, and its standard deviation, of a distal phalanx' length over that of its digit's bones.

    The digit's own bones say 0; each other distal phalanx says what it was found to be, less sure the less its own
    remains told beyond what was expected of it.
    """
    said, weight = [0.0], [_DIGIT_SD**-2]
    for other in digits:
        gained = other.told.log_length_sd**-2 - _DIGIT_SD**-2
        if other is own or gained <= 0:
            continue
        apart = _SIDE_SD if other.digit == own.digit else _OTHERS_SD
        said.append(other.told.log_length * other.told.log_length_sd**-2 / gained)
        weight.append(1 / (apart**2 + 1 / gained))
    has_other_side = any(other is not own and other.digit == own.digit for other in digits)
    sd = max(np.sum(weight) ** -0.5, _SIDE_SD if has_other_side else _OTHERS_SD)  # digits of a hand err together
    return float(np.average(said, weights=weight)), float(sd)
