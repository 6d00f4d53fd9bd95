"""The loss of bones whose sections are known."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.findings._tip_loss import _SECTIONS, _SHARES, STEP_MM, tip_loss

HEIGHTS = np.arange(-10.0, 40.0, STEP_MM)


def sections(length_mm: float, tuft: float = 1.0, lost: float = 0.0, kind: str = "finger") -> np.ndarray:
    """Return sections of a bone with its base at 2 mm: a wider or narrower tuft, and a sharp end."""
    share = (HEIGHTS - 2.0) / length_mm
    areas = 12 * np.interp(share, _SHARES, _SECTIONS[kind], left=0, right=0)
    areas = areas * np.where(share > 0.72, tuft, 1.0)
    along = np.cumsum(areas) / areas.sum()
    return np.where(along <= 1 - lost, areas, 0.0)


@pytest.mark.parametrize("kind", ["finger", "thumb"])
@pytest.mark.parametrize("lost", [0.15, 0.3, 0.5, 0.7])
def test_what_is_lost_is_told_within_its_deviation(lost: float, kind: str) -> None:
    found = tip_loss(HEIGHTS, sections(17, lost=lost, kind=kind), 17.0, 0.1, is_thumb=kind == "thumb")
    assert found.fraction_lost == pytest.approx(lost, abs=0.06)
    assert 0.005 < found.fraction_lost_sd < 0.12


@pytest.mark.parametrize("length", [14.5, 17.0, 19.5])
@pytest.mark.parametrize("tuft", [0.75, 1.0, 1.4])
def test_a_whole_bone_of_any_length_and_tuft_has_lost_nothing(length: float, tuft: float) -> None:
    found = tip_loss(HEIGHTS, sections(length, tuft), 17.0, 0.1, is_thumb=False)
    assert found.fraction_lost < 0.05
    assert found.log_length == pytest.approx(np.log(length / 17.0), abs=0.08)


def test_a_sure_length_tells_a_stump_better() -> None:
    stump = sections(17, lost=0.6)
    vague, sure = (tip_loss(HEIGHTS, stump, 17.0, sd, is_thumb=False) for sd in (0.15, 0.02))
    assert sure.fraction_lost_sd < vague.fraction_lost_sd
    assert vague.log_length_sd > 0.05
