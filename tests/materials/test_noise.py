import numpy as np
import pytest

from calcidect.errors import InputRefusedError, Notice
from calcidect.geometry import Grid
from calcidect.materials import SoftTissue, measure_soft_tissue, sensitivity
from calcidect.materials._noise import noise_notices
from calcidect.phantom._attenuation import Tissue, load_attenuation
from calcidect.settings import MaterialsSettings
from calcidect.study import Energy
from materials.blocks import GRID, SN150, cylinder, noise, radius_mm, study_of


@pytest.mark.parametrize("correlation_voxels", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("noise_hu", [(8.0, 6.0), (25.0, 20.0), (40.0, 30.0)])
def test_noise_is_measured_whether_neighbours_are_correlated_or_not(
    noise_hu: tuple[float, float], correlation_voxels: float
) -> None:
    study = cylinder(noise_hu=noise_hu, correlation_voxels=correlation_voxels)
    assert measure_soft_tissue(study.low, study.high).noise_hu == pytest.approx(noise_hu, rel=0.06)


def test_differences_of_neighbours_would_have_been_too_small() -> None:
    study = cylinder(noise_hu=(25.0, 20.0), correlation_voxels=1.0)
    inside = study.low.array[:, 20:44, 20:44].astype(float)
    assert np.diff(inside, axis=2).std() / np.sqrt(2) < 0.75 * 25.0


@pytest.mark.parametrize("correlation_voxels", [0.0, 0.6, 1.0])
def test_the_spread_of_a_mean_follows_from_the_correlated_voxels(correlation_voxels: float) -> None:
    study = cylinder(correlation_voxels=correlation_voxels)
    soft = measure_soft_tissue(study.low, study.high)
    edge = 6  # voxels: a cube of 3 mm
    field = noise((120, 120, 120), 25.0, seed=9, correlation_voxels=correlation_voxels)
    means = field.reshape(20, edge, 20, edge, 20, edge).mean((1, 3, 5))
    expected = soft.noise_hu[0] * np.sqrt(soft.correlated_voxels / edge**3)
    assert means.std() == pytest.approx(expected, rel=0.2)


def test_tissue_that_changes_across_the_slice_does_not_count_as_noise() -> None:
    def hu_of(energy: Energy) -> np.ndarray:
        beam = load_attenuation(energy)
        rings = np.select(
            [radius_mm() < 4, radius_mm() < 9, radius_mm() < 14],
            [float(beam.hu(t, 2.8)) for t in (Tissue.TENDON, Tissue.MUSCLE, Tissue.SKIN)],
            -1000.0,
        )
        return rings + noise(GRID.shape, 20.0, seed=3 if energy == SN150.low else 4)

    study = study_of(hu_of)
    assert measure_soft_tissue(study.low, study.high).noise_hu == pytest.approx((20.0, 20.0), rel=0.06)


def test_tissue_that_changes_from_slice_to_slice_does_not_count_as_noise() -> None:
    every_3_mm = (np.arange(GRID.size[2]) // 6 % 2 == 0)[:, None, None]
    segments = np.where((radius_mm() < 8.0) & every_3_mm, Tissue.TENDON, Tissue.MUSCLE)
    study = cylinder(tissue=segments, noise_hu=(15.0, 12.0))
    assert measure_soft_tissue(study.low, study.high).noise_hu == pytest.approx((15.0, 12.0), rel=0.08)


def test_the_host_is_the_soft_tissue_of_the_scan() -> None:
    study = cylinder(tissue=Tissue.MUSCLE)
    muscle = [float(load_attenuation(e).hu(Tissue.MUSCLE, 2.8)) for e in (SN150.low, SN150.high)]
    assert measure_soft_tissue(study.low, study.high).host_hu == pytest.approx(muscle, abs=2.0)


def test_bone_in_the_scan_changes_neither_noise_nor_host() -> None:
    bone = np.where(radius_mm() < 6.0, 900.0, 0.0)
    with_bone, without = (cylinder(ha=ha) for ha in (bone, 0.0))
    a, b = (measure_soft_tissue(s.low, s.high) for s in (with_bone, without))
    assert a.noise_hu == pytest.approx(b.noise_hu, rel=0.05)
    assert a.host_hu == pytest.approx(b.host_hu, abs=2.0)


def test_a_scan_of_air_is_refused() -> None:
    study = study_of(lambda energy: noise(GRID.shape, 20.0, seed=1) - 1000.0)
    with pytest.raises(InputRefusedError, match="soft tissue"):
        measure_soft_tissue(study.low, study.high)


def test_a_scan_of_three_slices_is_refused() -> None:
    grid = Grid((64, 64, 3), (0.5, 0.5, 0.5))
    study = study_of(lambda energy: np.full(grid.shape, 45.0), grid=grid)
    with pytest.raises(InputRefusedError, match="3 slices"):
        measure_soft_tissue(study.low, study.high)


def notices_at(noise_hu: tuple[float, float], voxel_mm3: float = 0.125) -> tuple[Notice, ...]:
    soft = SoftTissue(noise_hu, (50.0, 48.0), 2.0)
    return noise_notices(soft, sensitivity(SN150, 3.0), voxel_mm3, MaterialsSettings())


def test_usual_noise_is_not_told() -> None:
    assert notices_at((39.0, 31.0)) == ()


@pytest.mark.parametrize("noise_hu", [(41.0, 20.0), (20.0, 33.0)])
def test_high_noise_of_either_energy_is_told(noise_hu: tuple[float, float]) -> None:
    (notice,) = notices_at(noise_hu)
    assert notice.code == "noise_high"
    assert "SD" in notice.effect


def test_the_least_deposit_told_follows_from_the_noise() -> None:
    """A ball of 2 mm, 33 voxels in groups of two: 60 HU * sqrt(2 / 33.5) * 5 / 2.27 HU per mg/cm3 = 32 mg/cm3."""
    (notice,) = notices_at((60.0, 20.0))
    assert "from about 32 mg/cm³" in notice.effect
