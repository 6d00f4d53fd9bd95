"""What hangs together with mineral."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.findings._attached import with_attached
from calcidect.materials import HostLine, sensitivity
from calcidect.phantom._attenuation import Tissue, load_attenuation
from calcidect.phantom._scenario import parse_pair

PAIR = parse_pair("80/140")
FAT, MUSCLE = (
    tuple(float(load_attenuation(energy).hu(tissue, 3.0)) for energy in (PAIR.low, PAIR.high))
    for tissue in (Tissue.FAT, Tissue.MUSCLE)
)
BETA = (MUSCLE[1] - FAT[1]) / (MUSCLE[0] - FAT[0])
LINE = HostLine(MUSCLE[1] - BETA * MUSCLE[0], BETA)
FAR_MM = np.full((3, 3, 9), 30.0, np.float32)


def grown(tissue: Tissue, ha: float = 0.0, *, bone_mm: np.ndarray = FAR_MM, free: bool = True) -> np.ndarray:
    """Sure mineral at one end of a row, and a material in the rest of it."""
    mineral = np.zeros((3, 3, 9), bool)
    mineral[1, 1, 0] = True
    hu = [float(load_attenuation(energy).hu(tissue, 3.0, ha)) for energy in (PAIR.low, PAIR.high)]
    smooth = np.full((3, 3, 9), hu[0], np.float32), np.full((3, 3, 9), hu[1], np.float32)
    return with_attached(mineral, smooth, LINE, sensitivity(PAIR, 3.0), np.full(mineral.shape, free), bone_mm)


@pytest.mark.parametrize("host", [Tissue.MUSCLE, Tissue.SKIN])
def test_dilute_calcium_beside_mineral_is_part_of_it(host: Tissue) -> None:
    assert grown(host, 160.0).all()


@pytest.mark.parametrize("tissue", [Tissue.NAIL, Tissue.TENDON, Tissue.SKIN, Tissue.CARTILAGE, Tissue.MUSCLE])
def test_no_tissue_is(tissue: Tissue) -> None:
    assert grown(tissue).sum() == 1


def test_what_stands_alone_and_what_blurs_from_bone_is_not() -> None:
    gap = FAR_MM.copy()
    gap[:, :, 4] = 0.5
    assert grown(Tissue.MUSCLE, 160.0, bone_mm=gap)[:, :, :4].all()
    assert not grown(Tissue.MUSCLE, 160.0, bone_mm=gap)[:, :, 4:].any()
    assert grown(Tissue.MUSCLE, 160.0, free=False).sum() == 1
