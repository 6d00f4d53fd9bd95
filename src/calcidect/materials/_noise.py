"""Noise, and the host's HU, measured in the soft tissue of the scan itself."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import InputRefusedError, Notice
from calcidect.geometry import Volume
from calcidect.materials._noise_covariance import NoiseCovariance, covariance_of
from calcidect.settings import MaterialsSettings

if TYPE_CHECKING:  # that module needs this one
    from calcidect.materials._types import Sensitivity

_LAG_MM = 3.0
"""Noise of a soft kernel (blur FWHM up to 1.2 mm) is independent over this distance; tissue of a hand, which
runs along the slice axis, hardly changes."""

_BOX_MM = 3.0
"""Size of a small deposit: over it the noise's correlation is measured."""

_SOFT_TISSUE_HU = (0.0, 130.0)
"""Muscle to tendon (docs/method/materials.md), at every energy in use."""

_SMALL_MM3, _STANDS_OUT_SD = 4.2, 5.0  # a ball of 2 mm; Rose's criterion of what is seen for certain
_SAMPLED_SLICES = 40
_MINIMUM_VOXELS = 500
_COVARIANCE_STACKS = 12
_EVEN_SD = 2.5
_FINEST_HU = 0.3  # rounding to whole HU alone: 1 / sqrt(12)

_QUANTILES = (0.3, 0.4, 0.5, 0.6, 0.7)
_OF_NORMAL = (0.3853, 0.5244, 0.6745, 0.8416, 1.0364)
"""Quantiles of the absolute value of a standard normal variable. Five instead of the median alone (the median absolute
deviation): values are whole HU, and one quantile would step by 0.6 HU."""


@dataclass(frozen=True)
class SoftTissue:
    """What soft tissue without crystals looks like in this scan.

    Parameters
    ----------
    noise_hu : tuple of float
        Standard deviation of one voxel, of each image, low energy first.
    host_hu : tuple of float
        Median, of each image.
    correlated_voxels : float
        Variance of a mean over n voxels (n of a few mm3) is ``noise_hu**2 * correlated_voxels / n``. 1 for
        independent voxels.
    covariance : NoiseCovariance
        Of two voxels. If not given, that of ``correlated_voxels`` at every size.
    """

    noise_hu: tuple[float, ...]
    host_hu: tuple[float, ...]
    correlated_voxels: float
    covariance: NoiseCovariance = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.covariance is None:
            simple = NoiseCovariance.independent(self.noise_hu, self.correlated_voxels)
            object.__setattr__(self, "covariance", simple)


def measure_soft_tissue(low: Volume, high: Volume | None) -> SoftTissue:
    """Return noise, its correlation, and the HU of soft tissue.

    Noise is the robust spread, over sqrt 6, of second differences ``x[k - lag] - 2 x[k] + x[k + lag]`` along the slice
    axis, 3 mm apart: beyond the reach of the correlation between neighbours, which makes differences of adjacent voxels
    too small, and blind to a steady taper of the tissue. Voxels are chosen by the mean of a 3 mm box, not by their own
    value, which would cut the tails off; and of those, the half where the *other* energy's box means differ least,
    since tissue is common to both energies while their noise is independent. One image alone can't tell its noise from
    its tissue in this way: all of its voxels count, and its noise comes out too large by what the tissue adds.

    Raises
    ------
    InputRefusedError
        If the scan holds fewer than 500 voxels of soft tissue.
    """
    lag = max(1, round(_LAG_MM / low.grid.spacing_mm[2]))
    slices = low.grid.size[2]
    if slices < 2 * lag + 1:
        raise _refused(f"The scan has {slices} slices.")
    centres = np.unique(np.linspace(lag, slices - 1 - lag, _SAMPLED_SLICES).astype(int))
    box = tuple(max(1, round(_BOX_MM / s)) for s in low.grid.spacing_mm[1::-1])
    images = [volume.array for volume in (low, high) if volume is not None]
    parts = [_sample(images, k, lag, box) for k in centres]
    sample = np.concatenate(parts, axis=-1)
    if sample.shape[-1] < _MINIMUM_VOXELS:
        raise _refused("Hardly any voxel of the scan lies in soft tissue.")
    if high is None:
        measured = [_one_energy(sample[0], np.zeros(sample.shape[-1], np.float32), box)]
    else:
        measured = [_one_energy(sample[n], np.abs(_second_difference(sample[1 - n, 4:])), box) for n in range(2)]
    noise_hu, host_hu, correlated = zip(*measured, strict=True)
    covariance = _measure_covariance(images, noise_hu, lag, box, low.grid.spacing_mm)
    return SoftTissue(noise_hu, host_hu, sum(correlated) / len(correlated), covariance)


