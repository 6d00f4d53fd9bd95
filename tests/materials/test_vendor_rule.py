"""The fixed ratio line of gout software, and where it fails."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcidect.geometry import Grid, Volume
from calcidect.materials._vendor_rule import (
    CALCIUM,
    NOTHING,
    URATE,
    vendor_material,
    vendor_painted,
    vendor_painted_in,
    vendor_planes,
    vendor_urate_fraction,
)
from calcidect.phantom._attenuation import Tissue
from calcidect.settings import VendorRuleSettings
from calcidect.study import Pair
from materials.blocks import KV140, SN150, cylinder, radius_mm
from materials.test_classify import told

RULE = VendorRuleSettings()
UNSMOOTHED = VendorRuleSettings(smoothing_range_pixels=1)


def painted(low_hu: float, high_hu: float, rule: VendorRuleSettings = UNSMOOTHED) -> int:
    grid = Grid((3, 3, 2), (0.5, 0.5, 0.5))
    low, high = (Volume(np.full(grid.shape, hu, np.float32), grid) for hu in (low_hu, high_hu))
    colours = vendor_painted(low, high, rule)
    assert len(np.unique(colours)) == 1
    return int(colours[0, 0, 0])


@pytest.mark.parametrize(
    ("low_hu", "high_hu", "expected"),
    [
        (140.0, 159.9, NOTHING),  # the mean is under 150 HU
        (140.0, 160.1, URATE),
        (50 + 137, 50 + 100, CALCIUM),  # 1.37 and 1.35 times as far from the soft-tissue point
        (50 + 135, 50 + 100, URATE),
        (501.0, 480.0, CALCIUM),  # beyond the maximum whatever the ratio
        (499.0, 480.0, URATE),
        (-1000.0, -1000.0, NOTHING),
    ],
)
def test_the_line_the_minimum_and_the_maximum(low_hu: float, high_hu: float, expected: int) -> None:
    assert painted(low_hu, high_hu) == expected


@given(low=st.floats(-1000, 3000), high=st.floats(-1000, 3000))
def test_a_steeper_line_never_takes_urate_away(low: float, high: float) -> None:
    if high > 50 and painted(low, high) == URATE:
        assert painted(low, high, UNSMOOTHED.model_copy(update={"ratio": 1.6})) == URATE


def share_in_rod(pair: Pair, tissue: Tissue, ha: float = 0.0, msu: float = 0.0) -> float | None:
    """Share of urate in a rod of 5 mm, away from its edge."""
    rod = np.where(radius_mm() < 2.5, 1.0, 0.0)
    study = cylinder(pair, ha=ha * rod, msu=msu * rod, tissue=tissue, correlation_voxels=0.8)
    return vendor_urate_fraction(vendor_painted(study.low, study.high, RULE)[radius_mm() < 1.5])


def test_dilute_calcium_in_tendon_is_painted_urate_and_told_as_hydroxyapatite_by_its_region() -> None:
    share = share_in_rod(KV140, Tissue.TENDON, ha=100.0)
    assert share > 0.6
    assert vendor_material(share) == "urate"
    assert told(KV140, Tissue.TENDON, ha=100.0)[0].material == "hydroxyapatite"


@pytest.mark.parametrize("pair", [SN150, KV140], ids=lambda pair: pair.name)
def test_dense_calcium_and_urate_are_painted_right(pair: Pair) -> None:
    assert share_in_rod(pair, Tissue.MUSCLE, ha=400.0) == 0.0
    assert share_in_rod(pair, Tissue.MUSCLE, msu=800.0) == 1.0


def test_a_box_is_painted_as_the_whole_image_is() -> None:
    rng = np.random.default_rng(1)
    grid = Grid((30, 28, 4), (0.5, 0.5, 0.5))
    low, high = (Volume(rng.normal(180, 60, grid.shape).astype(np.float32), grid) for _ in range(2))
    whole = vendor_painted(low, high, RULE)
    assert len(np.unique(whole)) == 3
    for start, size in (((5, 6, 1), (12, 9, 2)), ((0, 0, 0), (7, 28, 4)), ((20, 20, 3), (10, 8, 1))):
        (i, j, k), (ni, nj, nk) = start, size
        part = vendor_painted_in(low, high, start, size, RULE)
        assert np.array_equal(part, whole[k : k + nk, j : j + nj, i : i + ni])
    assert np.array_equal(np.stack(list(vendor_planes(low, high, RULE))), whole)


def test_what_most_voxels_are_names_the_material() -> None:
    assert vendor_urate_fraction(np.array([0, 0, 1, 2, 2, 2], np.uint8)) == 0.75
    assert vendor_urate_fraction(np.zeros(4, np.uint8)) is None
    told_by = [vendor_material(fraction) for fraction in (None, 0.5, 0.51, 0.49)]
    assert told_by == ["indeterminate", "indeterminate", "urate", "hydroxyapatite"]
