"""Mass and volume of one deposit, against spheres of known content."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from calcidect.findings._gather import distance_mm
from calcidect.findings._region import Amounts, Surroundings, amounts, half_maximum
from calcidect.materials import HostLine, SoftTissue
from calcidect.settings import FindingsSettings
from support.maps import FAT_HU, MUSCLE_HU, SENSITIVITY

SPACING_MM = (0.4, 0.4, 0.6)
LINE = HostLine(*np.polyfit([FAT_HU[0], MUSCLE_HU[0]], [FAT_HU[1], MUSCLE_HU[1]], 1)[::-1])
TISSUE = SoftTissue((20.0, 15.0), MUSCLE_HU, 4.0)
FINE = 3


def sphere(
    diameter_mm: float, mg_per_cm3: float, host: tuple[float, float], noise_hu: float = 0.0, urate: bool = False
) -> tuple[Surroundings, float, float]:
    """Return a blurred sphere in a host, and its true mg and mm3."""
    shape = (34, 50, 50)
    spacing = np.array(SPACING_MM[::-1]) / FINE
    axes = [(np.arange(n * FINE) - n * FINE / 2 + 0.5) * s for n, s in zip(shape, spacing, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    inside = (np.sqrt(x**2 + y**2 + z**2) < diameter_mm / 2).astype(np.float32)
    crystal = gaussian_filter(inside, 0.4 / spacing)
    crystal = crystal.reshape(shape[0], FINE, shape[1], FINE, shape[2], FINE).mean((1, 3, 5)) * mg_per_cm3
    rng = np.random.default_rng(1)
    k = (SENSITIVITY.msu_low, SENSITIVITY.msu_high) if urate else (SENSITIVITY.ha_low, SENSITIVITY.ha_high)
    images = [
        (h + s * crystal + rng.normal(0, noise_hu or 1e-3, shape)).astype(np.float32)
        for h, s in zip(host, k, strict=True)
    ]
    mask = images[0] > host[0] + 0.35 * mg_per_cm3 * k[0]
    far = np.full(shape, 30.0, np.float32)
    around = Surroundings(images[0], images[1], mask, distance_mm(mask, SPACING_MM), far, far, far, SPACING_MM)
    volume_mm3 = float(inside.sum() * spacing.prod())
    return around, volume_mm3 * mg_per_cm3 / 1000, volume_mm3


def measured(around: Surroundings) -> Amounts:
    return amounts(around, LINE, SENSITIVITY, TISSUE, FindingsSettings())


@pytest.mark.parametrize("host", [FAT_HU, MUSCLE_HU], ids=["fat", "muscle"])
@pytest.mark.parametrize(("diameter_mm", "mg_per_cm3"), [(2.0, 500.0), (3.0, 250.0), (4.0, 800.0), (6.0, 400.0)])
def test_mass_of_a_sphere_is_right_in_any_host(
    diameter_mm: float, mg_per_cm3: float, host: tuple[float, float]
) -> None:
    around, mass_mg, _ = sphere(diameter_mm, mg_per_cm3, host)
    found = measured(around)
    assert found.classification.material == "hydroxyapatite"
    assert found.ha_mass_mg == pytest.approx(mass_mg, rel=0.04)


def test_mass_stands_noise_and_its_deviation_is_fair() -> None:
    around, mass_mg, _ = sphere(4.0, 400.0, MUSCLE_HU, noise_hu=20.0)
    found = measured(around)
    assert found.ha_mass_mg is not None
    assert found.ha_mass_sd_mg is not None
    assert abs(found.ha_mass_mg - mass_mg) < 2.5 * found.ha_mass_sd_mg
    assert 0.02 < found.ha_mass_sd_mg / mass_mg < 0.2


def test_bone_beside_a_deposit_does_not_weigh() -> None:
    around, mass_mg, _ = sphere(4.0, 500.0, MUSCLE_HU)
    bone = np.zeros(around.mask.shape, bool)
    bone[:, :, 34:] = True  # its surface is 2 mm from the sphere's
    low, high = around.low.copy(), around.high.copy()
    edge = gaussian_filter(bone.astype(np.float32), 0.4 / np.array(SPACING_MM[::-1]))
    beside = Surroundings(
        low + 2200 * edge, high + 950 * edge, around.mask, around.away_mm, distance_mm(bone, SPACING_MM),
        around.depth_mm, around.others_mm, SPACING_MM,
    )  # fmt: skip
    assert measured(beside).ha_mass_mg == pytest.approx(mass_mg, rel=0.05)


def test_urate_is_urate_and_has_no_hydroxyapatite() -> None:
    around, mass_mg, _ = sphere(6.0, 700.0, MUSCLE_HU, urate=True)
    found = measured(around)
    assert found.classification.material == "urate"
    assert found.ha_mass_mg == 0
    assert found.urate_mass_mg == pytest.approx(mass_mg, rel=0.15)


@pytest.mark.parametrize(("diameter_mm", "tolerance"), [(5.0, 0.1), (8.0, 0.05)])
def test_volume_at_half_maximum(diameter_mm: float, tolerance: float) -> None:
    around, _, volume_mm3 = sphere(diameter_mm, 500.0, (0.0, 0.0))
    voxels, found_mm3 = half_maximum(around, 0.0)
    assert found_mm3 == pytest.approx(volume_mm3, rel=tolerance)
    assert voxels.sum() * around.voxel_mm3 == pytest.approx(volume_mm3, rel=2 * tolerance)
