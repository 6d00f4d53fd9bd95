"""The shape of a small deposit: the ellipsoid which, blurred, is most like the image.

Of a body that is not much larger than the blur the image tells how large it is and how far it reaches in each
direction, and little more. A contour drawn in it follows the noise besides. An ellipsoid has no more to tell than
that, and is taken wherever it fits as well as the contour does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._noise_filter import NoiseFilter
from calcidect.findings._shape import FIT_MM, Shape
from calcidect.findings._surroundings import Surroundings
from calcidect.geometry import FloatArray
from calcidect.materials import NoiseCovariance

_LARGEST_MM3 = 100.0
"""Our choice: a ball of 6 mm, six times the blur. Of larger ones the contour is sure enough."""
_FEWEST_VOXELS = 60
"""Ours: six for each of the ten numbers fitted."""
_HELD = 0.3
"""Standard deviation, in logarithms, that holds an ellipsoid to the ball of the contour's volume. Our choice: the image
of a body of 2 mm tells its axes ten times better, one of 1 mm does not."""
_MOST_STEPS = 20
_RADII, _ANGLES = 8, 24
"""Chords of an ellipsoid: balls of 1 to 6 mm with a blur of 0.6 to 1 mm are right within 1 % of their middle."""


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """An even body.

    Parameters
    ----------
    centre_mm : array, shape (3,)
        Along k, j, i of its box, from the first voxel's middle.
    half_axes_mm : array, shape (3, 3)
        Symmetric; maps the unit ball onto the body.
    """

    centre_mm: FloatArray
    half_axes_mm: FloatArray

    @cached_property
    def volume_mm3(self) -> float:
        """Return its volume."""
        return float(4 / 3 * np.pi * np.linalg.det(self.half_axes_mm))

    def share(self, places_mm: list[FloatArray], sigma_mm: FloatArray) -> FloatArray:
        """Return its image: the share that it fills, blurred by a Gaussian, at a grid of places.

        The body is cut into chords along k, at places of a quadrature over the disc (Gauss and Legendre in the length,
        even angles). Blurred, a chord is a difference of error functions along k, and a Gaussian across.

        Parameters
        ----------
        places_mm : list of three arrays
            Along k, j, i.
        sigma_mm : array, shape (3,)
            Of the blur.
        """
        from scipy.special import erf

        across, half_length, weights = _chords()
        # The same body as a triangular map of the unit ball, in which its third direction stays along k.
        across_first = [1, 2, 0]
        root = np.linalg.cholesky((self.half_axes_mm @ self.half_axes_mm)[np.ix_(across_first, across_first)])
        j, i, k = (across @ root[:, :2].T + self.centre_mm[across_first]).T
        reach = half_length * root[2, 2]
        width = np.sqrt(2) * sigma_mm[0]
        from_middle = places_mm[0] - k[:, None]
        ends = (from_middle + reach[:, None]) / width, (from_middle - reach[:, None]) / width
        along = (erf(ends[0]) - erf(ends[1])) / (4 * reach[:, None])
        rows = _gaussian(places_mm[1] - j[:, None], sigma_mm[1])
        columns = _gaussian(places_mm[2] - i[:, None], sigma_mm[2])
        plane = (rows[:, :, None] * columns[:, None, :]).reshape(len(weights), -1)
        image = (self.volume_mm3 * weights[:, None] * along).T @ plane
        return np.asarray(image.reshape([len(places) for places in places_mm]))

    def holds(self, places_mm: list[FloatArray]) -> NDArray[np.bool_]:
        """Tell which places of a grid lie inside."""
        reach = np.sqrt(np.diag(self.half_axes_mm @ self.half_axes_mm))
        near = [np.abs(p - c) <= r for p, c, r in zip(places_mm, self.centre_mm, reach, strict=True)]
        offset = np.stack(np.meshgrid(*(p[n] for p, n in zip(places_mm, near, strict=True)), indexing="ij"), -1)
        inside = np.zeros([len(places) for places in places_mm], bool)
        within = (((offset - self.centre_mm) @ np.linalg.inv(self.half_axes_mm)) ** 2).sum(-1) <= 1
        inside[np.ix_(*near)] = within
        return inside


def as_ellipsoid(
    contour: Shape, excess: FloatArray, around: Surroundings, clear: NDArray[np.bool_], noise_sd: float,
    covariance: NoiseCovariance,
) -> Shape:  # fmt: skip
    """Return an ellipsoid in the place of a small deposit's contour, if it fits the image as well.

    Both are judged by generalised least squares: ``r' R^-1 r`` of ``r = excess - c t``, with t the blurred shape, c its
    best factor and R the correlation of the noise. Nothing is done where bone, skin or a neighbour blur into the
    mineral: what lies under them, an ellipsoid would make up.

    Parameters
    ----------
    contour : Shape
        As `find_shape` gives it.
    excess : array, shape (k, j, i)
        Image above the host.
    around : Surroundings
    clear : bool array
        Voxels that show this deposit and its host alone.
    noise_sd : float
        Of a voxel of that image.
    covariance : NoiseCovariance
        How its noise goes together.
    """
    fit = clear & (around.away_mm <= FIT_MM)
    is_small = 0 < contour.volume_mm3 <= _LARGEST_MM3
    if not is_small or fit.sum() < _FEWEST_VOXELS or (around.mask & ~clear).any():
        return contour
    seen = _Seen.of(excess, around, fit, noise_sd, covariance)
    found = seen.fitted(_start(contour, excess, around, fit))
    if np.square(seen.misfit(found.share(seen.places_mm, seen.sigma_mm))).sum() > (
        np.square(seen.misfit(contour.signal[seen.box])).sum()
    ):
        return contour
    return _shape_of(found, contour, around)


@dataclass(frozen=True, eq=False)
class _Seen:
    """What of an image a shape is fitted to: the box of some voxels, with the noise made white."""

    box: tuple[slice, ...]
    fit: NDArray[np.bool_]
    noise: NoiseFilter
    excess: FloatArray
    noise_sd: float
    places_mm: list[FloatArray]
    sigma_mm: FloatArray

    @classmethod
    def of(
        cls, excess: FloatArray, around: Surroundings, fit: NDArray[np.bool_], noise_sd: float,
        covariance: NoiseCovariance,
    ) -> _Seen:  # fmt: skip
        from scipy.ndimage import find_objects

        box = find_objects(fit.astype(np.uint8))[0]
        noise = NoiseFilter.of(covariance, fit[box].shape)
        seen = noise.whitened(np.where(fit[box], excess[box], 0.0))
        places = [np.arange(part.start, part.stop) * s for part, s in zip(box, around.spacing_mm[::-1], strict=True)]
        return cls(box, fit[box], noise, seen, noise_sd, places, around.blur.sigma_mm())

    def misfit(self, image: NDArray[np.floating]) -> FloatArray:
        """Return what a blurred shape with its best factor leaves, in standard deviations of the noise."""
        expected = self.noise.whitened(np.where(self.fit, image, 0.0))
        power = float(expected @ expected)
        factor = float(expected @ self.excess) / power if power > 0 else 0.0
        return (self.excess - factor * expected) / self.noise_sd

    def fitted(self, start: Ellipsoid) -> Ellipsoid:
        """Return the ellipsoid that fits best, held to the start where the image does not tell."""
        from scipy.optimize import least_squares

        def residuals(change: FloatArray) -> FloatArray:
            body = _changed(start, change)
            held = np.concatenate([change[3:6], np.sqrt(2) * change[6:]]) / _HELD
            return np.concatenate([self.misfit(body.share(self.places_mm, self.sigma_mm)), held])

        limit = np.array([FIT_MM] * 3 + [4 * _HELD] * 6)
        best = least_squares(residuals, np.zeros(9), bounds=(-limit, limit), ftol=1e-4, xtol=1e-3, max_nfev=_MOST_STEPS)
        return _changed(start, best.x)


def _changed(start: Ellipsoid, change: FloatArray) -> Ellipsoid:
    """Return a ball moved by ``change[:3]`` mm and stretched by the exponential of a symmetric matrix."""
    matrix = np.diag(change[3:6])
    for value, (row, column) in zip(change[6:], ((0, 1), (0, 2), (1, 2)), strict=True):
        matrix[row, column] = matrix[column, row] = value
    values, vectors = np.linalg.eigh(matrix)
    return Ellipsoid(start.centre_mm + change[:3], start.half_axes_mm @ (vectors * np.exp(values) @ vectors.T))


def _start(contour: Shape, excess: FloatArray, around: Surroundings, fit: NDArray[np.bool_]) -> Ellipsoid:
    """Return the ball of the contour's volume, at the centre of its signal."""
    index = np.nonzero(fit & (contour.filled > 0))
    centre = np.average(np.stack(index, -1), axis=0, weights=contour.signal[index]) * around.spacing_mm[::-1]
    return Ellipsoid(centre, np.eye(3) * (contour.volume_mm3 * 3 / 4 / np.pi) ** (1 / 3))


