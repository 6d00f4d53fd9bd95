"""Where voxels lie: ``Grid`` and ``Volume``, the one spatial type.

Everything inside calcidect is in DICOM patient coordinates: **LPS** (x to the patient's left, y to posterior,
z to head), millimetres. Axes of a grid are named i (columns, fastest), j (rows), k (slices); arrays are
indexed ``array[k, j, i]``, as SimpleITK and DICOM stacks are. NIfTI is RAS and indexed ``[i, j, k]``: conversion is
here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import nibabel
    import SimpleITK as sitk

FloatArray = NDArray[np.float64]

LPS_TO_RAS: FloatArray = np.diag([-1.0, -1.0, 1.0, 1.0])
_ORTHONORMAL_TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class Grid:
    """A regular lattice of voxel centres in patient space.

    Parameters
    ----------
    size : tuple of int
        Voxels along i (columns), j (rows), k (slices).
    spacing_mm : tuple of float
        Distance between centres along i, j, k.
    origin_mm : tuple of float
        LPS position of the centre of voxel (0, 0, 0).
    direction : array, shape (3, 3)
        Column a is the unit vector, in LPS, of axis a. Orthonormal; either handedness.

    Raises
    ------
    ValueError
        If a size or spacing is not positive, or the direction is not orthonormal.
    """

    size: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: FloatArray = None  # type: ignore[assignment]  # filled below: identity

    def __post_init__(self) -> None:
        direction = np.eye(3) if self.direction is None else np.array(self.direction, float).reshape(3, 3)
        if any(n < 1 for n in self.size):
            raise ValueError(f"Every size must be at least 1, but size is {self.size}.")
        if not all(np.isfinite(s) and s > 0 for s in self.spacing_mm):
            raise ValueError(f"Every spacing must be positive, but spacing is {self.spacing_mm} mm.")
        if not np.allclose(direction.T @ direction, np.eye(3), atol=_ORTHONORMAL_TOLERANCE):
            raise ValueError("The three axes of a grid must be perpendicular unit vectors.")
        direction.setflags(write=False)
        object.__setattr__(self, "size", tuple(int(n) for n in self.size))
        object.__setattr__(self, "spacing_mm", tuple(float(s) for s in self.spacing_mm))
        object.__setattr__(self, "origin_mm", tuple(float(o) for o in self.origin_mm))
        object.__setattr__(self, "direction", direction)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of an array on this grid: slices, rows, columns."""
        i, j, k = self.size
        return k, j, i

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel."""
        return float(np.prod(self.spacing_mm))

    @cached_property
    def affine_lps(self) -> FloatArray:
        """Matrix, shape (4, 4), from (i, j, k, 1) to LPS mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.direction * np.array(self.spacing_mm)
        matrix[:3, 3] = self.origin_mm
        return matrix

    @cached_property
    def affine_ras(self) -> FloatArray:
        """Matrix, shape (4, 4), from (i, j, k, 1) to RAS mm, as NIfTI wants it."""
        return LPS_TO_RAS @ self.affine_lps

    @classmethod
    def from_affine_lps(cls, affine: FloatArray, size: tuple[int, int, int]) -> Grid:
        """Make a grid from its (4, 4) matrix from (i, j, k, 1) to LPS mm."""
        matrix = np.asarray(affine, float)
        spacing = np.linalg.norm(matrix[:3, :3], axis=0)
        return cls(size, tuple(spacing), tuple(matrix[:3, 3]), matrix[:3, :3] / spacing)

    def point_of(self, index: Any) -> FloatArray:
        """Return LPS mm, shape (..., 3), of voxel coordinates (i, j, k), shape (..., 3)."""
        return np.asarray(np.asarray(index, float) @ self.affine_lps[:3, :3].T + np.asarray(self.origin_mm))

    def index_of(self, point_mm: Any) -> FloatArray:
        """Return voxel coordinates (i, j, k), not rounded, of LPS points, shape (..., 3)."""
        offset = np.asarray(point_mm, float) - np.asarray(self.origin_mm)
        return np.asarray(offset @ self.direction / np.array(self.spacing_mm))

    def cropped(self, start: tuple[int, int, int], size: tuple[int, int, int]) -> Grid:
        """Return the part that begins at voxel ``start`` (i, j, k) with ``size`` voxels."""
        if any(s < 0 or n < 1 or s + n > m for s, n, m in zip(start, size, self.size, strict=True)):
            raise ValueError(f"A part from {start} of size {size} does not lie inside a grid of {self.size}.")
        return Grid(size, self.spacing_mm, tuple(self.point_of(start)), self.direction)

    def is_same_as(self, other: Grid, tolerance_mm: float = 1e-2) -> bool:
        """Tell whether all eight corners coincide within a tolerance and the sizes are equal."""
        if self.size != other.size:
            return False
        corners = np.stack(np.meshgrid(*[[0, n - 1] for n in self.size]), -1).reshape(-1, 3)
        return bool(np.abs(self.point_of(corners) - other.point_of(corners)).max() <= tolerance_mm)


