"""How one body moved between two images of different energy: six parameters by robust least squares.

With ``low`` the image of the low energy, a point p of it lies at ``T p`` in the high one, where
``high(T p) = f(low(p))``. ``f`` is the relation of the two energies' HU, told by the scan itself: medians of high in
bins of low, made monotone. No spectrum and no ratio need be known. Deposits of another ratio, and whatever moved
otherwise, are outliers, and lose their weight (Tukey's biweight).

Both images are looked at through one smooth kernel, the cubic B-spline over a voxel. Its sum and first three moments do
not depend on the place between voxels (Strang and Fix, 1971), so that interpolation pulls no point towards the lattice.
Derivatives are those of the low image and the residuals' noise that of the high one, so that noise doesn't bias the
fit. Points, shifts and rotations are here in millimetres along the axes i, j, k of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import FloatArray

_BINS = 32
_TUKEY = 4.685
"""95 % efficient where residuals are normal (Holland and Welsch, 1977)."""
_MAD_TO_SD = 1.4826
_DAMPING = 1e-3
_ITERATIONS = 30
_CONVERGED_MM = 0.002
"""A fiftieth of the smallest shift that matters."""
_BLOCK_MM = 10.0
"""Residuals nearer to each other are taken as one observation: noise and misfit of a bone's edge are correlated."""


@dataclass(frozen=True, eq=False)
class Rigid:
    """A rigid motion: ``centre + rotation (p - centre) + shift``."""

    centre_mm: FloatArray
    rotation: FloatArray
    shift_mm: FloatArray

    @classmethod
    def still(cls, centre_mm: FloatArray) -> Rigid:
        """Return no motion."""
        return cls(centre_mm, np.eye(3), np.zeros(3))

    def of(self, points_mm: FloatArray) -> FloatArray:
        """Return where points, shape (n, 3), come to lie."""
        return np.asarray((points_mm - self.centre_mm) @ self.rotation.T + self.centre_mm + self.shift_mm)

    def moved_by(self, step: FloatArray) -> Rigid:
        """Return this motion followed by a small one: shift, and rotation vector about the moved centre."""
        from scipy.spatial.transform import Rotation

        rotation = Rotation.from_rotvec(step[3:]).as_matrix() @ self.rotation
        return Rigid(self.centre_mm, rotation, self.shift_mm + step[:3])


@dataclass(frozen=True, eq=False)
class Image:
    """An array, shape (k, j, i), with the distance of its voxels and where its first one lies, both along i, j, k."""

    array: NDArray[Any]
    spacing_mm: FloatArray
    first_mm: FloatArray

    def at(self, points_mm: FloatArray) -> NDArray[np.float32]:
        """Return the image, through the kernel, at points of shape (n, 3)."""
        from scipy.ndimage import map_coordinates

        index = ((points_mm - self.first_mm) / self.spacing_mm)[:, ::-1].T
        # Without the prefilter, voxels are the spline's coefficients: the image as the kernel sees it.
        return np.asarray(map_coordinates(self.array, index, np.float32, order=3, mode="nearest", prefilter=False))

    def holds(self, points_mm: FloatArray) -> NDArray[np.bool_]:
        """Tell which points have a voxel on every side."""
        index = (points_mm - self.first_mm) / self.spacing_mm
        return np.asarray(((index >= 1) & (index <= np.array(self.array.shape[::-1]) - 2)).all(1))


