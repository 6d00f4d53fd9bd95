import numpy as np
import pytest

from calcidect.geometry import Grid, Volume
from calcidect.materials import SoftTissue
from calcidect.materials._halo import find_mineral, grown
from calcidect.materials._host_map import HostMap, map_host
from calcidect.study import Study, Subject
from materials.blocks import SN150

GRID = Grid((60, 60, 30), (0.5, 0.5, 1.0))
TISSUE = SoftTissue((20.0, 15.0), (60.0, 54.0), 1.0)
NOISE_HU2 = np.diag([400.0, 225.0])


def host_of(low_hu: np.ndarray, soft: np.ndarray) -> HostMap:
    rng = np.random.default_rng(5)
    low, high = (Volume(hu + rng.normal(0, sd, GRID.shape), GRID) for hu, sd in ((low_hu, 20), (0.6 * low_hu, 15)))
    study = Study(low, high, SN150, Subject("block"), None, "0", "0")
    return map_host(study, soft, TISSUE, NOISE_HU2)


def test_an_even_host_is_told_beneath_mineral_and_is_certain() -> None:
    soft = np.ones(GRID.shape, bool)
    soft[10:20, 20:40, 20:40] = False
    host = host_of(np.full(GRID.shape, -100.0), soft)
    assert host.low_hu[15, 10, 10] == pytest.approx(-100, abs=4)
    assert host.high_hu[15, 10, 10] == pytest.approx(-60, abs=4)
    assert np.sqrt(host.low_hu2[15, 10, 10]) < 8


def test_either_side_of_a_border_keeps_its_own_host_and_the_border_is_uncertain() -> None:
    low = np.broadcast_to(np.where(np.arange(60) < 30, -100.0, 60.0), GRID.shape)
    host = host_of(low, np.ones(GRID.shape, bool))
    assert host.low_hu[15, 10, 3] == pytest.approx(-100, abs=5)
    assert host.low_hu[15, 10, 16] == pytest.approx(60, abs=5)
    assert np.sqrt(host.low_hu2[15, 10, 10]) == pytest.approx(40, rel=0.3)  # half the unevenness of 80
    assert host.both_hu2[15, 10, 10] == pytest.approx(0.6 * host.low_hu2[15, 10, 10], rel=0.1)


def test_far_from_soft_tissue_the_nearest_still_tells_and_without_any_the_whole_scan_does() -> None:
    soft = np.zeros(GRID.shape, bool)
    assert host_of(np.full(GRID.shape, -100.0), soft).low_hu == pytest.approx(60.0)
    soft[:, :, :4] = True
    assert host_of(np.full(GRID.shape, -100.0), soft).low_hu[15, 10, 19] == pytest.approx(-100, abs=10)


def test_single_voxels_above_the_threshold_are_noise_and_four_together_mineral() -> None:
    array = np.zeros(GRID.shape)
    array[5, 5, 5] = 500
    array[15, 15:17, 15:17] = 500
    found = find_mineral(Volume(array, GRID), 200.0)
    assert np.argwhere(found).tolist() == np.argwhere(array * (np.arange(30) > 10)[:, None, None]).tolist()


def test_a_mask_grows_by_millimetres_along_every_axis() -> None:
    mask = np.zeros(GRID.shape, bool)
    mask[15, 30, 30] = True
    found = np.argwhere(grown(mask, GRID.spacing_mm))
    assert (found.min(0).tolist(), found.max(0).tolist()) == ([14, 28, 28], [16, 32, 32])
