"""The body of a phantom beside the hands, and a scan without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import InputRefusedError, Notice
from calcidect.geometry import Grid, Volume
from calcidect.materials._inserts import Rod
from calcidect.study import Study, depth_mm

_COARSE_MM = 1.6
_OPENING_MM = 3.2
"""As the hands are told from tables and sheets (study/_bodies.py): thinner than twice this is no body."""
_EDGE_MM = 5.0
"""What opening takes off a phantom's corners, and its blurred surface."""
_MOST_BEYOND_MM = 60.0
"""Our rule: a phantom's body ends within 6 cm of its rods; a hand that touches it goes on for longer."""
_AIR_HU = -1000


@dataclass(frozen=True, eq=False)
class PhantomBodies:
    """Labels, int32, shape (k, j, i), of the connected bodies on every few voxels of a scan's grid."""

    labels: NDArray[np.int32]
    step: tuple[int, int, int]
    grid: Grid

    def label_at(self, rod: Rod) -> int:
        """Return the body that holds the middle of a rod; 0 if none does."""
        middle = self.grid.index_of(np.add(rod.start_mm, rod.end_mm) / 2)
        i, j, k = (
            min(round(float(x) / s), n - 1) for x, s, n in zip(middle, self.step, self.labels.shape[::-1], strict=True)
        )
        return int(self.labels[k, j, i])

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Of the coarse grid, along i, j, k."""
        x, y, z = (s * n for s, n in zip(self.grid.spacing_mm, self.step, strict=True))
        return x, y, z


def phantom_bodies(low: Volume, threshold_hu: float) -> PhantomBodies:
    """Return the connected bodies of a scan, on a coarse grid; thin bridges between them are cut."""
    import SimpleITK as sitk

    x, y, z = low.grid.spacing_mm
    si, sj, sk = (max(round(_COARSE_MM / s), 1) for s in (x, y, z))
    inside = low.array[::sk, ::sj, ::si] > threshold_hu
    spacing_mm = (x * si, y * sj, z * sk)
    core = depth_mm(inside, spacing_mm) > _OPENING_MM
    opened = inside & (depth_mm(~core, spacing_mm) <= _OPENING_MM + 0.5)
    labels = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(opened.astype(np.uint8))))
    return PhantomBodies(np.asarray(labels, np.int32), (si, sj, sk), low.grid)


def without_phantom(study: Study, rods: Sequence[Rod], threshold_hu: float) -> Study:
    """Return a study with air where the phantom was that holds these rods, and a notice that says so.

    Raises
    ------
    InputRefusedError
        ``phantom_not_free`` if its body goes on far beyond the rods: a hand touches it.
    """
    assert study.high is not None
    bodies = phantom_bodies(study.low, threshold_hu)
    holding = {bodies.label_at(rod) for rod in rods} - {0}
    phantom = np.isin(bodies.labels, sorted(holding))
    _refuse_if_not_free(phantom, bodies, rods)
    mask = _fine(phantom, (bodies.labels > 0) & ~phantom, bodies)
    images = [
        volume.like(np.where(mask, np.asarray(_AIR_HU, volume.array.dtype), volume.array))
        for volume in (study.low, study.high)
    ]
    volume_cm3 = float((mask & (study.low.array > threshold_hu)).sum()) * study.low.grid.voxel_volume_mm3 / 1000
    notice = Notice(
        "phantom_taken_out",
        f"The body that holds the inserts, {volume_cm3:.0f} cm3, was taken out of the images before the hands were "
        "looked for.",
        "Nothing in it is measured; the water path of the hands does not count it.",
    )
    return replace(study, low=images[0], high=images[1], notices=(*study.notices, notice))


def _refuse_if_not_free(phantom: NDArray[np.bool_], bodies: PhantomBodies, rods: Sequence[Rod]) -> None:
    k, j, i = np.nonzero(phantom)
    ends = bodies.grid.index_of(np.array([p for rod in rods for p in (rod.start_mm, rod.end_mm)]))
    for axis, (index, step) in enumerate(zip((i, j, k), bodies.step, strict=True)):
        beyond = np.array([ends[:, axis].min() - index.min() * step, index.max() * step - ends[:, axis].max()])
        if beyond.max() * bodies.grid.spacing_mm[axis] > _MOST_BEYOND_MM:
            raise InputRefusedError(
                "phantom_not_free",
                found="The body that holds the inserts goes on for more than 6 cm beyond them.",
                expected="A phantom that touches neither a hand nor anything else that is thicker than 6 mm.",
                remedy="Scan with a gap of a centimetre between hand and phantom; or calibrate by a scan of the "
                "phantom alone (`calcidect calibrate`) and give its file.",
            )


def _fine(phantom: NDArray[np.bool_], others: NDArray[np.bool_], bodies: PhantomBodies) -> NDArray[np.bool_]:
    """Return the phantom with its surface on the scan's own grid, nowhere nearer to another body than to it."""
    away = depth_mm(~phantom, bodies.spacing_mm)
    mask = (away <= _EDGE_MM) & (away <= depth_mm(~others, bodies.spacing_mm) if others.any() else True)
    for axis, step in enumerate(bodies.step[::-1]):
        mask = np.repeat(mask, step, axis=axis)
    k, j, i = bodies.grid.shape
    return np.asarray(mask[:k, :j, :i])