@dataclass(frozen=True, eq=False)
class Samples:
    """What the low image shows at the points that tell of motion.

    Parameters
    ----------
    points_mm : array, shape (n, 3)
    low_hu : array, shape (n,)
    gradient : array, shape (n, 3)
        HU per mm.
    """

    points_mm: FloatArray
    low_hu: NDArray[np.float32]
    gradient: NDArray[np.float32]

    @classmethod
    def of(cls, low: Image, points_mm: FloatArray) -> Samples:
        """Return the samples of an image at points, shape (n, 3)."""
        half = np.diag(0.5 * low.spacing_mm)
        slopes = [(low.at(points_mm + h) - low.at(points_mm - h)) / low.spacing_mm[a] for a, h in enumerate(half)]
        return cls(points_mm, low.at(points_mm), np.stack(slopes, 1).astype(np.float32))

    def where(self, which: NDArray[np.bool_]) -> Samples:
        """Return some of them."""
        return Samples(self.points_mm[which], self.low_hu[which], self.gradient[which])


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted motion.

    Parameters
    ----------
    motion : Rigid
    covariance : array, shape (6, 6)
        Of shift (mm) and rotation (radians) about the centre.
    samples : Samples
        Those that lie in both images.
    residual_hu : array, shape (n,)
        high(T p) - f(low(p)).
    expected : array, shape (n, 3)
        Gradient of the high image that the low one lets expect, HU per mm.
    weight : array, shape (n,)
        Of each sample, 0 to 1.
    """

    motion: Rigid
    covariance: FloatArray
    samples: Samples
    residual_hu: FloatArray
    expected: FloatArray
    weight: FloatArray


def fit_motion(samples: Samples, high: Image, start: Rigid) -> Fit:
    """Return the motion that makes the high image fit the low one best, from a start near it (Gauss-Newton).

    Where fewer samples than bins of the relation lie in both images, as on coarse grids of few slices, nothing can be
    fitted: the start is returned, with infinite covariance and no samples.
    """
    motion = start
    for _ in range(_ITERATIONS):
        terms = _terms(samples, high, motion)
        if terms is None:
            return _no_fit(samples, start)
        step = _step(terms)
        motion = motion.moved_by(step)
        if displacement_mm(step, samples.points_mm, motion).max() < _CONVERGED_MM:
            break
    terms = _terms(samples, high, motion)
    if terms is None:
        return _no_fit(samples, start)
    return Fit(motion, _covariance(terms), terms.samples, terms.residual, terms.expected, terms.weight)


def _no_fit(samples: Samples, start: Rigid) -> Fit:
    none = samples.where(np.zeros(len(samples.points_mm), bool))
    return Fit(start, np.full((6, 6), np.inf), none, np.zeros(0), np.zeros((0, 3)), np.zeros(0))


def displacement_mm(step: FloatArray, points_mm: FloatArray, motion: Rigid) -> FloatArray:
    """Return how far a small step moves each point."""
    return np.asarray(np.linalg.norm(step[:3] + np.cross(step[3:], motion.of(points_mm) - motion.of(motion.centre_mm)),
                                     axis=1))  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Terms:
    samples: Samples
    residual: FloatArray
    expected: FloatArray
    jacobian: FloatArray
    weight: FloatArray


def _terms(samples: Samples, high: Image, motion: Rigid) -> _Terms | None:
    """Return what a step is made of; None where too few samples lie in the high image."""
    moved = motion.of(samples.points_mm)
    inside = high.holds(moved)
    if np.count_nonzero(inside) < _BINS:
        return None
    samples, moved = samples.where(inside), moved[inside]
    seen = high.at(moved).astype(float)
    value, slope = relation(samples.low_hu, seen)
    residual = seen - value
    expected = slope[:, None] * (samples.gradient @ motion.rotation.T)
    arm = moved - motion.of(motion.centre_mm[None])
    jacobian = np.hstack([expected, np.cross(arm, expected)])
    return _Terms(samples, residual, expected, jacobian, biweight(residual))


def biweight(residual: FloatArray) -> FloatArray:
    """Return Tukey's weights, 0 to 1, for the spread that the median absolute residual tells."""
    scale = _MAD_TO_SD * np.median(np.abs(residual)) + 1e-6
    return np.asarray(np.clip(1 - (residual / (_TUKEY * scale)) ** 2, 0, None) ** 2)


def relation(low: NDArray[np.float32], high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return f(low), shape (n,), and its slope: medians in bins of equal numbers, made monotone, joined by lines."""
    from scipy.optimize import isotonic_regression

    order = np.argsort(low, kind="stable")
    parts = np.array_split(order, _BINS)
    x = np.array([np.median(low[part]) for part in parts], float)
    y = np.asarray(isotonic_regression([np.median(high[part]) for part in parts]).x)
    x, first = np.unique(x, return_index=True)
    y = y[first]
    if len(x) < 2:
        return np.full(len(low), y[0]), np.zeros(len(low))
    rise = np.diff(y) / np.diff(x)
    part = np.clip(np.searchsorted(x, low) - 1, 0, len(rise) - 1)
    return y[part] + rise[part] * (low - x[part]), rise[part]


def _step(terms: _Terms) -> FloatArray:
    weighted = terms.jacobian * terms.weight[:, None]
    normal = np.einsum("ni,nj->ij", weighted, terms.jacobian)
    damped = normal + _DAMPING * np.diag(np.diag(normal)) + 1e-9 * np.eye(6)
    return np.asarray(-np.linalg.solve(damped, weighted.T @ terms.residual))


def _covariance(terms: _Terms) -> FloatArray:
    """Return the sandwich covariance of clusters (Liang and Zeger, 1986): samples of one block count as one."""
    weighted = terms.jacobian * terms.weight[:, None]
    bread = np.linalg.inv(np.einsum("ni,nj->ij", weighted, terms.jacobian) + 1e-9 * np.eye(6))
    block = np.unique(np.floor(terms.samples.points_mm / _BLOCK_MM).astype(int), axis=0, return_inverse=True)[1].ravel()
    scores = np.stack([np.bincount(block, column * terms.residual) for column in weighted.T], 1)
    number = len(scores)
    return np.asarray(bread @ (scores.T @ scores) @ bread * number / max(number - 6, 1))
