"""However a scan was stacked, turned, cropped or tilted: what it shows comes to lie where it was, in LPS mm."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread

from calcidect.errors import StudyRefusedError
from calcidect.geometry import Grid, Volume
from calcidect.phantom._dicom import ScanLabels, write_scan
from calcidect.settings import StudySettings
from calcidect.study import Study, read_study
from support.blocks import BONE, MARKS, RATIO, SOFT, excess, marks_of, pair_on, points_of, scene
from support.dicom import KV80, SN150, change, set_values, small_grid, small_pair, write_small

POSES = ("HFS", "HFP", "FFS", "FFP", "HFDR", "FFDL")
ORDERS = ("forwards", "backwards", "shuffled")


def write(folder: Path, low: Volume, high: Volume, pose: str = "HFP") -> Path:
    """Write two energies, each on its own grid."""
    images = [("low", KV80, low), ("high", SN150, high)]
    labels = ScanLabels(patient_position=pose)
    write_scan(images, folder, vendor="siemens_force", seed=7, thickness_mm=0.75, labels=labels)
    return folder


def codes(study: Study) -> set[str]:
    return {notice.code for notice in study.notices}


def refusal(folder: Path, study_settings: StudySettings | None = None) -> StudyRefusedError:
    with pytest.raises(StudyRefusedError) as caught:
        read_study(folder, study_settings)
    assert all(text.endswith(".") for text in (caught.value.found, caught.value.expected, caught.value.remedy))
    return caught.value


def centred(size: Sequence[int], spacing: Sequence[float], at: Sequence[float] = (0, 0, 0)) -> Grid:
    """Return an axial grid whose middle lies at a point, in mm."""
    origin = [-(n - 1) / 2 * mm + shift for n, mm, shift in zip(size, spacing, at, strict=True)]
    return Grid(tuple(size), tuple(spacing), tuple(origin))  # type: ignore[arg-type]


def rotation(degrees: Sequence[float]) -> np.ndarray:
    turn = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees)):
        one = np.eye(3)
        first, second = [a for a in range(3) if a != axis]
        one[[first, second], [first, second]] = np.cos(angle)
        one[first, second], one[second, first] = -np.sin(angle), np.sin(angle)
        turn = one @ turn
    return turn


LOW_GRID = centred((60, 56, 38), (0.5, 0.5, 0.75))


class TestOneGrid:
    @settings(max_examples=15, deadline=None)
    @given(
        axes=st.permutations(range(3)),
        signs=st.tuples(*[st.sampled_from((-1, 1))] * 3),
        degrees=st.one_of(st.just((0.0, 0.0, 0.0)), st.tuples(*[st.floats(-40, 40)] * 3)),
        pose=st.sampled_from(POSES),
        order=st.sampled_from(ORDERS),
    )
    def test_marks_lie_where_they_were_whatever_the_planes_the_pose_and_the_order(
        self, axes: list[int], signs: tuple[int, int, int], degrees: tuple[float, float, float], pose: str, order: str
    ) -> None:
        direction = rotation(degrees) @ (np.eye(3)[:, axes] * signs)
        grid = small_grid(direction, size=(18, 14, 12))
        low, high = small_pair(grid=grid)
        marks = _mark_ends(low)
        with TemporaryDirectory() as folder:
            write(Path(folder), low, high, pose)
            _number_anew(Path(folder), order)
            study = read_study(Path(folder))
        found = {
            name: study.low.grid.point_of(np.argwhere(study.low.array == hu)[0][::-1]) for name, hu in _MARK_HU.items()
        }
        for name, point in marks.items():
            np.testing.assert_allclose(found[name], point, atol=0.01)
        assert found["left"][0] > found["right"][0]
        assert found["posterior"][1] > found["anterior"][1]
        assert found["head"][2] > found["left"][2] - 1e-6
        assert codes(study) == set()

    def test_a_turned_image_of_one_energy_is_turned_back(self, tmp_path: Path) -> None:
        low, high = small_pair()
        i, j, k = low.grid.size
        seen_from_the_other_side = Grid(
            (j, i, k),
            tuple(low.grid.spacing_mm[a] for a in (1, 0, 2)),
            tuple(low.grid.point_of((0, 0, k - 1))),
            low.grid.direction[:, [1, 0, 2]] * [1, 1, -1],
        )
        turned = Volume(high.array[::-1].transpose(0, 2, 1), seen_from_the_other_side)
        study = read_study(write(tmp_path, low, turned))
        np.testing.assert_array_equal(study.high.array, np.maximum(high.array, -1024))
        assert study.low.grid.is_same_as(low.grid, 1e-6)
        assert codes(study) == set()


class TestCrop:
    def test_slices_and_columns_of_one_energy_alone_are_cut_off_to_the_bit(self, tmp_path: Path) -> None:
        low, high = pair_on(LOW_GRID)
        study = read_study(
            write(tmp_path, low.cropped((0, 0, 0), (60, 56, 35)), high.cropped((3, 0, 4), (57, 54, 34))),
            StudySettings(minimum_body_overlap_fraction=0.5),
        )
        np.testing.assert_array_equal(study.low.array, low.array[4:35, :54, 3:])
        np.testing.assert_array_equal(study.high.array, high.array[4:35, :54, 3:])
        assert study.low.grid.is_same_as(LOW_GRID.cropped((3, 0, 4), (57, 54, 31)), 1e-6)
        assert codes(study) == {"cropped"}
        notice = next(n for n in study.notices if n.code == "cropped")
        assert "57 x 54 x 31 voxels" in notice.message
        assert "% of that of 80 kV and" in notice.message

    def test_a_last_slice_that_one_energy_lacks_is_cut_off(self, tmp_path: Path) -> None:
        folder = write_small(tmp_path)
        (folder / "high" / "00012.dcm").unlink()
        study = read_study(folder)
        assert study.low.grid.size == (24, 20, 11)
        assert codes(study) == {"cropped"}

    def test_a_body_that_one_energy_covers_only_in_part_is_refused(self, tmp_path: Path) -> None:
        low, high = pair_on(LOW_GRID)
        error = refusal(write(tmp_path, low, high.cropped((0, 0, 12), (60, 56, 26))))
        assert error.code == "grids_differ"
        assert "% of that of 80 kV and 0 % of that of Sn150 kV" in error.found

    def test_images_of_other_places_are_refused(self, tmp_path: Path) -> None:
        low, _ = pair_on(LOW_GRID)
        error = refusal(write(tmp_path, low, scene(centred((60, 56, 38), (0.5, 0.5, 0.75), (18, 0, 0)), RATIO)))
        assert error.code == "grids_differ"
        assert "% of the smaller one's volume in common" in error.found


OTHER_GRIDS = {
    "between the slices": centred((60, 56, 38), (0.5, 0.5, 0.75), (0, 0, 0.375)),
    "between the pixels": centred((60, 56, 38), (0.5, 0.5, 0.75), (0.25, 0.2, 0)),
    "a larger field of view": centred((62, 58, 38), (0.6, 0.6, 0.75)),
    "a smaller field of view": centred((72, 68, 38), (0.4, 0.4, 0.75)),
    "slices farther apart": centred((60, 56, 30), (0.5, 0.5, 1.0)),
    "all at once": centred((61, 57, 52), (0.58, 0.58, 0.6), (0.1, -0.2, 0.3)),
}


class TestOtherGrids:
    @pytest.mark.parametrize("name", OTHER_GRIDS)
    def test_are_interpolated_keeping_places_density_and_mass(self, tmp_path: Path, name: str) -> None:
        low, high = pair_on(LOW_GRID, OTHER_GRIDS[name])
        set_aside = StudySettings(maximum_thickness_ratio=1.5)  # slices 1.0 mm apart would have gaps of 0.25 mm
        study = read_study(write(tmp_path, low, high), set_aside)
        grid = study.low.grid
        start = np.rint(LOW_GRID.index_of(grid.origin_mm)).astype(int)
        assert grid.is_same_as(LOW_GRID.cropped(tuple(start), grid.size), 1e-6)
        np.testing.assert_array_equal(
            study.low.array, low.cropped(tuple(start), grid.size).array.clip(study.low.array.min())
        )
        assert "resampled" in codes(study)
        truth = scene(grid, RATIO)
        inside = BONE.share_at(points_of(grid)) > 0.999
        assert study.high.array[inside].mean() == pytest.approx(truth.array[inside].mean(), rel=0.002)
        assert excess(study.high) == pytest.approx(excess(truth), rel=0.002)
        assert np.abs(study.high.array - truth.array.clip(-1024)).max() < 25  # linear interpolation: up to 130 HU
        for mark, point in marks_of(study.high).items():
            np.testing.assert_allclose(point, MARKS[mark], atol=0.03)

    @pytest.mark.parametrize(
        ("grid", "values", "why"),
        [
            (centred((40, 38, 38), (0.76, 0.76, 0.75)), {}, "pixels measure 0.50 and 0.76 mm"),
            (centred((60, 56, 24), (0.5, 0.5, 1.2)), {"SliceThickness": 1.2}, "slices lie 0.75 and 1.20 mm apart"),
            (centred((60, 56, 30), (0.5, 0.5, 1.0)), {}, "gaps between slices of 0.75 mm"),
            (LOW_GRID, {"SliceThickness": 1.0}, "slices are 0.75 and 1 mm thick"),
            (Grid((60, 38, 56), (0.5, 0.75, 0.5), (-15, -14, -14), np.eye(3)[:, [0, 2, 1]]), {}, "different planes"),
            (
                Grid(LOW_GRID.size, LOW_GRID.spacing_mm, LOW_GRID.origin_mm, rotation((0, 0, 1.0))),
                {},
                "turned or tilted against each other",
            ),
        ],
    )
    def test_too_unlike_are_refused_with_the_reason(
        self, tmp_path: Path, grid: Grid, values: dict[str, float], why: str
    ) -> None:
        folder = write(tmp_path, *pair_on(LOW_GRID, grid))
        if values:
            set_values(folder / "high", **values)
        error = refusal(folder, StudySettings(maximum_thickness_ratio=1.7) if "apart" in why else None)
        assert error.code == "grids_differ"
        assert why in error.found

    def test_a_clipped_plateau_stays_one_and_no_more_is_called_clipped(self, tmp_path: Path) -> None:
        low, high = pair_on(LOW_GRID, OTHER_GRIDS["between the pixels"])
        points = points_of(high.grid)
        stone = (np.abs(points - BONE.centre_mm) <= 1.6).all(-1)
        high.array[stone] = 4000
        low.array[(np.abs(points_of(low.grid) - BONE.centre_mm) <= 1.6).all(-1)] = 4000
        study = read_study(write(tmp_path, low, high), StudySettings(minimum_bone_ratio=1.01))
        clipped = np.count_nonzero(study.high.array == 3071)
        assert study.high.array.max() == 3071
        assert clipped == pytest.approx(np.count_nonzero(stone), rel=0.25)


class TestFramesOfReference:
    def test_two_with_bones_in_the_same_places_are_taken_as_one_and_told(self, tmp_path: Path) -> None:
        folder = write(tmp_path, *pair_on(LOW_GRID))
        set_values(folder / "high", FrameOfReferenceUID="1.2.3")
        assert codes(read_study(folder)) == {"frames_differ"}

    def test_two_with_bones_in_other_places_are_refused(self, tmp_path: Path) -> None:
        low, high = pair_on(LOW_GRID)
        folder = write(tmp_path, low, high.like(np.roll(high.array, 4, axis=2)))
        set_values(folder / "high", FrameOfReferenceUID="1.2.3")
        error = refusal(folder)
        assert (error.code, "different frames of reference" in error.found) == ("frames_differ", True)

    def test_two_on_different_grids_are_refused(self, tmp_path: Path) -> None:
        folder = write(tmp_path, *pair_on(LOW_GRID, OTHER_GRIDS["between the slices"]))
        set_values(folder / "high", FrameOfReferenceUID="1.2.3")
        error = refusal(folder)
        assert (error.code, "frames of reference" in error.found) == ("no_pair", True)


class TestTilt:
    @pytest.mark.parametrize("degrees", [18.5, -10.0, 30.0])
    def test_is_straightened_in_both_energies_alike(self, tmp_path: Path, degrees: float) -> None:
        study = read_study(write_tilted(tmp_path, degrees))
        assert codes(study) == {"gantry_tilt_resampled"}
        message = next(n.message for n in study.notices if n.code == "gantry_tilt_resampled")
        assert f"{abs(degrees):.1f} degrees" in message
        for volume, ratio in ((study.low, 1.0), (study.high, RATIO)):
            for mark, point in marks_of(volume).items():
                np.testing.assert_allclose(point, MARKS[mark], atol=0.1)
            truth = scene(volume.grid, ratio)
            inside = SOFT.share_at(points_of(volume.grid)) > 1e-6
            truth.array[~inside] = volume.array[~inside] = -1000  # beside the slices there is -1024 HU
            assert excess(volume) == pytest.approx(excess(truth), rel=0.005)
            assert np.abs(volume.array - truth.array)[inside].max() < 25

    def test_may_be_refused_by_a_setting(self, tmp_path: Path) -> None:
        error = refusal(write_tilted(tmp_path, 12.0), StudySettings(maximum_tilt_degrees=10))
        assert (error.code, "12.0 degrees" in error.found) == ("gantry_tilt", True)

    def test_that_would_fill_the_memory_is_refused(self, tmp_path: Path) -> None:
        folder = write_tilted(tmp_path, 12.0)
        set_values(folder, PixelSpacing=[0.01, 0.01])
        assert refusal(folder).code == "slices_shifted"

    def test_of_one_energy_alone_is_refused(self, tmp_path: Path) -> None:
        folder = write_tilted(tmp_path, 12.0)
        first = dcmread(folder / "high" / "00001.dcm")
        change(folder / "high", lambda d, _: setattr(d, "ImagePositionPatient", _above(d, first)))
        error = refusal(folder)
        assert (error.code, "tilted against each other" in error.found) == ("grids_differ", True)

    def test_with_slices_that_one_energy_lacks_is_cropped_and_straightened(self, tmp_path: Path) -> None:
        folder = write_tilted(tmp_path, 12.0)
        for number in (1, 2):
            (folder / "high" / f"{number:05d}.dcm").unlink()
        study = read_study(folder)
        assert codes(study) == {"gantry_tilt_resampled", "cropped"}
        for mark, point in marks_of(study.high).items():
            np.testing.assert_allclose(point, MARKS[mark], atol=0.1)


class TestCopies:
    def test_of_images_under_another_name_are_left_out_and_counted(self, tmp_path: Path) -> None:
        alone = read_study(write_small(tmp_path / "alone"))
        folder = write_small(tmp_path / "twice")
        for number in range(1, 13):
            dataset = dcmread(folder / "low" / f"{number:05d}.dcm")
            dataset.SOPInstanceUID = f"1.2.3.{number}"
            dataset.InstanceNumber = 100 + number
            dataset.save_as(folder / "low" / f"copy{number}.dcm")
        study = read_study(folder)
        np.testing.assert_array_equal(study.low.array, alone.low.array)
        (notice,) = study.notices
        assert notice.message == "12 images of the 80 kV series repeat another pixel for pixel and were left out."


_MARK_HU = {"left": 2001, "right": 2002, "posterior": 2003, "anterior": 2004, "head": 2005}


def _mark_ends(volume: Volume) -> dict[str, np.ndarray]:
    """Make the voxel that lies farthest to each side a mark, and return where it lies in LPS mm."""
    points = points_of(volume.grid)
    toward = {"left": (0, 1), "right": (0, -1), "posterior": (1, 1), "anterior": (1, -1), "head": (2, 1)}
    marks: dict[str, np.ndarray] = {}
    for name, (axis, sign) in toward.items():
        free = np.where(volume.array > 2000, -np.inf, sign * points[..., axis])
        index = np.unravel_index(np.argmax(free), free.shape)
        volume.array[index] = _MARK_HU[name]
        marks[name] = points[index]
    return marks


def _number_anew(folder: Path, order: str) -> None:
    """Give images names and instance numbers in another order."""
    for part in ("low", "high"):
        paths = sorted((folder / part).glob("*.dcm"))
        numbers = np.arange(len(paths))
        if order == "backwards":
            numbers = numbers[::-1]
        elif order == "shuffled":
            numbers = np.random.default_rng(3).permutation(numbers)
        for path, number in zip(paths, numbers, strict=True):
            dataset = dcmread(path)
            dataset.InstanceNumber = int(number) + 1
            dataset.SliceLocation = float(number)
            path.unlink()
            dataset.save_as(folder / part / f"x{number:03d}")


def write_tilted(folder: Path, degrees: float) -> Path:
    """Write the scene as a gantry tilted about x sees it: the planes lean, the table moves along z."""
    direction = rotation((-degrees, 0, 0))
    step = direction.T @ [0, 0, 0.75]  # along columns (none), rows and normal
    size = (60, 76, 46)
    middle = direction @ [29.5 * 0.5, 37.5 * 0.5, 0] + 22.5 * np.array([0, 0, 0.75])
    grid = Grid(size, (0.5, 0.5, float(step[2])), tuple(-middle), direction)
    write(folder, *pair_on(grid, None, (0.0, float(step[1]))))

    def move(dataset: Dataset, _: int) -> None:
        k = int(dataset.InstanceNumber) - 1
        dataset.ImagePositionPatient = [round(float(value), 9) for value in k * np.array([0, 0, 0.75]) - middle]

    change(folder, move)
    return folder


def _above(dataset: Dataset, first: Dataset) -> list[float]:
    """Return the position of an image straight above the first."""
    row, column = np.reshape([float(value) for value in dataset.ImageOrientationPatient], (2, 3))
    normal = np.cross(row, column)
    start, position = (np.array([float(v) for v in d.ImagePositionPatient]) for d in (first, dataset))
    return [round(float(value), 9) for value in start + normal * ((position - start) @ normal)]
