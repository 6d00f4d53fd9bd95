"""The host under a deposit, as the soft tissue around it tells it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from calcidect.findings._ring import Ring, ring_of
from calcidect.materials import SoftTissue
from calcidect.phantom._attenuation import Tissue
from calcidect.phantom._scenario import parse_pair
from calcidect.settings import FindingsSettings
from support.deposits import block

SIZE = (24, 40, 40)
RNG = np.random.default_rng(5)


def ring(reach_voxels2: np.ndarray) -> Ring:
    voxels = np.zeros(SIZE, bool)
    voxels[6:18, 10:30, 10:30] = True
    voxels[9:15, 15:25, 15:25] = False
    return Ring(voxels, reach_voxels2)


def test_an_even_reach_is_a_gaussian_along_each_axis() -> None:
    sigma = np.array([2.0, 3.0, 2.5])
    here, image = ring(np.diag(sigma**2)), RNG.normal(size=SIZE)
    held = np.where(here.voxels, image, 0.0)
    mean = held.sum() / here.voxels.sum()
    told = [gaussian_filter(part, sigma, mode="constant", truncate=6) for part in (held, here.voxels.astype(float))]
    assert here.under(image) == pytest.approx((told[0] + 1e-3 * mean) / (told[1] + 1e-3), abs=1e-3)


def test_what_a_window_asks_is_what_the_weights_give() -> None:
    oblique = np.eye(3) + 20 * np.outer([0.6, 0.8, 0.0], [0.6, 0.8, 0.0])
    here, image, window = ring(oblique), RNG.normal(size=SIZE), RNG.uniform(size=SIZE)
    assert (here.weights(window) * image).sum() == pytest.approx((window * here.under(image)).sum(), rel=1e-6)


def test_a_tendon_goes_on_through_a_deposit_in_it() -> None:
    one = block(parse_pair("80/140"), 4.0, ha=400.0, host=Tissue.FAT)
    size = one.around.low.shape
    across = [(np.arange(n) - n / 2 + 0.5) * s for n, s in zip(size, one.around.spacing_mm[::-1], strict=True)]
    tendon = (across[0][:, None, None] ** 2 + across[2] ** 2 < 2.0**2) & np.ones(size, bool)
    image = np.where(tendon, 110.0, -110.0)
    middle = tuple(n // 2 for n in size)
    tissue = SoftTissue((20.0, 15.0), (47.0, 44.0), 4.0)
    told = {
        known: ring_of(
            replace(one.around, low=np.where(one.around.mask, 700.0, image).astype(np.float32), course=course),
            tissue, FindingsSettings(),
        ).under(image)[middle]
        for known, course in (("course", np.array([0.0, 1.0, 0.0])), ("nothing", None))
    }  # fmt: skip
    assert told["course"] > 60
    assert told["nothing"] < 0
