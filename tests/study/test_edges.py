"""The skin's edge tells how a kernel blurs, and whether it enhances edges, whatever the noise and the pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcidect.geometry import Grid, Volume
from calcidect.study._edges import measure_edge
from support.fingers import fingers, gaussian, unsharp

LIMIT = 0.015


@pytest.mark.parametrize(("pixel_mm", "noise_hu"), [(0.3, 60.0), (0.5, 20.0), (0.75, 5.0), (0.75, 60.0)])
def test_a_gaussian_kernel_neither_undershoots_nor_looks_wider_than_it_is(pixel_mm: float, noise_hu: float) -> None:
    edge = measure_edge(fingers(gaussian(1.0), pixel_mm=pixel_mm, noise_hu=noise_hu), LIMIT)
    assert edge is not None
    assert edge.dip_fraction is not None
    assert edge.dip_fraction < 0.5 * LIMIT
    blur_mm = np.hypot(1.0, 0.68 * pixel_mm)  # the pixel's own width: a box of standard deviation 0.289
    assert edge.blur_fwhm_mm == pytest.approx(blur_mm, rel=0.12)


@pytest.mark.parametrize(("pixel_mm", "noise_hu"), [(0.3, 80.0), (0.5, 30.0), (0.75, 10.0), (0.75, 80.0)])
@pytest.mark.parametrize("amount", [0.3, 0.8])
def test_an_edge_enhancing_kernel_undershoots(pixel_mm: float, noise_hu: float, amount: float) -> None:
    edge = measure_edge(fingers(unsharp(0.9, amount), pixel_mm=pixel_mm, noise_hu=noise_hu), LIMIT)
    assert edge is not None
    assert edge.dip_fraction is not None
    assert edge.dip_fraction > LIMIT


def test_correlated_noise_is_no_undershoot() -> None:
    edge = measure_edge(fingers(gaussian(0.9), noise_hu=35.0, correlated_pixels=1.2), LIMIT)
    assert edge is not None
    assert edge.dip_fraction is not None
    assert edge.dip_fraction < 0.5 * LIMIT


def test_two_kernels_next_in_sharpness_are_told_apart_and_one_is_not_from_itself() -> None:
    soft, again, sharper = (
        measure_edge(fingers(gaussian(fwhm), seed=seed), LIMIT) for fwhm, seed in ((1.0, 1), (1.0, 2), (0.8, 3))
    )
    assert soft is not None
    assert again is not None
    assert sharper is not None
    assert soft.blur_fwhm_mm == pytest.approx(again.blur_fwhm_mm, rel=0.03)
    assert soft.blur_fwhm_mm > 1.12 * sharper.blur_fwhm_mm


def test_where_air_lies_at_the_end_of_the_range_the_rim_of_the_skin_tells() -> None:
    soft = measure_edge(fingers(gaussian(0.9), air_hu=-1024.0), LIMIT)
    sharp = measure_edge(fingers(unsharp(0.7, 1.0), air_hu=-1024.0), LIMIT)
    assert soft is not None
    assert sharp is not None
    assert soft.dip_fraction is None
    assert sharp.dip_fraction is None
    assert soft.rim_hu < 110 < 140 < sharp.rim_hu


def test_a_table_under_the_fingers_changes_nothing() -> None:
    bare = fingers(gaussian(0.9))
    array = bare.array.copy()
    array[:, 90:93] = np.maximum(array[:, 90:93], -300)
    with_table, without = measure_edge(Volume(array, bare.grid), LIMIT), measure_edge(bare, LIMIT)
    assert with_table is not None
    assert without is not None
    assert with_table.dip_fraction == pytest.approx(without.dip_fraction, abs=0.003)
    assert with_table.blur_fwhm_mm == pytest.approx(without.blur_fwhm_mm, rel=0.05)


def test_skin_that_leans_through_the_slices_is_left_out() -> None:
    """A cone is blurred by thick slices; upright fingers beside it tell the kernel's blur alone."""
    volume = fingers(gaussian(0.9), noise_hu=10.0)
    _, rows, columns = volume.array.shape
    y, x = np.mgrid[:rows, :columns] * 0.5
    array = volume.array.copy()
    for k in range(len(array)):
        cone = np.hypot(x - 35, y - 60) - (2 + 0.8 * k * 0.5)
        array[k] = np.where(cone < 4, np.maximum(array[k], -1000 + 1050 / (1 + np.exp(cone / 1.0))), array[k])
    edge, bare = measure_edge(Volume(array, volume.grid), LIMIT), measure_edge(volume, LIMIT)
    assert edge is not None
    assert bare is not None
    assert edge.blur_fwhm_mm == pytest.approx(bare.blur_fwhm_mm, rel=0.06)


@pytest.mark.parametrize("hu", [-1000, 0])
def test_nothing_is_told_without_skin_in_air(hu: int) -> None:
    grid = Grid((40, 40, 10), (0.5, 0.5, 0.5))
    assert measure_edge(Volume(np.full(grid.shape, hu, np.int16), grid), LIMIT) is None
    assert measure_edge(Volume(np.full((2, 40, 40), hu, np.int16), replace_size(grid, 2)), LIMIT) is None


def replace_size(grid: Grid, slices: int) -> Grid:
    return replace(grid, size=(*grid.size[:2], slices))
