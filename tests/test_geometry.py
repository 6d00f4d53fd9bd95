"""Where voxels lie: round trips through every reader and writer, and marks on a body whose sides are known."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from calcidect.geometry import Grid, Volume, box_around
from calcidect.phantom._dicom import write_pair
from calcidect.study import Pair, read_study
from support.dicom import KV80, SN150

settings.register_profile("any machine", deadline=None)  # a shared machine is slow at times
settings.load_profile("any machine")

FLIPS = [np.diag([a, b, c]).astype(float) for a in (1, -1) for b in (1, -1) for c in (1, -1)]


@st.composite
def directions(draw: st.DrawFn) -> np.ndarray:
    """Draw axes of any obliqueness, of either handedness, in any order."""
    angles = draw(st.tuples(*[st.floats(-180, 180)] * 3))
    axes = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    return axes[:, draw(st.permutations([0, 1, 2]))] @ draw(st.sampled_from(FLIPS))


@st.composite
def grids(draw: st.DrawFn, smallest: int = 1, largest: int = 6) -> Grid:
    size = draw(st.tuples(*[st.integers(smallest, largest)] * 3))
    spacing = draw(st.tuples(*[st.floats(0.2, 5)] * 3))
    origin = draw(st.tuples(*[st.floats(-500, 500)] * 3))
    return Grid(size, spacing, origin, draw(directions()))


def numbered(grid: Grid) -> Volume:
    """Return a volume in which each voxel has a value of its own."""
    return Volume(np.arange(np.prod(grid.size), dtype=np.int16).reshape(grid.shape), grid)


def all_indices(grid: Grid) -> np.ndarray:
    return np.indices(grid.size).reshape(3, -1).T


def assert_same_values_at_same_places(volume: Volume, other: Volume, tolerance_mm: float = 1e-3) -> None:
    """Check voxel by voxel, wherever each volume's axes point."""
    index = all_indices(volume.grid)
    there = other.grid.index_of(volume.grid.point_of(index))
    nearest = np.rint(there).astype(int)
    assert np.abs((there - nearest) * other.grid.spacing_mm).max() < tolerance_mm
    (i, j, k), (a, b, c) = index.T, nearest.T
    np.testing.assert_array_equal(volume.array[k, j, i], other.array[c, b, a])


class TestGrid:
    @given(grids())
    def test_a_point_is_found_again_by_its_index(self, grid: Grid) -> None:
        index = all_indices(grid) + 0.25
        np.testing.assert_allclose(grid.index_of(grid.point_of(index)), index, atol=1e-8)

    @given(grids())
    def test_its_matrix_says_the_same_as_its_parts(self, grid: Grid) -> None:
        again = Grid.from_affine_lps(grid.affine_lps, grid.size)
        assert again.is_same_as(grid, 1e-8)
        np.testing.assert_allclose(grid.affine_lps[:3, 3], grid.point_of((0, 0, 0)))
        np.testing.assert_allclose(grid.voxel_volume_mm3, abs(np.linalg.det(grid.affine_lps)))

    @given(grids(smallest=3))
    def test_a_part_keeps_its_place_and_its_values(self, grid: Grid) -> None:
        volume = numbered(grid)
        part = volume.cropped((1, 0, 2), (2, 3, 1))
        assert part.array.base is not None  # a view: cropping a study costs no memory
        assert_same_values_at_same_places(part, volume)

    @pytest.mark.parametrize(
        ("start", "size"), [((-1, 0, 0), (2, 2, 2)), ((0, 0, 3), (1, 1, 2)), ((0, 0, 0), (1, 0, 1))]
    )
    def test_a_part_outside_is_refused(self, start: tuple[int, int, int], size: tuple[int, int, int]) -> None:
        with pytest.raises(ValueError, match="does not lie inside"):
            Grid((4, 4, 4), (1, 1, 1)).cropped(start, size)

    def test_two_grids_are_the_same_up_to_a_tolerance_at_every_corner(self) -> None:
        grid = Grid((101, 2, 2), (1.0, 1.0, 1.0))
        turned = Grid((101, 2, 2), (1.0, 1.0, 1.0), direction=Rotation.from_euler("z", 0.01, degrees=True).as_matrix())
        assert grid.is_same_as(turned, tolerance_mm=0.02)
        assert not grid.is_same_as(turned, tolerance_mm=0.01)  # 100 mm away the turn shows: 0.017 mm
        assert not grid.is_same_as(Grid((100, 2, 2), (1.0, 1.0, 1.0)))

    @pytest.mark.parametrize(
        ("size", "spacing", "direction", "complaint"),
        [
            ((0, 1, 1), (1, 1, 1), None, "size"),
            ((1, 1, 1), (1, 0, 1), None, "spacing"),
            ((1, 1, 1), (1, np.nan, 1), None, "spacing"),
            ((1, 1, 1), (1, 1, 1), [[1, 0.1, 0], [0, 1, 0], [0, 0, 1]], "perpendicular"),
            ((1, 1, 1), (1, 1, 1), np.eye(3) * 2, "perpendicular"),
        ],
    )
    def test_what_is_no_grid_is_refused(
        self, size: tuple[int, int, int], spacing: tuple[float, float, float], direction: np.ndarray, complaint: str
    ) -> None:
        with pytest.raises(ValueError, match=complaint):
            Grid(size, spacing, direction=direction)

    def test_its_direction_can_not_be_changed(self) -> None:
        axes = np.eye(3)
        grid = Grid((2, 2, 2), (1, 1, 1), direction=axes)
        axes[0, 0] = -1
        assert grid.direction[0, 0] == 1
        with pytest.raises(ValueError, match="read-only"):
            grid.direction[0, 0] = -1

    def test_an_array_of_another_shape_is_refused(self) -> None:
        with pytest.raises(ValueError, match="shape"):
            Volume(np.zeros((4, 3, 2)), Grid((4, 3, 2), (1, 1, 1)))


