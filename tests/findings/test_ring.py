"""The host under a deposit, as the soft tissue around it tells it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from calcidect.findings._flow import Flow
from calcidect.findings._ring import Ring, ring_of
from calcidect.materials import SoftTissue
from calcidect.phantom._attenuation import Tissue
from calcidect.phantom._scenario import parse_pair
from calcidect.settings import FindingsSettings
from support.deposits import block

SIZE = (24, 40, 40)
RNG = np.random.default_rng(5)


def ring(sigma_voxels: tuple[float, float, float], flow: Flow) -> Ring:
    voxels = np.zeros(SIZE, bool)
    voxels[6:18, 10:30, 10:30] = True
    voxels[9:15, 15:25, 15:25] = False
    return Ring(voxels, np.array(sigma_voxels), flow, 2.0)


def straight(axis: int) -> Flow:
    return Flow(axis, np.zeros((SIZE[axis], 2), np.int64))


@pytest.mark.parametrize("axis", [0, 1])
def test_along_a_straight_flow_it_is_a_gaussian(axis: int) -> None:
    flow = straight(axis)
    sigma = np.array([2.0, 3.0, 2.5])
    here, image = ring((sigma[flow.axes[0]], sigma[flow.axes[1]], sigma[flow.axes[2]]), flow), RNG.normal(size=SIZE)
    held = np.where(here.voxels, image, 0.0)
    mean = held.sum() / here.voxels.sum()
    told = [gaussian_filter(part, sigma, mode="constant", truncate=5) for part in (held, here.voxels.astype(float))]
    assert here.under(image) == pytest.approx((told[0] + 1e-5 * mean) / (told[1] + 1e-5), abs=1e-2)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_what_a_window_asks_is_what_the_weights_give(axis: int) -> None:
    bent = Flow(axis, RNG.integers(-4, 5, (SIZE[axis], 2)))
    here, image, window = ring((5.0, 1.0, 1.5), bent), RNG.normal(size=SIZE), RNG.uniform(size=SIZE)
    assert (here.weights(window) * image).sum() == pytest.approx((window * here.under(image)).sum(), rel=1e-9)


def test_a_tendon_goes_on_through_a_deposit_in_it_and_bends_with_it() -> None:
    one = block(parse_pair("80/140"), 4.0, ha=400.0, host=Tissue.FAT)
    size, spacing = one.around.low.shape, one.around.spacing_mm[::-1]
    z, y, x = np.meshgrid(
        *[(np.arange(n) - n / 2 + 0.5) * s for n, s in zip(size, spacing, strict=True)], indexing="ij", sparse=True
    )
    bent_mm = 0.3 * y + 0.03 * y**2
    tendon = gaussian_filter(np.where((x - bent_mm) ** 2 + z**2 < 2.0**2, 110.0, -110.0), 0.4 / np.array(spacing))
    noise = 20.0 * np.random.default_rng(4).normal(size=size)
    low = np.where(one.around.mask, 700.0, tendon + noise).astype(np.float32)
    tissue = SoftTissue((20.0, 15.0), (47.0, 44.0), 4.0)
    along_y, middle = np.array([0.0, 1.0, 0.0]), tuple(n // 2 for n in size)
    told = {
        name: ring_of(replace(one.around, low=low, course=course), tissue, FindingsSettings()).under(tendon)[middle]
        for name, course in (("along", along_y), ("across", np.array([1.0, 0.0, 0.0])))
    }
    assert told["along"] > 80
    assert told["across"] < 0


def test_in_a_fingertip_s_pulp_a_tendon_that_ends_does_not_go_on_through_a_deposit() -> None:
    one = block(parse_pair("80/140"), 4.0, ha=400.0, host=Tissue.FAT)
    size, spacing = one.around.low.shape, one.around.spacing_mm[::-1]
    z, y, x = np.meshgrid(
        *[(np.arange(n) - n / 2 + 0.5) * s for n, s in zip(size, spacing, strict=True)], indexing="ij", sparse=True
    )
    tendon = np.where((x**2 + y**2 < 2.0**2) & (z < -3.0), 110.0, -110.0)
    low = np.where(one.around.mask, 700.0, tendon).astype(np.float32)
    around, middle = replace(one.around, low=low), tuple(n // 2 for n in size)
    told = [
        ring_of(replace(around, lengthwise=lengthwise), one.tissue, FindingsSettings()).under(tendon)[middle]
        for lengthwise in (True, False)
    ]
    assert told[0] > -30
    assert told[1] < -80


def test_what_a_ring_leaves_of_itself_is_what_changes_along_the_tissue() -> None:
    here = ring((15.0, 0.7, 0.7), straight(0))
    k, j, _ = np.indices(SIZE)
    along, across = 100.0 * np.sin(k / 4), 100.0 * np.sin(j / 4)
    assert np.std(here.left(across)) < 5
    assert np.std(here.left(along)) > 50
