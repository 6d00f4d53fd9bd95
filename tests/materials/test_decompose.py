import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from calcidect.materials import count_clipped, decompose, sensitivity
from calcidect.phantom._attenuation import Tissue
from calcidect.study import Pair
from materials.blocks import GRID, KV140, SN150, VMI, radius_mm
from materials.blocks import hardened_cylinder as cylinder

CORE = radius_mm() < 4.0


def core(value: float) -> np.ndarray:
    return np.where(CORE, value, 0.0)


def assert_found(pair: Pair, ha: float, msu: float) -> None:
    maps = decompose(cylinder(pair, ha=core(ha), msu=core(msu), noise_hu=(0.01, 0.01)))
    tolerance = 0.03 * (ha + msu) + 8  # the whole HU of a stored image
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
    matrix = np.where(CORE, Tissue.MATRIX, Tissue.MUSCLE)
    maps = decompose(cylinder(tissue=matrix, ha=core(1100.0)))
    assert np.median(maps.urate.array[CORE]) == 0.0
    assert maps.hydroxyapatite.array[CORE].mean() == pytest.approx(1100.0, rel=0.08)


def test_maps_are_float32_on_the_grid_and_zero_beyond_the_halo() -> None:
    study = cylinder(ha=core(500.0))
    maps = decompose(study)
    for crystal in (maps.hydroxyapatite, maps.urate):
        assert crystal.array.dtype == np.float32
        assert crystal.grid is study.low.grid
        assert not crystal.array[radius_mm() > 6.0].any()
    assert maps.low is study.low


def test_mineral_away_from_the_middle_is_found_where_it_lies() -> None:
    aside = np.hypot(*np.meshgrid(np.arange(64) - 40, np.arange(64) - 26)) < 5
    aside = np.broadcast_to(aside, GRID.shape) & (np.arange(GRID.size[2]) > 29)[:, None, None]
    found = decompose(cylinder(ha=np.where(aside, 600.0, 0.0))).hydroxyapatite.array
    assert found[aside].mean() == pytest.approx(600.0, rel=0.03)
    assert found[~aside].sum() < 0.02 * found.sum()


def test_a_scan_without_mineral_has_no_concentration() -> None:
    assert len(decompose(cylinder()).concentrations.voxels) == 0


BALL = np.hypot(radius_mm(), 0.5 * (np.arange(GRID.size[2]) - (GRID.size[2] - 1) / 2)[:, None, None]) < 3.0
HOSTS = [Tissue.FAT, Tissue.MUSCLE, Tissue.TENDON]


def ball_in(host: Tissue, pair: Pair, ha: float, msu: float, correlation_voxels: float, seed: int):
    """A blurred ball of 6 mm in 19 mm of a host, and what it holds in every voxel."""
    share = gaussian_filter(BALL.astype(float), 0.9)  # 1.1 mm full width at half maximum
    tissue = np.where(radius_mm() < 9.5, host, Tissue.MUSCLE)
    study = cylinder(
        pair, ha=ha * share, msu=msu * share, tissue=tissue, correlation_voxels=correlation_voxels, seed=seed
    )
    return decompose(study).concentrations, (ha + msu) * share


@pytest.mark.parametrize("correlation_voxels", [0.0, 0.8])
@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
def test_the_stated_deviation_is_the_scatter(host: Tissue, correlation_voxels: float) -> None:
    middle = radius_mm() + 100 * ~BALL < 2.5
    errors, stated = [], []
    for seed in range(0, 60, 10):
        found, truth = ball_in(host, KV140, 400.0, 0.0, correlation_voxels, seed)
        errors.append((found.volume("hydroxyapatite").array - truth)[middle])
        stated.append(found.volume("hydroxyapatite_sd").array[middle])
    error, sd = np.concatenate(errors), np.concatenate(stated)
    assert np.sqrt(np.mean(sd**2)) == pytest.approx(error.std(), rel=0.10)
    assert 0.90 < (np.abs(error) < 2 * sd).mean() < 0.98


def test_the_stated_deviation_of_urate_is_the_scatter() -> None:
    middle = radius_mm() + 100 * ~BALL < 2.0
    balls = [ball_in(Tissue.MUSCLE, SN150, 0.0, 900.0, 0.0, seed) for seed in range(0, 60, 10)]
    error = np.concatenate([(found.volume("urate").array - truth)[middle] for found, truth in balls])
    sd = np.concatenate([found.volume("urate_sd").array[middle] for found, _ in balls])
    assert np.sqrt(np.mean(sd**2)) == pytest.approx(error.std(), rel=0.10)
    assert 0.90 < (np.abs(error) < 2 * sd).mean() < 0.98


@pytest.mark.parametrize(("ha", "msu"), [(250.0, 0.0), (800.0, 0.0), (0.0, 900.0)])
@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.name)
@pytest.mark.parametrize("pair", [SN150, KV140, VMI], ids=lambda pair: pair.name)
def test_the_sum_over_deposit_and_halo_is_what_it_holds(pair: Pair, host: Tissue, ha: float, msu: float) -> None:
    found, truth = ball_in(host, pair, ha, msu, 0.8, seed=3)
    right, wrong = (found.hydroxyapatite, found.urate) if ha else (found.urate, found.hydroxyapatite)
    assert right.sum() == pytest.approx(truth.sum(), rel=0.03 if ha else 0.05)
    assert wrong.sum() < 0.03 * truth.sum()


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
    clipped = CORE & (study.low.array >= 3071)
    assert not maps.urate.array[clipped].any()
    noise_hu = maps.soft_tissue.noise_hu[1]
    stated = np.median(maps.concentrations.volume("hydroxyapatite_sd").array[clipped])
    assert noise_hu / maps.sensitivity.ha_high <= stated < 3 * noise_hu / maps.sensitivity.ha_high


def test_clipped_voxels_are_counted() -> None:
    study = cylinder(ha=core(1600.0), noise_hu=(1.0, 1.0))
    maps = decompose(study)
    assert maps.clipped_voxels == count_clipped(study) == (CORE.sum(), 0)
    assert maps.notices == (), "the study room has told of it"


def test_nothing_is_said_of_a_usual_scan() -> None:
    assert decompose(cylinder(ha=core(500.0))).notices == ()