class TestRoundTrips:
    @given(grids())
    def test_simpleitk(self, grid: Grid) -> None:
        volume = numbered(grid)
        image = volume.to_sitk()
        back = Volume.from_sitk(image)
        assert back.grid.is_same_as(grid, 1e-6)
        np.testing.assert_array_equal(back.array, volume.array)
        i, j, k = last = tuple(n - 1 for n in grid.size)
        np.testing.assert_allclose(image.TransformIndexToPhysicalPoint(last), grid.point_of(last), atol=1e-6)
        assert image[i, j, k] == volume.array[k, j, i]

    @given(grids())
    def test_nifti_in_memory(self, grid: Grid) -> None:
        volume = numbered(grid)
        image = volume.to_nifti()
        back = Volume.from_nifti(image)
        assert back.grid.is_same_as(grid, 1e-6)
        np.testing.assert_array_equal(back.array, volume.array)
        ras = nibabel.affines.apply_affine(image.affine, all_indices(grid))
        np.testing.assert_allclose(ras * [-1, -1, 1], grid.point_of(all_indices(grid)), atol=1e-6)

    @settings(max_examples=25)
    @given(grids())
    def test_nifti_files_lie_where_simpleitk_reads_them(self, grid: Grid) -> None:
        """ITK reads the file by its own code, so an error shared by our writer and reader shows."""
        volume = numbered(grid)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "volume.nii.gz")
            nibabel.save(volume.to_nifti(), path)
            ours, itks = Volume.from_nifti(nibabel.load(path)), Volume.from_sitk(sitk.ReadImage(path))
        # NIfTI stores single precision: 500 mm to about 0.0001 mm.
        assert_same_values_at_same_places(volume, ours, 1e-2)
        assert_same_values_at_same_places(volume, itks, 1e-2)

    @settings(max_examples=12)
    @given(grids(smallest=8, largest=9))
    def test_dicom(self, grid: Grid) -> None:
        low, high = with_bone(numbered(grid))
        with tempfile.TemporaryDirectory() as folder:
            write_pair(low, high, Pair(KV80, SN150), Path(folder), vendor="siemens_force", seed=1, thickness_mm=1.0)
            study = read_study(Path(folder))
            itks = read_with_itk(Path(folder, "low"))
        assert_same_values_at_same_places(low, study.low)
        assert_same_values_at_same_places(high, study.high)
        assert_same_values_at_same_places(low, itks)

    @pytest.mark.parametrize("convert", [Volume.to_sitk, Volume.to_nifti])
    def test_masks_become_bytes(self, convert: Callable[[Volume], object]) -> None:
        grid = Grid((3, 2, 2), (1, 1, 1))
        image = convert(Volume(np.eye(6, 2, dtype=bool).reshape(grid.shape), grid))
        values = sitk.GetArrayFromImage(image) if isinstance(image, sitk.Image) else np.asarray(image.dataobj)
        assert values.dtype == np.uint8
        assert values.sum() == 2


