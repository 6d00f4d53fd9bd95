"""A deposit's shape below the size of a voxel: the contour which, filled and blurred, is most like the image.

Half of the maximum is the edge of a body that is much larger than the blur. A small one never reaches its own
density, a thin one neither, and of a noisy or grainy one the maximum is too high. So the level is not fixed: of the
contours at shares of the local density, that one is taken which, filled and blurred, fits the image best.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.findings._surroundings import Surroundings
from calcidect.findings._thirds import PARTS, blurred_voxels, cubic_thirds, linear_thirds, repeated_thirds
from calcidect.geometry import FloatArray, box_around

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_LEVELS = (0.2, 0.85)
_LEVEL_STEP = 0.01
_HALF = 0.5
_SMOOTH_MM = 0.4
"""Before contours are drawn, so that noise does not roughen them; about a soft kernel's blur (standard deviation)."""
_PLATEAU_MM = 1.5
_DENSITY_MM = 1.0
"""Over these distances a deposit's density is taken as one; parts farther apart have levels of their own."""
_EVERYWHERE = 1e-6
_BEYOND_MM = 1.0
"""How far a contour may lie outside the mineral that was found."""
FIT_MM = 2.0
"""Around the mineral: edge and blur (FWHM up to 1.2 mm) of the deposit."""
_FINE_CELLS = 6_000_000
"""Voxels are divided by three along each axis as long as there are fewer cells; larger bodies need it less."""


@dataclass(frozen=True, eq=False)
class Shape:
    """Where a deposit lies, arrays of its box, shape (k, j, i).

    Parameters
    ----------
    voxels : bool array
        Those of which at least half is deposit; the brightest one in any case.
    volume_mm3 : float
        Of the shape, counted in thirds of a voxel.
    filled : float32 array
        Share of each voxel that the blurred shape fills.
    signal : float32 array
        As ``filled``, denser parts counting more, up to a factor: the deposit as it should appear.
    is_ellipsoid : bool
        Whether an even ellipsoid (`as_ellipsoid`) took the place of the contour.
    """

    voxels: Mask
    volume_mm3: float
    filled: Floats
    signal: Floats
    is_ellipsoid: bool = False


def find_shape(excess: Floats, around: Surroundings, clear: Mask, free: Mask) -> Shape:
    """Return the shape that, blurred, fits best.

    The contour at a share p of the local density is filled with that density and blurred by the scan's blur: t_p. The p
    is taken at which ``sum (excess - c t_p)^2`` with the best c is smallest. The local density comes from the contour
    at half maximum, filled and blurred: f; it is the best factor of f within about 1 mm, ``G(excess f) / G(f f)``
    with a Gaussian G. Where bone, skin or a neighbour blur in, nothing is fitted. Where that only darkens the image
    (skin, beside air), or was taken off it (bone), the contour goes on at the same share; elsewhere not below half
    maximum.

    Parameters
    ----------
    excess : float32 array, shape (k, j, i)
        Image above the host.
    around : Surroundings
        The deposit.
    clear : bool array
        Voxels that show this deposit and its host alone.
    free : bool array
        Those, and others that nothing else brightens.
    """
    from scipy.optimize import minimize_scalar

    box = box_around(around.away_mm <= FIT_MM, 3 * around.blur.sigma_mm() / np.array(around.spacing_mm[::-1]))
    assert box is not None  # a deposit has voxels
    fit = clear[box] & (around.away_mm[box] <= FIT_MM)
    wanted = np.where(fit, excess[box], np.float32(0))
    contours = _Contours.of(excess, around, box, free).with_local_density(wanted, fit)

    def misfit(level: float) -> float:
        expected = np.where(fit, contours.blurred(contours.density * contours.inside(level)), 0.0)
        power = float((expected**2).sum())
        factor = float((expected * wanted).sum()) / power if power > 0 else 0.0
        return float(((wanted - factor * expected) ** 2).sum())

    level = _HALF
    if fit.any():
        level = float(
            minimize_scalar(misfit, bounds=contours.levels(), method="bounded", options={"xatol": _LEVEL_STEP}).x
        )
    return contours.shape_at(level, excess, around, box)


