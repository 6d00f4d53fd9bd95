import numpy as np
import pytest

from calcidect.geometry import Grid, Volume
from calcidect.materials import slice_paths_cm
from materials.blocks import GRID, RADIUS_MM, cylinder, radius_mm


def water(inside: np.ndarray, grid: Grid) -> Volume:
    return Volume(np.where(inside, 0, -1000).astype(np.int16), grid)


def mean_chord_cm(radius_cm: float, at_cm: np.ndarray) -> np.ndarray:
    """Length of the chord through a point of a disc, averaged over all directions."""
    angle = np.linspace(0, np.pi, 721)[:-1]
    return 2 * np.sqrt(radius_cm**2 - (at_cm[:, None] * np.sin(angle)) ** 2).mean(1)


def test_a_cylinder_of_water_has_its_mean_chord() -> None:
    radius_cm = RADIUS_MM / 10
    points = np.sqrt(np.linspace(0, 1, 2001)) * radius_cm  # even in area
    expected = np.median(mean_chord_cm(radius_cm, points))
    paths = slice_paths_cm(water(radius_mm() < RADIUS_MM, GRID))
    assert paths.shape == (GRID.size[2],)
    assert paths == pytest.approx(expected, rel=0.05)


def test_a_neighbouring_finger_lengthens_the_path() -> None:
    grid = Grid((160, 64, 4), (0.5, 0.5, 0.5))
    x = (np.arange(160) - 79.5) * 0.5
    y = (np.arange(64) - 31.5) * 0.5
    alone = np.hypot(x[None, :] - 18, y[:, None]) < 8
    both = alone | (np.hypot(x[None, :] + 18, y[:, None]) < 8)
    one, two = (slice_paths_cm(water(np.broadcast_to(m, grid.shape), grid)).mean() for m in (alone, both))
    assert 1.05 * one < two < 2 * one


def test_denser_tissue_counts_for_more_water() -> None:
    plain, mineral = (slice_paths_cm(cylinder(ha=ha, noise_hu=(0.01, 0.01)).low) for ha in (0.0, 400.0))
    assert (mineral > 1.5 * plain).all()


def test_empty_slices_take_the_path_of_the_nearest_body() -> None:
    inside = np.array(radius_mm() < RADIUS_MM)
    inside[25:] = False
    paths = slice_paths_cm(water(inside, GRID))
    assert paths[-1] == pytest.approx(paths[0])


def test_a_scan_of_air_has_the_shortest_path() -> None:
    assert (slice_paths_cm(water(np.zeros(GRID.shape, bool), GRID)) == 0.5).all()