def with_bone(volume: Volume) -> tuple[Volume, Volume]:
    """Make half of a volume bone whose brightness tells the energies apart, all values still its own."""
    low = volume.array.copy()
    low[: len(low) // 2] += 1000
    return volume.like(low), volume.like((low / 2.2).astype(np.int16))


def read_with_itk(folder: Path) -> Volume:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return Volume.from_sitk(reader.Execute())


# The orientation oracle. Each mark is a ball of a brightness of its own at a place of a body that everyone knows.
# The places are those of the standard (PS3.3 C.7.6.2.1.1): x grows to the patient's left, y to the back, z to the head.
MARKS = {
    "left": (400, (9.0, 0.0, 0.0)),
    "right": (500, (-9.0, 0.0, 0.0)),
    "back": (600, (0.0, 9.0, 0.0)),
    "front": (700, (0.0, -9.0, 0.0)),
    "head": (800, (0.0, 0.0, 9.0)),
    "feet": (900, (0.0, 0.0, -9.0)),
}
PLANES = {  # the directions of rows, columns and slices as scanners store them
    "axial": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "coronal": [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
    "sagittal": [[0, 1, 0], [0, 0, -1], [-1, 0, 0]],
    "prone": [[-1, 0, 0], [0, -1, 0], [0, 0, 1]],
    "oblique": Rotation.from_euler("xyz", (20, -35, 50), degrees=True).as_matrix().T.tolist(),
}


def marked(plane: str, is_reversed: bool) -> Volume:
    """Return the marked body, scanned in a plane, with slices in either order."""
    direction = np.array(PLANES[plane], float).T
    if is_reversed:
        direction[:, 2] *= -1
    size, spacing = np.array([30, 28, 26]), np.array([1.0, 1.1, 1.2])
    origin = -direction @ ((size - 1) / 2 * spacing)
    grid = Grid(tuple(size), tuple(spacing), tuple(origin), direction)
    points = grid.point_of(all_indices(grid)).reshape(*grid.size, 3).transpose(2, 1, 0, 3)
    hu = np.full(grid.shape, -500, np.int16)
    for brightness, centre in MARKS.values():
        hu[np.linalg.norm(points - centre, axis=-1) < 3] = brightness
    return Volume(hu, grid)


def by_memory(volume: Volume) -> Iterator[tuple[str, Volume]]:
    yield "SimpleITK", Volume.from_sitk(volume.to_sitk())
    yield "nibabel", Volume.from_nifti(volume.to_nifti())


def by_files(volume: Volume, folder: Path) -> Iterator[tuple[str, Volume]]:
    nibabel.save(volume.to_nifti(), folder / "marks.nii.gz")
    sitk.WriteImage(volume.to_sitk(), folder / "marks.nrrd")
    yield "NIfTI by nibabel", Volume.from_nifti(nibabel.load(folder / "marks.nii.gz"))
    yield "NIfTI by ITK", Volume.from_sitk(sitk.ReadImage(folder / "marks.nii.gz"))
    yield "NRRD by ITK", Volume.from_sitk(sitk.ReadImage(folder / "marks.nrrd"))


def by_dicom(volume: Volume, folder: Path) -> Iterator[tuple[str, Volume]]:
    high = volume.like(np.where(volume.array > 0, volume.array / 1.9, volume.array).astype(np.int16))
    pair = Pair(KV80, SN150)
    write_pair(volume, high, pair, folder / "dicom", vendor="siemens_force", seed=1, thickness_mm=1.2)
    yield "DICOM by calcidect", read_study(folder / "dicom").low
    yield "DICOM by ITK", read_with_itk(folder / "dicom" / "low")


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("is_reversed", [False, True], ids=["forward", "reversed"])
def test_every_mark_lies_where_the_body_has_it(plane: str, is_reversed: bool, tmp_path: Path) -> None:
    volume = marked(plane, is_reversed)
    for way in (by_memory(volume), by_files(volume, tmp_path), by_dicom(volume, tmp_path)):
        for name, seen in way:
            for mark, (brightness, centre) in MARKS.items():
                k, j, i = np.nonzero(seen.array == brightness)
                found = seen.grid.point_of(np.stack([i, j, k], axis=1)).mean(axis=0)
                assert np.abs(found - centre).max() < 0.3, f"{mark} by {name}"


@pytest.mark.parametrize("plane", PLANES)
def test_in_nifti_left_is_negative_and_front_is_positive(plane: str) -> None:
    """NIfTI's own words (RAS+), by nibabel's arithmetic and none of ours."""
    image = marked(plane, is_reversed=False).to_nifti()
    values = np.asarray(image.dataobj)
    for mark, axis, sign in (("left", 0, -1), ("front", 1, 1), ("head", 2, 1)):
        index = np.argwhere(values == MARKS[mark][0])
        found = nibabel.affines.apply_affine(image.affine, index).mean(axis=0)
        assert abs(found[axis] - sign * 9.0) < 0.3


def test_a_box_holds_its_mask_with_a_margin_and_ends_at_the_border():
    mask = np.zeros((10, 12, 14), bool)
    mask[3:5, 0, 12] = True
    assert box_around(mask, (1.2, 0.0, 3.0)) == (slice(1, 7), slice(0, 1), slice(9, 14))
    assert box_around(np.zeros_like(mask), (1.0, 1.0, 1.0)) is None
