"""The rods of a phantom in a scan: where they are, and the HU of their cores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calcidect.errors import InputRefusedError
from calcidect.geometry import FloatArray
from calcidect.materials._calibration import MeasuredInsert
from calcidect.materials._calibration_text import Insert
from calcidect.study import Study

CLEAR_MM = 1.5
"""A core stays so far from a rod's edge and ends: beyond it a soft kernel (FWHM 1.2 mm) carries under 0.2 %."""
_PIECE_MM = 3.0
"""Along the axis; noise of pieces that long is independent (docs/method/materials.md, section 3)."""
_UNEVEN_HU, _UNEVEN_FRACTION = 10.0, 0.05
"""Our rule: the inner half of a core against the whole. Cupping stays below; a rod that is not where it was said to
be, or holds a bubble, does not."""


@dataclass(frozen=True)
class Rod:
    """A straight cylinder: the centres of its ends in LPS mm, and its diameter."""

    start_mm: tuple[float, float, float]
    end_mm: tuple[float, float, float]
    diameter_mm: float

    @property
    def length_mm(self) -> float:
        """Distance between the ends."""
        return float(np.linalg.norm(np.subtract(self.end_mm, self.start_mm)))


def rod_of(insert: Insert) -> Rod:
    """Return the rod of an insert whose place is given."""
    assert insert.x_mm is not None
    assert insert.y_mm is not None
    assert insert.z_from_mm is not None
    assert insert.z_to_mm is not None
    assert insert.diameter_mm is not None
    x, y = insert.x_mm, insert.y_mm
    return Rod((x, y, insert.z_from_mm), (x, y, insert.z_to_mm), insert.diameter_mm)


@dataclass(frozen=True, eq=False)
class _Core:
    """Voxels of a rod's core: both energies in HU, distance from the axis, place along it."""

    hu: FloatArray
    radius_mm: FloatArray
    along_mm: FloatArray


def measure_insert(study: Study, rod: Rod, insert: Insert) -> MeasuredInsert:
    """Return the mean HU of a rod's core at both energies.

    Raises
    ------
    InputRefusedError
        ``insert_outside`` if it is not wholly in the scan, ``insert_clipped`` if it reaches the top of the stored
        range, ``insert_uneven`` if its inner half differs from the whole.
    """
    core = _core(study, rod)
    name = f"{insert.material} {insert.mg_per_cm3:g} mg/cm3"
    if any((hu >= top).any() for hu, top in zip(core.hu, study.maximum_hu, strict=True)):
        raise InputRefusedError(
            "insert_clipped",
            found=f"The insert of {name} is as bright as the images can hold, so that its HU are cut off.",
            expected="Inserts below the top of the stored range at both energies.",
            remedy="Reconstruct with the extended HU range, or leave this insert out of the file and the phantom.",
        )
    mean = core.hu.mean(1)
    inner = core.hu[:, core.radius_mm <= 0.5 * core.radius_mm.max()].mean(1)
    if (np.abs(inner - mean) > np.maximum(_UNEVEN_HU, _UNEVEN_FRACTION * np.abs(mean))).any():
        raise InputRefusedError(
            "insert_uneven",
            found=f"Where the insert of {name} should be, the inner half differs from the whole by "
            f"{np.abs(inner - mean).max():.0f} HU.",
            expected="A homogeneous rod there.",
            remedy="Check its place (LPS mm: x to the patient's left, y to the back, z to the head) and its diameter, "
            "or leave it out if it holds a bubble.",
        )
    low, high = (float(v) for v in mean)
    sd_low, sd_high = _sd_of_mean(core)
    return MeasuredInsert(insert.material, insert.mg_per_cm3, low, high, sd_low, sd_high)


def _core(study: Study, rod: Rod) -> _Core:
    grid = study.low.grid
    assert study.high is not None
    start, axis = np.array(rod.start_mm), np.subtract(rod.end_mm, rod.start_mm) / rod.length_mm
    reach = 0.5 * rod.diameter_mm
    corners = grid.index_of(np.array([np.add(p, sign * reach) for p in (rod.start_mm, rod.end_mm) for sign in (-1, 1)]))
    first, last = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int) + 1
    first, last = np.maximum(first, 0), np.minimum(last, grid.size)
    ends = grid.index_of([rod.start_mm, rod.end_mm])
    if (last <= first).any() or (ends < -0.5).any() or (ends > np.array(grid.size) - 0.5).any():
        raise _outside()
    i, j, k = np.meshgrid(*(np.arange(a, b) for a, b in zip(first, last, strict=True)), indexing="ij")
    offset = grid.point_of(np.stack([i, j, k], -1)) - start
    along = offset @ axis
    radius = np.linalg.norm(offset - along[..., None] * axis, axis=-1)
    inside = (radius <= reach - CLEAR_MM) & (along >= CLEAR_MM) & (along <= rod.length_mm - CLEAR_MM)
    at = k[inside], j[inside], i[inside]
    if len(at[0]) == 0:
        raise _outside()
    hu = np.stack([volume.array[at].astype(float) for volume in (study.low, study.high)])
    return _Core(hu, radius[inside], along[inside])


def _outside() -> InputRefusedError:
    return InputRefusedError(
        "insert_outside",
        found="An insert of the file does not lie wholly in the scan.",
        expected="Places inside the scan, in LPS mm: x to the patient's left, y to the back, z to the head.",
        remedy="Correct the places, or leave them out so that the rods are looked for.",
    )


def _sd_of_mean(core: _Core) -> tuple[float, float]:
    """Return the standard deviation of the mean of each energy, from pieces along the rod."""
    piece = np.floor((core.along_mm - core.along_mm.min()) / _PIECE_MM).astype(int)
    counts = np.bincount(piece)
    full = counts >= 0.5 * counts.max()
    means = np.stack([np.bincount(piece, hu)[full] / counts[full] for hu in core.hu])
    low, high = means.std(1, ddof=1) / np.sqrt(full.sum())
    return float(low), float(high)
