"""Paste is found in fat and in muscle; noise, tendon, water, air and the blur of what is dense are none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from calcidect.anatomy._mineral import mineral_image
from calcidect.anatomy._paste import find_paste
from support.maps import FAT_HU, MUSCLE_HU, SENSITIVITY

SPACING_MM = (0.6, 0.6, 1.0)
SHAPE = (30, 50, 50)
SIGMA = np.array([0.45, 0.42, 0.42]) / np.array(SPACING_MM[::-1])
K = (SENSITIVITY.ha_low, SENSITIVITY.ha_high)
NOISE_HU = (25.0, 20.0)


def ball(volume_mm3: float) -> np.ndarray:
    radius = np.cbrt(volume_mm3 * 3 / (4 * np.pi))
    away = [(n - size / 2) * s for n, size, s in zip(np.indices(SHAPE), SHAPE, SPACING_MM[::-1], strict=True)]
    return (np.sqrt(sum(a**2 for a in away)) < radius).astype(float)


def found(added_hu: list[np.ndarray], host_hu: tuple[float, float], seed: int = 0) -> np.ndarray:
    """Return the paste in a block, fat below and muscle above the middle slab of the host, with air around it."""
    body = np.zeros(SHAPE, bool)
    body[2:-2, 3:-3, 3:-3] = True
    images = []
    for n in (0, 1):
        hu = np.where(np.arange(SHAPE[1])[None, :, None] < 12, FAT_HU[n], host_hu[n]) + np.zeros(SHAPE)
        hu[:, 36:] = MUSCLE_HU[n]
        blurred = gaussian_filter(np.where(body, hu + added_hu[n], -1000.0), SIGMA)
        noise = gaussian_filter(np.random.default_rng([seed, n]).standard_normal(SHAPE), SIGMA)
        images.append((blurred + noise * (NOISE_HU[n] / noise.std())).astype(np.float32))
    image = mineral_image(images[0], images[1], body, SPACING_MM, SENSITIVITY)
    return find_paste(*images, image, np.zeros(SHAPE, bool), SPACING_MM, SENSITIVITY)


def of_ha(shape: np.ndarray, mg_per_cm3: float, host_hu: tuple[float, float]) -> list[np.ndarray]:
    return [shape * mg_per_cm3 * (K[n] - (host_hu[n] + 1000) / 3160) for n in (0, 1)]


@pytest.mark.parametrize("host", [FAT_HU, MUSCLE_HU], ids=["fat", "muscle"])
@pytest.mark.parametrize("mg_per_cm3", [80, 110])
def test_paste_is_found_where_it_is(host: tuple[float, float], mg_per_cm3: float) -> None:
    true = ball(110) > 0
    paste = found(of_ha(ball(110), mg_per_cm3, host), host)
    assert (paste & true).sum() > 0.4 * true.sum()
    assert (paste & ~true).sum() < 0.4 * true.sum()


@pytest.mark.parametrize("seed", range(4))
def test_noise_alone_is_none(seed: int) -> None:
    assert not found([np.zeros(SHAPE)] * 2, MUSCLE_HU, seed).any()


def test_what_is_off_the_line_on_the_other_side_is_none() -> None:
    tendon = 111.0, 118.0
    shape = ball(150)
    assert not found([shape * (tendon[n] - FAT_HU[n]) for n in (0, 1)], FAT_HU).any()


def test_water_is_none() -> None:
    shape = ball(300)
    assert not found([shape * (0 - MUSCLE_HU[n]) for n in (0, 1)], MUSCLE_HU).any()


def test_a_bubble_of_air_is_none() -> None:
    """Air lies off the line on the side of hydroxyapatite, too, and so does what is half air."""
    shape = ball(60)
    assert not found([shape * -400.0, shape * -400.0], MUSCLE_HU).any()


def test_a_dense_grain_is_not_smeared_into_paste() -> None:
    assert not found(of_ha(ball(8), 900, FAT_HU), FAT_HU).any()


def test_the_wall_of_an_artery_is_none() -> None:
    _, y, x = (n - size / 2 for n, size in zip(np.indices(SHAPE), SHAPE, strict=True))
    away = 0.6 * np.hypot(x, y)
    assert not found(of_ha(((away > 0.5) & (away < 1.1)).astype(float), 300, FAT_HU), FAT_HU).any()