@dataclass(frozen=True, eq=False)
class Volume:
    """An array with its place in patient space.

    Parameters
    ----------
    array : array, shape (slices, rows, columns)
        Any numeric type.
    grid : Grid
        Where it lies.

    Raises
    ------
    ValueError
        If the array's shape is not the grid's.
    """

    array: NDArray[Any]
    grid: Grid

    def __post_init__(self) -> None:
        if self.array.shape != self.grid.shape:
            raise ValueError(f"The array has shape {self.array.shape}, but its grid wants {self.grid.shape}.")

    def like(self, array: NDArray[Any]) -> Volume:
        """Return another array in the same place."""
        return Volume(array, self.grid)

    def cropped(self, start: tuple[int, int, int], size: tuple[int, int, int]) -> Volume:
        """Return a view of the part from voxel ``start`` (i, j, k) with ``size`` voxels."""
        return Volume(self.array[box_of(start, size)], self.grid.cropped(start, size))

    def to_sitk(self) -> sitk.Image:
        """Return a SimpleITK image (LPS); boolean arrays become uint8."""
        import SimpleITK as sitk

        array = self.array.astype(np.uint8) if self.array.dtype == bool else self.array
        image = sitk.GetImageFromArray(array)
        image.SetSpacing(self.grid.spacing_mm)
        image.SetOrigin(self.grid.origin_mm)
        image.SetDirection(tuple(self.grid.direction.ravel()))
        return image

    @classmethod
    def from_sitk(cls, image: sitk.Image) -> Volume:
        """Make a volume from a three-dimensional SimpleITK image."""
        import SimpleITK as sitk

        grid = Grid(
            image.GetSize(),
            image.GetSpacing(),
            image.GetOrigin(),
            np.array(image.GetDirection()).reshape(3, 3),
        )
        return cls(sitk.GetArrayFromImage(image), grid)

    def to_nifti(self) -> nibabel.Nifti1Image:
        """Return a NIfTI-1 image (RAS affine, array indexed [i, j, k]); booleans become uint8."""
        import nibabel

        array = self.array.astype(np.uint8) if self.array.dtype == bool else self.array
        image = nibabel.Nifti1Image(array.T, self.grid.affine_ras, dtype=array.dtype)
        image.header.set_xyzt_units("mm")
        return image

    @classmethod
    def from_nifti(cls, image: nibabel.Nifti1Image) -> Volume:
        """Make a volume from a three-dimensional NIfTI image."""
        array = np.asarray(image.dataobj).T
        i, j, k = image.shape
        return cls(np.ascontiguousarray(array), Grid.from_affine_lps(LPS_TO_RAS @ image.affine, (i, j, k)))


def damaged_nifti_errors() -> tuple[type[Exception], ...]:
    """Return what nibabel raises where a NIfTI file is missing, cut short, damaged, or none at all."""
    import zlib

    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError

    return OSError, EOFError, ValueError, zlib.error, ImageFileError, HeaderDataError


def box_of(start: tuple[int, int, int], size: tuple[int, int, int]) -> tuple[slice, slice, slice]:
    """Return the part (k, j, i) of an array that begins at voxel ``start`` (i, j, k) with ``size`` voxels."""
    i, j, k = (slice(s, s + n) for s, n in zip(start, size, strict=True))
    return k, j, i


def box_around(mask: NDArray[np.bool_], margin_voxels: Iterable[float]) -> tuple[slice, slice, slice] | None:
    """Return the part of an array that holds a mask and a margin; None if the mask is empty.

    Parameters
    ----------
    mask : bool array, shape (k, j, i)
    margin_voxels : iterable of float
        Along k, j, i, rounded up; cut off at the array's border.
    """
    plane: NDArray[np.bool_] = np.any(mask, axis=0)
    found = (np.flatnonzero(a) for a in (np.any(mask, axis=(1, 2)), np.any(plane, axis=1), np.any(plane, axis=0)))
    box = []
    for at, margin, length in zip(found, margin_voxels, mask.shape, strict=True):
        if len(at) == 0:
            return None
        more = int(np.ceil(margin))
        box.append(slice(max(int(at[0]) - more, 0), min(int(at[-1]) + 1 + more, length)))
    return box[0], box[1], box[2]


def widened(box: tuple[slice, ...], margin_voxels: Iterable[int]) -> tuple[slice, ...]:
    """Return a box with a margin along each axis; beyond an array's end it means the end."""
    return tuple(slice(max(part.start - n, 0), part.stop + n) for part, n in zip(box, margin_voxels, strict=True))


def neighbouring(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return what takes of a volume every voxel's next one along an axis, and what takes the voxels themselves."""
    ahead, behind = (
        tuple(part if n == axis else slice(None) for n in range(3)) for part in (slice(1, None), slice(None, -1))
    )
    return ahead, behind


def parts_holding(counted: NDArray[np.bool_], whole: NDArray[np.bool_], least: float = 1) -> NDArray[np.bool_]:
    """Return the connected parts of ``whole``, face to face, that hold at least so many of the counted voxels."""
    from scipy.ndimage import label

    parts, count = label(whole)
    enough = np.bincount(parts[counted], minlength=count + 1) >= least
    enough[0] = False
    return np.asarray(enough[parts])


def connected_voxels(voxels: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the number of the body, from 0, that each voxel belongs to; voxels touch face to face.

    Parameters
    ----------
    voxels : int array, shape (n,)
        Rising flat indices.
    shape : tuple of int
        Slices, rows, columns. Only the listed voxels take memory.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, rows, columns = shape
    at = np.unravel_index(voxels, shape)
    pairs = []
    for axis, step in enumerate((rows * columns, columns, 1)):
        inner = np.flatnonzero(at[axis] < shape[axis] - 1)
        place = np.searchsorted(voxels, voxels[inner] + step)
        place[place == len(voxels)] = 0
        touching = voxels[place] == voxels[inner] + step
        pairs.append(np.stack([inner[touching], place[touching]]))
    one, other = np.concatenate(pairs, axis=1)
    graph = coo_array((np.ones(len(one), bool), (one, other)), shape=(len(voxels),) * 2)
    return np.asarray(connected_components(graph, directed=False)[1])