@dataclass(frozen=True, eq=False)
class _Contours:
    """A smoothed image on cells of a third of a voxel, its local density, and which cells may belong to the deposit.

    Those that nothing else brightens are ``free`` to belong to it at any share of its density.
    """

    image: Floats
    density: Floats
    allowed: Mask
    free: Mask
    half: Mask
    parts: int
    sigma_cells: FloatArray
    density_sigma_voxels: FloatArray
    voxel_mm3: float

    @classmethod
    def of(cls, excess: Floats, around: Surroundings, box: tuple[slice, ...], free: Mask) -> _Contours:
        """Return those of a deposit in a part of its box; its density is first the brightest within 1.5 mm."""
        from scipy.ndimage import gaussian_filter, maximum_filter

        spacing_mm = np.array(around.spacing_mm[::-1])
        smooth = gaussian_filter(excess, _SMOOTH_MM / spacing_mm)
        inside = np.where(around.mask, smooth, np.float32(0))
        plateau = maximum_filter(inside, [2 * round(_PLATEAU_MM / s) + 1 for s in spacing_mm])
        grown = around.mine & (plateau > 0) & (around.mask | (free & (around.away_mm <= _BEYOND_MM)))
        parts = PARTS if smooth[box].size * PARTS**3 <= _FINE_CELLS else 1
        image, density = smooth[box], plateau[box]
        allowed, unbrightened = grown[box], free[box]
        if parts > 1:
            image, density = cubic_thirds(image), linear_thirds(density)
            allowed, unbrightened = repeated_thirds(allowed), repeated_thirds(unbrightened)
        half = allowed & (image >= np.float32(_HALF) * density)
        sigma = around.blur.sigma_mm() / spacing_mm * parts
        return cls(
            image, density, allowed, unbrightened, half, parts, sigma, _DENSITY_MM / spacing_mm, around.voxel_mm3
        )

    def with_local_density(self, wanted: Floats, fit: Mask) -> _Contours:
        """Return the same with the local density of what lies within half maximum."""
        from scipy.ndimage import gaussian_filter

        filled = np.where(fit, self.blurred(self.half), np.float32(0))
        if not filled.any():
            return self
        held, power = filled * wanted, filled * filled
        density = (gaussian_filter(held, self.density_sigma_voxels) + _EVERYWHERE * held.sum()) / (
            gaussian_filter(power, self.density_sigma_voxels) + _EVERYWHERE * power.sum()
        )
        density = np.maximum(density, 0)
        return replace(self, density=linear_thirds(density) if self.parts > 1 else density)

    def levels(self) -> tuple[float, float]:
        """Return the lowest and the highest share worth trying: a small body's image stays far below its density."""
        held = self.allowed & (self.density > 0)
        highest = float((self.image[held] / self.density[held]).max(initial=_LEVELS[0]))
        return min(_LEVELS[0], 0.5 * highest), min(_LEVELS[1], 0.95 * highest)

    def inside(self, level: float) -> Mask:
        """Return the cells within the contour at a share of the density."""
        return self.allowed & (self.free | self.half) & (self.image >= np.float32(level) * self.density)

    def blurred(self, cells: NDArray[Any]) -> Floats:
        """Return the voxels' values of an image of cells, blurred as the scan blurs."""
        return blurred_voxels(cells, self.sigma_cells, self.parts)

    def shape_at(self, level: float, excess: Floats, around: Surroundings, box: tuple[slice, ...]) -> Shape:
        """Return the shape within the contour at a share of the density."""
        inside = self.inside(level)
        k, j, i = around.mask[box].shape
        share = inside.reshape(k, self.parts, j, self.parts, i, self.parts).mean((1, 3, 5))
        voxels, filled, signal = np.zeros_like(around.mask), np.zeros_like(excess), np.zeros_like(excess)
        voxels[box] = share >= _HALF
        voxels[np.unravel_index(int(np.where(around.mask, excess, -np.inf).argmax()), excess.shape)] = True
        filled[box], signal[box] = self.blurred(inside), self.blurred(self.density * inside)
        if not signal.any():  # nothing stands out
            return Shape(voxels, 0.0, voxels.astype(np.float32), voxels.astype(np.float32))
        return Shape(voxels, float(share.sum()) * self.voxel_mm3, filled, signal)
