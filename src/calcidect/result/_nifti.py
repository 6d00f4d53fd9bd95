"""Label and material volumes as NIfTI-1 files whose bytes depend on nothing but the volume.

Material maps are stored as unsigned 16-bit steps of 0.1 mg/cm3 (``scl_slope`` 0.1), half the size of float32
and far below the noise of any scan. They end at 6553.5 mg/cm3; the densest crystal here, hydroxyapatite,
is 3160 mg/cm3 (solid HA), so that only metal is cut.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from calcidect.geometry import LPS_TO_RAS, Grid, Volume
from calcidect.materials import QUANTITIES, Concentrations
from calcidect.result._types import RESEARCH_USE_ONLY

CONCENTRATION_STEP_MG_PER_CM3 = 0.1
_COMPRESSION = 1  # on mostly empty volumes level 1 is 3 times faster than 6, and the files are hardly larger


def write_labels(path: Path, labels: Volume) -> None:
    """Write a volume of whole numbers as it is."""
    _write(path, labels, slope=None)


def write_concentration(path: Path, mg_per_cm3: Volume) -> None:
    """Write a material map, rounded to 0.1 mg/cm3."""
    _write(path, _in_steps(mg_per_cm3), slope=CONCENTRATION_STEP_MG_PER_CM3)


def _in_steps(mg_per_cm3: Volume) -> Volume:
    """Return a material map as whole steps of 0.1 mg/cm3, uint16."""
    highest = np.iinfo(np.uint16).max
    stored = np.empty(mg_per_cm3.array.shape, np.uint16)
    for plane, out in zip(mg_per_cm3.array, stored, strict=True):  # by slices: no second float copy
        np.clip(np.rint(plane / CONCENTRATION_STEP_MG_PER_CM3), 0, highest, out=out, casting="unsafe")
    return mg_per_cm3.like(stored)


def packed_nifti(volume: Volume, step: float | None = None) -> bytes:
    """Return a volume of whole numbers as the bytes of a ``.nii.gz`` file; readers multiply by ``step`` if given."""
    file = io.BytesIO()
    _pack_slices(file, volume.array, volume.grid, volume.array.dtype, step)
    return file.getvalue()


def write_slices(path: Path, slices: Iterable[NDArray[Any]], grid: Grid, kind: type[np.integer[Any]]) -> None:
    """Write a volume of whole numbers that is made slice by slice, and never held whole.

    Raises
    ------
    ValueError
        If there are not as many slices, of the shape and type, as the grid has.
    """
    with path.open("wb") as file:
        _pack_slices(file, slices, grid, np.dtype(kind), slope=None)


def _write(path: Path, volume: Volume, slope: float | None) -> None:
    with path.open("wb") as file:
        _pack_slices(file, volume.array, volume.grid, volume.array.dtype, slope)


def _pack_slices(
    file: BinaryIO, slices: Iterable[NDArray[Any]], grid: Grid, kind: np.dtype[Any], slope: float | None
) -> None:  # fmt: skip
    header = _header(grid, kind)
    header["descrip"] = f"calcidect: {RESEARCH_USE_ONLY}".encode()
    header["vox_offset"] = 352  # 348 bytes of header and 4 that say 'no extensions'
    header["scl_slope"], header["scl_inter"] = (slope, 0) if slope else (1, 0)
    written = 0
    # A gzip header holds a file name and a time unless it is told not to.
    with gzip.GzipFile("", "wb", _COMPRESSION, file, mtime=0) as packed:
        packed.write(header.as_byteswapped("<").binaryblock)
        packed.write(b"\0\0\0\0")
        for plane in slices:
            if plane.shape != grid.shape[1:] or plane.dtype != kind:
                raise ValueError(f"A slice is {plane.dtype} of {plane.shape}, not {kind} of {grid.shape[1:]}.")
            packed.write(np.ascontiguousarray(plane, kind.newbyteorder("<")).data)
            written += 1
    if written != grid.shape[0]:
        raise ValueError(f"{written} slices were made for a grid of {grid.shape[0]}.")


def _header(grid: Grid, kind: np.dtype[Any]) -> Any:
    """Return the NIfTI-1 header of a volume that lies on a grid."""
    import nibabel

    header: Any = nibabel.Nifti1Header()
    header.set_data_dtype(kind)
    header.set_data_shape(grid.size)
    header.set_xyzt_units("mm")
    for set_place in (header.set_qform, header.set_sform):  # some programs read the one, some the other
        set_place(grid.affine_ras, code="scanner")
    return header


def read_labels(path: Path, grid: Grid) -> Volume:
    """Read a volume of whole numbers that must lie on ``grid``."""
    return Volume(_stored(path, grid), grid)


def read_concentrations(folder: Path, grid: Grid) -> Concentrations:
    """Read the four material maps, mg/cm3, as float32: of the voxels in which at least one is not 0."""
    parts = []
    for quantity in QUANTITIES:  # one dense volume at a time
        stored = _stored(folder / f"{quantity}.nii.gz", grid).reshape(-1)
        here = np.flatnonzero(stored)
        parts.append((here, stored[here] * np.float32(CONCENTRATION_STEP_MG_PER_CM3)))
    voxels = np.unique(np.concatenate([here for here, _ in parts]))
    values = np.zeros((len(parts), len(voxels)), np.float32)
    for row, (here, concentrations) in zip(values, parts, strict=True):
        row[np.searchsorted(voxels, here)] = concentrations
    return Concentrations(grid, voxels, *values)


def _stored(path: Path, grid: Grid) -> NDArray[Any]:
    """Return the stored numbers, shape (slices, rows, columns), after checking where they lie."""
    import nibabel

    image: Any = nibabel.load(path)
    place = Grid.from_affine_lps(LPS_TO_RAS @ image.affine, image.shape)
    if not place.is_same_as(grid):
        raise ValueError("A volume does not lie where findings.json says.")
    return np.ascontiguousarray(image.dataobj.get_unscaled().T)