def _measure_covariance(
    images: list[NDArray[np.generic]], noise_hu: tuple[float, ...], lag: int, box: tuple[int, ...],
    spacing_mm: tuple[float, float, float],
) -> NoiseCovariance:  # fmt: skip
    """Return how noise goes together, from second differences of slices in even soft tissue.

    Voxels count where the box mean of the difference is within 2.5 standard deviations of its middle at every energy:
    where it is beyond, tissue changed.
    """
    from scipy.ndimage import uniform_filter

    slices = len(images[0])
    deep = max(1, min(round(_LAG_MM / spacing_mm[2]), slices - 2 * lag))
    starts = np.unique(np.linspace(lag, slices - lag - deep, _COVARIANCE_STACKS).astype(int))
    differences = np.zeros((len(images), len(starts), deep, *images[0].shape[1:]), np.float32)
    soft = np.ones(differences.shape[1:], bool)
    for n, image in enumerate(images):
        for m, start in enumerate(starts):
            at_lags = [image[start + move : start + move + deep].astype(np.float32) for move in (-lag, 0, lag)]
            differences[n, m] = _second_difference(np.stack(at_lags))
            for part in at_lags:
                smooth = uniform_filter(part, (0, *box))
                soft[m] &= (smooth > _SOFT_TISSUE_HU[0]) & (smooth < _SOFT_TISSUE_HU[1])
    chosen = soft.copy()
    for difference in differences:
        smooth = uniform_filter(difference, (0, 0, *box))
        if soft.any():
            chosen &= np.abs(smooth - np.median(smooth[soft])) < _EVEN_SD * _spread(smooth[soft])
    if chosen.sum() < _MINIMUM_VOXELS:
        return NoiseCovariance.independent(noise_hu)
    return covariance_of(differences, chosen, noise_hu, spacing_mm)


def noise_notices(
    soft: SoftTissue, sensitivity: Sensitivity | None, voxel_mm3: float, settings: MaterialsSettings
) -> tuple[Notice, ...]:
    """Return what noise above its limit does to which number; a single energy has the low one's limit.

    The mean over a deposit of V mm3 has the standard deviation ``noise sqrt(q v / V)``, for voxels of v mm3 that share
    their noise in groups of q. The deposit named is 2 mm wide and stands out by 5 of these.
    """
    limits = settings.high_noise_low_hu, settings.high_noise_high_hu
    if all(noise <= limit for noise, limit in zip(soft.noise_hu, limits, strict=False)):
        return ()
    if sensitivity is None:
        return (Notice("noise_high", _OF_ONE.format(soft.noise_hu[0], limits[0]), _OF_ONE_EFFECT),)
    mean_sd_hu = soft.noise_hu[0] * sqrt(min(1.0, soft.correlated_voxels * voxel_mm3 / _SMALL_MM3))
    least = _STANDS_OUT_SD * mean_sd_hu / sensitivity.ha_low
    return (
        Notice(
            "noise_high",
            f"Noise is {soft.noise_hu[0]:.0f} HU at the low and {soft.noise_hu[1]:.0f} HU at the high energy; up to "
            f"{limits[0]:g} and {limits[1]:g} HU are expected.",
            f"Small and dilute deposits are missed: one of 2 mm stands out from about {least:.0f} mg/cm³. Specks of "
            "noise may count as deposits, the material of small ones is indeterminate more often, and every mass is "
            "less certain, as its SD says.",
        ),
    )


_OF_ONE = "Noise is {:.0f} HU; up to {:g} HU is expected."
_OF_ONE_EFFECT = "Small and dilute deposits are missed, and specks of noise may count as deposits."


def _one_energy(
    sample: NDArray[np.float32], unevenness: NDArray[np.float32], box: tuple[int, ...]
) -> tuple[float, float, float]:
    """Return noise, host and correlated voxels, from rows as ``_sample`` gives them, where the tissue is even."""
    even = sample[:, unevenness <= np.median(unevenness)]
    raw, following, smooth = even[:3], even[3], even[4:]
    noise_hu = _noise(raw)
    in_plane = max(1.0, box[0] * box[1] * (_noise(smooth) / noise_hu) ** 2)
    return noise_hu, float(np.median(sample[5])), in_plane * _correlated_slices(raw[1] - following, noise_hu)


def _sample(images: list[NDArray[np.generic]], k: int, lag: int, box: tuple[int, ...]) -> NDArray[np.float32]:
    """Return soft-tissue voxels of one slice, shape (energies, 7, voxels).

    Rows: the voxel at k - lag, k, k + lag; at k + 1; the box mean at k - lag, k, k + lag.
    """
    from scipy.ndimage import uniform_filter

    raw = np.stack([a[[k - lag, k, k + lag, k + 1]].astype(np.float32) for a in images])
    smooth = uniform_filter(raw[:, :3], (0, 0, *box))
    soft = (smooth > _SOFT_TISSUE_HU[0]) & (smooth < _SOFT_TISSUE_HU[1])
    return np.concatenate([raw, smooth], axis=1)[:, :, soft.all((0, 1))]


def _noise(at_lags: NDArray[np.float32]) -> float:
    """Return the standard deviation from values at k - lag, k and k + lag, shape (3, voxels)."""
    return max(_spread(_second_difference(at_lags)) / sqrt(6.0), _FINEST_HU)


def _second_difference(at_lags: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(at_lags[0] - 2 * at_lags[1] + at_lags[2])


def _correlated_slices(difference: NDArray[np.float32], noise_hu: float) -> float:
    """Return how many slices share their noise, from differences between neighbouring slices.

    Their variance is ``2 noise**2 (1 - rho)``; a Gaussian slice profile has correlation ``rho**(n**2)`` over n slices.
    """
    rho = float(np.clip(1.0 - 0.5 * (_spread(difference) / noise_hu) ** 2, 0.0, 0.9))
    return 1.0 + 2.0 * sum(rho ** (n * n) for n in range(1, 10))


def _spread(values: NDArray[np.float32]) -> float:
    """Return the standard deviation of a normal distribution that may have outliers."""
    return float(np.quantile(np.abs(values - np.median(values)), _QUANTILES).sum() / sum(_OF_NORMAL))


def _refused(found: str) -> InputRefusedError:
    return InputRefusedError(
        "no_soft_tissue",
        found=found,
        expected="A hand, whose soft tissue tells how noisy the scan is, over at least 6 mm.",
        remedy="Check that the series shows the hands and not a localizer, and that its values are HU.",
    )
