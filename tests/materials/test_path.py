import numpy as np
import pytest

from calcidect.geometry import Grid, Volume
from calcidect.materials import path_at_cm, slice_paths_cm, water_path
from materials.blocks import GRID, RADIUS_MM, cylinder, radius_mm

TWO_FINGERS = Grid((160, 64, 4), (0.5, 0.5, 0.5))


def water(inside: np.ndarray, grid: Grid) -> Volume:
    return Volume(np.where(inside, 0, -1000).astype(np.int16), grid)


def disc(x_mm: float, radius: float, grid: Grid = TWO_FINGERS) -> np.ndarray:
    i, j = (((np.arange(grid.size[a]) - (grid.size[a] - 1) / 2) * grid.spacing_mm[a]) for a in (0, 1))
    return np.broadcast_to(np.hypot(i[None, :] - x_mm, j[:, None]) < radius, grid.shape)


def middle_mm(grid: Grid, x_mm: float = 0.0) -> np.ndarray:
    return grid.point_of((np.array(grid.size) - 1) / 2 + (x_mm / grid.spacing_mm[0], 0, 0))


def slices(image: Volume) -> np.ndarray:
    return slice_paths_cm(water_path(image), image)


def mean_chord_cm(radius_cm: float, at_cm: np.ndarray) -> np.ndarray:
    """Length of the chord through a point of a disc, averaged over all directions."""
    angle = np.linspace(0, np.pi, 721)[:-1]
    return 2 * np.sqrt(radius_cm**2 - (at_cm[:, None] * np.sin(angle)) ** 2).mean(1)


@pytest.mark.parametrize("off_axis_mm", [0.0, 5.0, 10.0])
def test_a_point_in_a_cylinder_of_water_has_its_mean_chord(off_axis_mm: float) -> None:
    path = water_path(water(radius_mm() < RADIUS_MM, GRID))
    expected = mean_chord_cm(RADIUS_MM / 10, np.array([off_axis_mm / 10]))
    assert path_at_cm(path, middle_mm(GRID, off_axis_mm)) == pytest.approx(expected[0], rel=0.05)


def test_a_slice_has_the_median_of_its_body() -> None:
    radius_cm = RADIUS_MM / 10
    points = np.sqrt(np.linspace(0, 1, 2001)) * radius_cm  # even in area
    paths = slices(water(radius_mm() < RADIUS_MM, GRID))
    assert paths.shape == (GRID.size[2],)
    assert paths == pytest.approx(np.median(mean_chord_cm(radius_cm, points)), rel=0.05)


def test_a_neighbouring_finger_lengthens_the_path() -> None:
    alone, other = disc(18, 8), disc(-18, 8)
    one, two = (slices(water(m, TWO_FINGERS)).mean() for m in (alone, alone | other))
    assert 1.05 * one < two < 2 * one


def test_in_one_slice_a_thin_finger_has_a_shorter_path_than_a_thick_one() -> None:
    path = water_path(water(disc(-18, 12) | disc(22, 5), TWO_FINGERS))
    thick, thin = (float(path_at_cm(path, middle_mm(TWO_FINGERS, x))) for x in (-18.0, 22.0))
    assert thin < 0.7 * thick


def test_a_tilted_scan_with_uneven_steps_has_the_same_path() -> None:
    turn = np.array([[0.8, 0.6, 0.0], [-0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    grid = Grid((100, 50, 4), (0.4, 0.8, 0.6), (7.0, -90.0, 300.0), turn)
    path = water_path(water(disc(3, 10, grid), grid))
    assert path_at_cm(path, middle_mm(grid, 3.0)) == pytest.approx(2.0, rel=0.05)


def test_mineral_counts_two_and_a_half_times() -> None:
    plain, mineral = (slices(cylinder(ha=ha, noise_hu=(0.01, 0.01)).low) for ha in (0.0, 400.0))
    assert mineral / plain == pytest.approx((2.5 * 950 - 150 + 1000) / 1047, rel=0.05)  # 950 HU, 47 without


def test_beyond_the_map_the_nearest_cell_tells() -> None:
    path = water_path(water(radius_mm() < RADIUS_MM, GRID))
    far, end = (path_at_cm(path, middle_mm(GRID) + np.array([0, 0, z])) for z in (500.0, 9.0))
    assert far == pytest.approx(end)


def test_empty_slices_take_the_path_of_the_nearest_body() -> None:
    inside = np.array(radius_mm() < RADIUS_MM)
    inside[25:] = False
    paths = slices(water(inside, GRID))
    assert paths[-1] == pytest.approx(paths[0])


def test_a_scan_of_air_has_the_shortest_path() -> None:
    air = water(np.zeros(GRID.shape, bool), GRID)
    assert (water_path(air).array == 0.5).all()
    assert (slices(air) == 0.5).all()