def _shape_of(body: Ellipsoid, contour: Shape, around: Surroundings) -> Shape:
    """Return an ellipsoid as a shape on the box of the deposit."""
    spacing = around.spacing_mm[::-1]
    size = around.mask.shape
    middles = [np.arange(n) * s for n, s in zip(size, spacing, strict=True)]
    filled = body.share(middles, around.blur.sigma_mm()).astype(np.float32)
    thirds = [((np.arange(3 * n) - 1) / 3) * s for n, s in zip(size, spacing, strict=True)]
    inside = body.holds(thirds).reshape(size[0], 3, size[1], 3, size[2], 3).mean((1, 3, 5)) >= 0.5
    inside[np.unravel_index(int(np.where(around.mask, filled, -1).argmax()), size)] = True
    return replace(contour, voxels=inside, volume_mm3=body.volume_mm3, filled=filled, signal=filled, is_ellipsoid=True)


def _gaussian(offset_mm: FloatArray, sigma_mm: float) -> FloatArray:
    return np.asarray(np.exp(-0.5 * (offset_mm / sigma_mm) ** 2) / (np.sqrt(2 * np.pi) * sigma_mm))


def _chords() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return where chords of the unit ball cross its disc, shape (n, 2), half their lengths, and their shares of it."""
    nodes, weights = np.polynomial.legendre.leggauss(_RADII)
    half_length = (nodes + 1) / 2
    radius = np.sqrt(1 - half_length**2)
    turned = 0.5 * (np.arange(_RADII) % 2)  # so that neighbouring rings do not line up
    angle = 2 * np.pi / _ANGLES * (np.arange(_ANGLES) + turned[:, None])
    across = radius[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    share = 1.5 * weights * half_length**2 / _ANGLES
    return across.reshape(-1, 2), np.repeat(half_length, _ANGLES), np.repeat(share, _ANGLES)
