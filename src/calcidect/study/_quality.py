"""What a scan allows, told from its headers and its pixels, before anything is measured in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calcidect.errors import Notice
from calcidect.geometry import Volume
from calcidect.settings import StudySettings
from calcidect.study._clipping import Clipping
from calcidect.study._edges import Edge, measure_edge
from calcidect.study._header import ImageHeader
from calcidect.study._kernels import kernel_of

_ROUNDING = 1.02  # thickness and spacing are stored to a few digits
_RIM_HU = 140.0
"""Skin is 70 to 110 HU, also where it is thickened: tendon, of more collagen, is 118 HU (docs/method/materials.md). A
brighter rim is overshoot."""


@dataclass(frozen=True)
class SeriesQuality:
    """What one energy's series allows.

    Parameters
    ----------
    kernel : str
        Convolution Kernel, as stated; empty if it is not.
    kernel_family : str or None
        ``soft``, ``medium``, ``sharp`` or ``quantitative``, by its name; None if the name is not known.
    blur_fwhm_mm : float or None
        In-plane blur of the skin's edge; None where there is too little skin in air.
    undershoot_fraction : float or None
        How much darker air beside the skin is than elsewhere, as a share of the step; None where it can't be seen.
    rim_hu : float or None
        HU of the skin at its brightest.
    thickness_mm : float or None
        Slice Thickness.
    maximum_hu : float
        Top of the series' range.
    clipped_voxels : int
        Voxels there.
    largest_plateau_voxels : int
        Of those, the most that touch.
    """

    kernel: str
    kernel_family: str | None
    blur_fwhm_mm: float | None
    undershoot_fraction: float | None
    rim_hu: float | None
    thickness_mm: float | None
    maximum_hu: float
    clipped_voxels: int
    largest_plateau_voxels: int


@dataclass(frozen=True)
class StudyQuality:
    """What a scan allows, as far as the study room can tell.

    Parameters
    ----------
    low, high : SeriesQuality
        ``high`` is None where there is one energy.
    contrast_medium : bool
        Whether the headers state one.
    patient_position : str
        Patient Position, ``HFP``; empty if absent.
    notices : tuple of Notice
        What is beyond its limit, and what that does to which number.
    """

    low: SeriesQuality
    high: SeriesQuality | None
    contrast_medium: bool
    patient_position: str
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, eq=False)
class SeriesRead:
    """A series as it was read, for its quality.

    Parameters
    ----------
    name : str
        Of its energy, ``Sn150 kV``.
    volume : Volume
        HU.
    images : sequence of ImageHeader
        Its headers.
    clipping : Clipping
        Where its values are cut off.
    """

    name: str
    volume: Volume
    images: Sequence[ImageHeader]
    clipping: Clipping


def study_quality(low: SeriesRead, high: SeriesRead | None, settings: StudySettings) -> StudyQuality:
    """Return what a scan allows, with a notice for each thing beyond its limit (docs/method/quality.md)."""
    series = [one for one in (low, high) if one is not None]
    found = [_series_quality(one, settings) for one in series]
    names = [one.name for one in series]
    has_contrast = any(image.acquisition.has_contrast for one in series for image in one.images)
    notices = [
        *_kernel_notices(names, found, settings),
        *_slice_notices(low.volume, found, settings),
        *_clipping_notices(names, found),
        *([_CONTRAST] if has_contrast else []),
    ]
    position = low.images[0].acquisition.patient_position if low.images else ""
    return StudyQuality(found[0], found[1] if len(found) > 1 else None, has_contrast, position, tuple(notices))


def _series_quality(series: SeriesRead, settings: StudySettings) -> SeriesQuality:
    edge: Edge | None = measure_edge(series.volume, settings.edge_undershoot_fraction)
    name, maker = ("", "")
    if series.images:
        name, maker = series.images[0].labels.kernel, series.images[0].labels.manufacturer
    thickest = max((image.acquisition.thickness_mm or 0.0 for image in series.images), default=0.0)
    return SeriesQuality(
        kernel=name,
        kernel_family=kernel_of(name, maker).family,
        blur_fwhm_mm=edge.blur_fwhm_mm if edge else None,
        undershoot_fraction=edge.dip_fraction if edge else None,
        rim_hu=edge.rim_hu if edge else None,
        thickness_mm=thickest or None,
        maximum_hu=series.clipping.maximum_hu,
        clipped_voxels=series.clipping.voxels,
        largest_plateau_voxels=series.clipping.largest_plateau_voxels,
    )


def overshoots(series: SeriesQuality, undershoot_fraction: float) -> bool:
    """Tell whether the pixels show edge enhancement: air too dark beside the skin or, if unseen, too bright a rim."""
    if series.undershoot_fraction is not None:
        return series.undershoot_fraction > undershoot_fraction
    return series.rim_hu is not None and series.rim_hu > _RIM_HU


def _kernel_notices(names: Sequence[str], found: Sequence[SeriesQuality], settings: StudySettings) -> list[Notice]:
    limit = settings.edge_undershoot_fraction
    by_pixels = [name for name, one in zip(names, found, strict=True) if overshoots(one, limit)]
    by_name = sorted({one.kernel for one in found if one.kernel_family == "sharp"})
    told = [f"the skin's edge overshoots at {' and '.join(by_pixels)}"] if by_pixels else []
    told += [f"the kernel {' and '.join(by_name)} is by its name one for bone or lung"] if by_name else []
    notices = [Notice("kernel_sharp", f"The images are edge-enhanced: {'; '.join(told)}.", _SHARP)] if told else []
    difference = _difference(found[0], found[1], settings) if len(found) == 2 else ""
    if difference:
        message = f"The two energies are not equally sharp: {difference}."
        notices.append(Notice("kernels_differ", message, _DIFFER))
    return notices


_SHARP = (
    "Ratio and material at edges of bone and deposits, where dark and bright rims lie, in each energy differently; "
    "mass and volume of deposits of a few mm³ and beside bone; noise is higher. Export a soft kernel (Qr36, Br40, "
    "STANDARD, B, FC13) of both energies."
)
_DIFFER = (
    "Ratio and material at every edge: the sharper energy is brighter inside and darker outside. Mass of deposits "
    "under about 3 mm. Export both energies with one kernel."
)


def _difference(low: SeriesQuality, high: SeriesQuality, settings: StudySettings) -> str:
    """Tell how the sharpness of two series differs; empty if it does not."""
    if low.kernel != high.kernel:
        return f"kernels {low.kernel or 'not stated'} and {high.kernel or 'not stated'}"
    blurs = low.blur_fwhm_mm, high.blur_fwhm_mm
    if blurs[0] and blurs[1]:
        apart = abs(blurs[0] - blurs[1]) / (0.5 * (blurs[0] + blurs[1]))
        if apart > settings.blur_difference_fraction:
            return f"kernels of one name blur the skin's edge by {blurs[0]:.2f} and {blurs[1]:.2f} mm"
    dips = low.undershoot_fraction, high.undershoot_fraction
    if None not in dips and abs(dips[0] - dips[1]) > settings.edge_undershoot_fraction:  # type: ignore[operator]
        return f"the skin's edge undershoots by {100 * dips[0]:.1f} and {100 * dips[1]:.1f} %"  # type: ignore[operator]
    return ""


def _slice_notices(volume: Volume, found: Sequence[SeriesQuality], settings: StudySettings) -> list[Notice]:
    """Return what thick or distant slices and large pixels lose."""
    dx, dy, spacing = volume.grid.spacing_mm
    thickness = max((one.thickness_mm or 0.0 for one in found), default=0.0)
    notices = []
    if max(thickness, spacing) > _ROUNDING * settings.thick_slice_mm:
        stated = f"{thickness:.3g} mm thick" if thickness else "of unknown thickness"
        message = f"Slices are {stated}, every {spacing:.3g} mm; up to {settings.thick_slice_mm:g} mm are expected."
        notices.append(Notice("slices_thick", message, _THICK))
    if thickness and spacing > _ROUNDING * thickness:
        missed = f"{100 * (1 - thickness / spacing):.0f} % of the hand lies between slices"
        message = f"Slices of {thickness:.3g} mm lie {spacing:.3g} mm apart: {missed}."
        notices.append(Notice("slices_apart", message, _APART))
    if max(dx, dy) > _ROUNDING * settings.large_pixel_mm:
        message = f"Pixels are {max(dx, dy):.3g} mm wide; up to {settings.large_pixel_mm:g} mm are expected."
        notices.append(Notice("pixels_large", message, _LARGE))
    return notices


_THICK = (
    "Deposits thinner than a slice lose HU in proportion: small and dilute ones are not found, and volume is too large "
    "for flat and too small for small ones. Mass holds better. Bones close to each other merge. Reconstruct thinner "
    "slices."
)
_APART = (
    "Number, volume and mass of deposits not larger than the distance between slices: they may lie in the gaps, or are "
    "counted too large. Reconstruct overlapping slices."
)
_LARGE = (
    "Deposits under about two pixels are not found, volume of those under four is coarse, and deposits beside bone "
    "merge with it. Reconstruct a field of view just around the hands, up to 300 mm."
)


def _clipping_notices(names: Sequence[str], found: Sequence[SeriesQuality]) -> list[Notice]:
    told = [
        f"{one.clipped_voxels:,} voxels at {name} lie at {one.maximum_hu:g} HU, {one.largest_plateau_voxels:,} together"
        for name, one in zip(names, found, strict=True)
        if one.clipped_voxels
    ]
    message = f"The stored range is cut off above: {'; '.join(told)}."
    return [Notice("pixels_clipped", message, _CLIPPED)] if told else []


_CLIPPED = (
    "Density and mass of the densest deposits and bone are too small. In the maps, hydroxyapatite comes from the high "
    "energy alone where only the low one is clipped. The ratio is too low there, and looks like urate."
)
_CONTRAST = Notice(
    "contrast_medium",
    "The headers state that a contrast medium was given.",
    "Number, mass and material of deposits near vessels and inflamed tissue: iodine's ratio, 3.5 at 80/Sn150 and 1.6 "
    "at 80/140, lies beyond hydroxyapatite's 2.4 and 1.5, so it counts as hydroxyapatite; 1 to 2 % of it hides urate. "
    "Repeat without contrast medium.",
)
