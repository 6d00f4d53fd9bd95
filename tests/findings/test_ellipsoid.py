"""Small deposits as ellipsoids: their blurred image, their fit, and when the contour stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from calcidect.findings._ellipsoid import Ellipsoid, as_ellipsoid
from calcidect.findings._gather import distance_mm
from calcidect.findings._shape import Shape, find_shape
from calcidect.findings._surroundings import Blur, Surroundings
from calcidect.geometry import FloatArray
from calcidect.materials import NoiseCovariance

SPACING_MM = (0.4, 0.4, 0.5)
SIZE = (28, 34, 34)
BLUR = Blur(0.9, 0.6)
FINE = 5
CENTRE_MM = np.array([6.7, 6.5, 6.8])
DENSITY, NOISE = 500.0, 20.0
WHITE = NoiseCovariance.independent((NOISE, NOISE))


def turned(half_axes_mm: tuple[float, float, float]) -> FloatArray:
    """Return half axes in directions of no axis of the grid."""
    turn, _ = np.linalg.qr(np.array([[1.0, 0.4, 0.2], [-0.3, 1.0, 0.5], [0.1, -0.6, 1.0]]))
    return turn * half_axes_mm @ turn.T


def blurred(bodies: list[Ellipsoid]) -> FloatArray:
    """Return bodies on a fine grid, blurred and sampled in the middles of voxels."""
    fine = np.array(SPACING_MM[::-1]) / FINE
    inside = np.zeros([n * FINE for n in SIZE], bool)
    places = [(np.arange(n * FINE) - FINE // 2) * s for n, s in zip(SIZE, fine, strict=True)]
    for body in bodies:
        inside |= body.holds(places)
    image = gaussian_filter(inside.astype(np.float32), BLUR.sigma_mm() / fine)
    return np.asarray(image[FINE // 2 :: FINE, FINE // 2 :: FINE, FINE // 2 :: FINE], float)


def seen(share: FloatArray, seed: int = 1) -> tuple[Shape, FloatArray, Surroundings]:
    """Return bodies' contour, their image with noise, and where they lie."""
    image = DENSITY * share + np.random.default_rng(seed).normal(0, NOISE, SIZE)
    mask = share > 0.25
    far = np.full(SIZE, 30.0, np.float32)
    away = distance_mm(mask, SPACING_MM)
    around = Surroundings(image.astype(np.float32), None, mask, away, far, far, far, SPACING_MM, BLUR)
    clear = np.ones(SIZE, bool)
    return find_shape(image.astype(np.float32), around, clear, np.ones_like(clear)), image, around


@pytest.mark.parametrize("half_axes_mm", [(0.5, 0.5, 0.5), (1.0, 1.0, 1.0), (0.8, 1.2, 1.8), (2.5, 2.5, 2.5)])
def test_its_image_is_that_of_a_fine_grid(half_axes_mm: tuple[float, float, float]) -> None:
    body = Ellipsoid(CENTRE_MM, turned(half_axes_mm))
    places = [np.arange(n) * s for n, s in zip(SIZE, SPACING_MM[::-1], strict=True)]
    image = body.share(places, BLUR.sigma_mm())
    assert image == pytest.approx(blurred([body]), abs=0.02)
    assert image.sum() * np.prod(SPACING_MM) == pytest.approx(body.volume_mm3, rel=1e-3)


@pytest.mark.parametrize("half_axes_mm", [(1.0, 1.0, 1.0), (0.8, 1.0, 1.5)])
def test_a_small_body_is_found_as_it_is(half_axes_mm: tuple[float, float, float]) -> None:
    body = Ellipsoid(CENTRE_MM, turned(half_axes_mm))
    share = blurred([body])
    contour, image, around = seen(share)
    found = as_ellipsoid(contour, image, around, np.ones(SIZE, bool), NOISE, WHITE)
    assert found.is_ellipsoid
    assert found.volume_mm3 == pytest.approx(body.volume_mm3, rel=0.1)
    assert found.filled == pytest.approx(share, abs=0.06)
    assert found.voxels.sum() * np.prod(SPACING_MM) == pytest.approx(body.volume_mm3, rel=0.2)


def test_what_is_no_ellipsoid_keeps_its_contour() -> None:
    apart = np.array([0.0, 1.3, 1.3])
    two = [Ellipsoid(CENTRE_MM + sign * apart, 0.9 * np.eye(3)) for sign in (-1, 1)]
    contour, image, around = seen(blurred(two))
    assert as_ellipsoid(contour, image, around, np.ones(SIZE, bool), NOISE, WHITE) is contour


def test_under_bone_nothing_is_made_up() -> None:
    contour, image, around = seen(blurred([Ellipsoid(CENTRE_MM, np.eye(3))]))
    clear = ~(around.mask & (np.arange(SIZE[2]) > CENTRE_MM[2] / SPACING_MM[0]))
    assert as_ellipsoid(contour, image, around, clear, NOISE, WHITE) is contour


def test_a_large_body_keeps_its_contour() -> None:
    contour, image, around = seen(blurred([Ellipsoid(CENTRE_MM, np.eye(3))]))
    large = replace(contour, volume_mm3=150.0)
    assert as_ellipsoid(large, image, around, np.ones(SIZE, bool), NOISE, WHITE) is large
