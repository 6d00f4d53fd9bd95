import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calcidect.materials import count_clipped, decompose, in_host, sensitivity
from calcidect.materials._decompose import solve_crystals
from calcidect.materials._ray import distance_sd
from calcidect.phantom._attenuation import Tissue
from calcidect.settings import Settings
from calcidect.study import Pair
from materials.blocks import GRID, KV140, SN150, VMI, cylinder, radius_mm

CORE = radius_mm() < 4.0


def core(value: float) -> np.ndarray:
    return np.where(CORE, value, 0.0)


def assert_found(pair: Pair, ha: float, msu: float) -> None:
    maps = decompose(cylinder(pair, ha=core(ha), msu=core(msu), noise_hu=(0.01, 0.01)))
    tolerance = 0.03 * (ha + msu) + 8  # the whole HU of a stored image, and the path of the slice
    assert np.median(maps.hydroxyapatite.array[CORE]) == pytest.approx(ha, abs=tolerance)
    assert np.median(maps.urate.array[CORE]) == pytest.approx(msu, abs=tolerance)


@pytest.mark.parametrize("pair", [SN150, KV140, VMI], ids=lambda pair: pair.name)
@pytest.mark.parametrize(("ha", "msu"), [(300.0, 0.0), (900.0, 0.0), (0.0, 700.0)])
def test_one_crystal_is_found_without_noise(pair: Pair, ha: float, msu: float) -> None:
    assert_found(pair, ha, msu)


@pytest.mark.parametrize("pair", [SN150, VMI], ids=lambda pair: pair.name)
def test_a_mixture_is_found_where_the_energies_are_far_apart(pair: Pair) -> None:
    assert_found(pair, 200.0, 500.0)


def test_the_mean_of_a_dense_deposit_is_right_with_noise() -> None:
    maps = decompose(cylinder(ha=core(500.0)))
    assert maps.hydroxyapatite.array[CORE].mean() == pytest.approx(500.0, rel=0.03)
    assert maps.urate.array[CORE].mean() < 15.0


def test_the_mean_of_a_tophus_is_right_with_noise() -> None:
    maps = decompose(cylinder(msu=core(800.0)))
    assert maps.urate.array[CORE].mean() == pytest.approx(800.0, rel=0.03)
    assert maps.hydroxyapatite.array[CORE].mean() < 15.0


def test_the_collagen_of_cortical_bone_is_not_taken_for_urate() -> None:
    maps = decompose(cylinder(tissue=np.where(CORE, Tissue.MATRIX, Tissue.MUSCLE), ha=core(1100.0)))
    assert np.median(maps.urate.array[CORE]) == 0.0
    assert maps.hydroxyapatite.array[CORE].mean() == pytest.approx(1100.0, rel=0.08)


def test_maps_are_float32_on_the_grid_and_zero_outside_mineral() -> None:
    study = cylinder(ha=core(500.0))
    maps = decompose(study)
    for crystal in (maps.hydroxyapatite, maps.urate):
        assert crystal.array.dtype == np.float32
        assert crystal.grid is study.low.grid
        assert not crystal.array[study.low.array < Settings().materials.mineral_threshold_hu].any()
    assert maps.low is study.low


def test_the_noise_the_paths_and_the_sensitivity_travel_with_the_maps() -> None:
    maps = decompose(cylinder())
    assert maps.soft_tissue.noise_hu == pytest.approx((25.0, 20.0), rel=0.06)
    assert maps.soft_tissue.correlated_voxels == pytest.approx(1.0, abs=0.2)
    assert len(maps.slice_path_cm) == GRID.size[2]
    assert maps.sensitivity == sensitivity(SN150, float(np.median(maps.slice_path_cm)))


def test_progress_runs_from_nothing_to_all() -> None:
    seen: list[float] = []
    decompose(cylinder(), progress=lambda step, fraction: seen.append(fraction))
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    assert seen == sorted(seen)


def test_where_the_low_energy_is_clipped_the_high_energy_tells() -> None:
    study = cylinder(ha=core(1600.0), noise_hu=(1.0, 1.0))
    assert study.low.array.max() == 3071
    maps = decompose(study)
    assert np.median(maps.hydroxyapatite.array[CORE]) == pytest.approx(1600.0, rel=0.04)
    assert not maps.urate.array[CORE & (study.low.array >= 3071)].any()


def test_clipped_voxels_are_counted() -> None:
    study = cylinder(ha=core(1600.0), noise_hu=(1.0, 1.0))
    maps = decompose(study)
    assert maps.clipped_voxels == count_clipped(study) == (CORE.sum(), 0)
    assert maps.notices == (), "the study room has told of it"


def test_nothing_is_said_of_a_usual_scan() -> None:
    assert decompose(cylinder(ha=core(500.0))).notices == ()


@given(ha=st.floats(1, 1500), msu=st.floats(1, 1500))
def test_a_mixture_far_from_both_crystals_is_solved_exactly(ha: float, msu: float) -> None:
    s = in_host(sensitivity(SN150, 3.0), 47.0, 42.0)
    low, high = s.ha_low * ha + s.msu_low * msu, s.ha_high * ha + s.msu_high * msu
    off = [
        float(distance_sd(low, high, ray, (1.0, 1.0, 0.0))) for ray in ((s.ha_low, s.ha_high), (s.msu_low, s.msu_high))
    ]
    assume(min(off) > 2.001)
    found = solve_crystals(np.array([low]), np.array([high]), s, (1.0, 1.0))
    assert (found[0][0], found[1][0]) == pytest.approx((ha, msu), rel=1e-6)


@given(amount=st.floats(1, 1500))
@pytest.mark.parametrize("crystal", [0, 1], ids=["ha", "msu"])
def test_one_crystal_alone_is_found_alone(crystal: int, amount: float) -> None:
    s = sensitivity(SN150, 3.0)
    k = ((s.ha_low, s.ha_high), (s.msu_low, s.msu_high))[crystal]
    found = solve_crystals(np.array([k[0] * amount]), np.array([k[1] * amount]), s, (25.0, 20.0))
    assert found[crystal][0] == pytest.approx(amount)
    assert found[1 - crystal][0] == 0.0


@given(low=st.floats(-500, 9000), high=st.floats(-500, 9000))
def test_no_concentration_is_negative_and_none_denser_than_the_solid(low: float, high: float) -> None:
    ha, msu = solve_crystals(np.array([low]), np.array([high]), sensitivity(SN150, 3.0), (25.0, 20.0))
    assert 0 <= ha[0] <= 3160
    assert 0 <= msu[0] <= 1720
