import numpy as np
import pytest

from calcidect.geometry import Grid, Volume
from calcidect.materials import MODEL, sensitivity
from calcidect.materials._local_rays import LocalRays
from materials.blocks import SN150, VMI

MAP = Volume(np.array([[[1.0, 5.0]], [[2.0, 8.0]]], np.float32), Grid((2, 1, 2), (2.0, 2.0, 2.0), (10.0, 0.0, 0.0)))


def places(*kji: tuple[int, int, int]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(kji).T)


def test_a_voxel_takes_the_path_of_its_nearest_cell() -> None:
    fine = Grid((8, 4, 4), (0.5, 0.5, 1.0), (10.0, 0.0, 0.0))
    rays = LocalRays.of(SN150, MAP, fine, {}, MODEL).at(places((0, 0, 1), (0, 3, 3), (3, 0, 7)))
    expected = [sensitivity(SN150, cm) for cm in (1.0, 5.0, 8.0)]
    for name in ("ha_low", "ha_high", "msu_low", "msu_high"):
        assert getattr(rays, name) == pytest.approx([getattr(k, name) for k in expected], rel=1e-6)


def test_a_part_of_an_image_has_the_same_rays() -> None:
    fine = Grid((8, 4, 4), (0.5, 0.5, 1.0), (10.0, 0.0, 0.0))
    whole, part = (LocalRays.of(SN150, MAP, grid, {}, MODEL) for grid in (fine, fine.cropped((4, 0, 2), (4, 4, 2))))
    assert part.at(places((1, 2, 3))).ha_low == whole.at(places((3, 2, 7))).ha_low


def test_beyond_the_map_its_last_cell_tells() -> None:
    fine = Grid((8, 4, 9), (0.5, 0.5, 1.0), (10.0, 0.0, 0.0))
    rays = LocalRays.of(SN150, MAP, fine, {}, MODEL).at(places((8, 0, 0)))
    assert rays.ha_low == pytest.approx(sensitivity(SN150, 2.0).ha_low, rel=1e-6)


def test_a_monoenergetic_image_has_the_same_rays_everywhere() -> None:
    rays = LocalRays.of(VMI, MAP, MAP.grid, {}, MODEL).at(places((0, 0, 0), (1, 0, 1)))
    assert rays.ha_low[0] == rays.ha_low[1] == pytest.approx(sensitivity(VMI, 1.0).ha_low, rel=1e-6)
