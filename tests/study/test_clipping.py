"""A plateau at the top of the range is found at any value, and none where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from calcidect.geometry import connected_voxels
from calcidect.study._clipping import find_clipping


def bones(seed: int = 1, top: float = 4500.0) -> np.ndarray:
    """Return noisy tissue with two stones whose HU rise to ``top``."""
    k, j, i = np.indices((12, 40, 40))
    hu = np.full(k.shape, 50.0)
    for centre, peak in ((12, top), (28, 0.95 * top)):
        hu += peak * np.exp(-((k - 6) ** 2 + (j - 20) ** 2 + (i - centre) ** 2) / 12.0)
    return hu + np.random.default_rng(seed).normal(0, 20, hu.shape)


@pytest.mark.parametrize("top", [3071.0, 3095.0, 2976.0, 3071.5, 1023.0, 2047.0])
def test_a_plateau_is_found_at_any_value(top: float) -> None:
    hu = np.minimum(bones(), top)
    found = find_clipping(hu, 31743.0)
    plateau, count = label(hu == top)
    sizes = np.bincount(plateau.ravel())[1:]
    assert count == 2
    assert (found.maximum_hu, found.voxels, found.largest_plateau_voxels) == (top, sizes.sum(), sizes.max())


def test_a_plateau_survives_a_rescale() -> None:
    stored = np.rint(np.minimum(bones(), 3071) * 2).astype(np.int16)
    found = find_clipping(stored.astype(np.float32) * 0.5 - 0.25, 16383.0)
    assert found.maximum_hu == 3070.75
    assert found.voxels > 8


@pytest.mark.parametrize("seed", range(5))
def test_dense_bone_that_is_not_cut_off_has_no_plateau(seed: int) -> None:
    found = find_clipping(np.rint(bones(seed)).astype(np.int16), 31743.0)
    assert (found.maximum_hu, found.voxels) == (31743.0, 0)


def test_one_voxel_at_the_end_of_storage_is_cut_off() -> None:
    hu = np.rint(bones(top=1500)).astype(np.int16)
    hu[6, 20, 12] = 3071
    assert find_clipping(hu, 3071.0).voxels == 1
    assert find_clipping(hu, 31743.0).voxels == 1, "the usual scale of 12 bits, though 16 are stored"


def test_bone_of_one_value_in_an_image_without_noise_is_no_plateau() -> None:
    hu = np.full((9, 30, 30), 50, np.int16)
    hu[:, 10:20, 10:20] = 1500
    assert find_clipping(hu, 3071.0).voxels == 0


def test_homogeneous_soft_tissue_is_no_plateau() -> None:
    assert find_clipping(np.full((9, 20, 20), 60, np.int16), 3071.0).voxels == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.6))
def test_connected_voxels_are_those_that_a_full_labelling_finds(seed: int, share: float) -> None:
    mask = np.random.default_rng(seed).random((5, 6, 7)) < share
    mask[2, 3, 4] = True
    expected = label(mask)[0][mask]
    found = connected_voxels(np.flatnonzero(mask), mask.shape)
    assert len({*zip(expected.tolist(), found.tolist(), strict=True)}) == expected.max() == found.max() + 1
