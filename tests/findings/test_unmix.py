"""What bone blurs into a deposit beside it, taken off again."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from calcidect.findings._gather import distance_mm
from calcidect.findings._region import amounts
from calcidect.findings._surroundings import Blur, Surroundings
from calcidect.findings._unmix import SURFACE_SD_MM, surface_mg_per_mm, unmixed
from calcidect.materials import HostLine, SoftTissue
from calcidect.settings import FindingsSettings
from support.maps import FAT_HU, MUSCLE_HU, SENSITIVITY

SPACING_MM = (0.5, 0.5, 0.6)
FINE = 3
SIGMA_MM = 0.4
BLUR = Blur(SIGMA_MM * 2.3548, SIGMA_MM * 2.3548)
SHAPE = (30, 40, 40)
K = (SENSITIVITY.ha_low, SENSITIVITY.ha_high)
BETA = (MUSCLE_HU[1] - FAT_HU[1]) / (MUSCLE_HU[0] - FAT_HU[0])
LINE = HostLine(MUSCLE_HU[1] - BETA * MUSCLE_HU[0], BETA)
TISSUE = SoftTissue((20.0, 15.0), MUSCLE_HU, 4.0)


def seen(fine: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return a fine image blurred, at the voxels' middles."""
    smooth = gaussian_filter(fine.astype(float), SIGMA_MM * FINE / np.array(SPACING_MM[::-1]), mode="nearest")
    return np.asarray(smooth[FINE // 2 :: FINE, FINE // 2 :: FINE, FINE // 2 :: FINE])


def on_bone(
    mg_per_cm3: float, surface_mm: float = 1.0
) -> tuple[Surroundings, NDArray[np.float64], NDArray[np.float64], float]:
    """Return a ball of 5 mm, cut off by a cortex with marrow behind it; both images in mg/cm3, and its true mg."""
    axes = [(np.arange(n * FINE) - n * FINE / 2 + 0.5) * s / FINE for n, s in zip(SHAPE, SPACING_MM[::-1], strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    ball = (z**2 + y**2 + x**2 < 2.5**2) & (x < surface_mm)
    uneven = 900 + 200 * np.sin(2 * y) * np.cos(1.5 * z)
    bone = np.where((x >= surface_mm) & (x < surface_mm + 1.2), uneven, np.where(x >= surface_mm, 60.0, 0.0))
    of_ball, of_bone = mg_per_cm3 * seen(ball), seen(bone)
    is_bone = seen(np.broadcast_to(x >= surface_mm, ball.shape)) > 0.5
    mask = (of_ball > 60) & ~is_bone
    noise = np.random.default_rng(3).normal(size=(2, *SHAPE))
    images = [
        (h + k * (of_ball + of_bone) + sd * n).astype(np.float32)
        for h, k, sd, n in zip(MUSCLE_HU, K, TISSUE.noise_hu, noise, strict=True)
    ]
    far = np.full(SHAPE, 30.0, np.float32)
    around = Surroundings(
        *images, mask, distance_mm(mask, SPACING_MM), distance_mm(is_bone, SPACING_MM), far, far, SPACING_MM, BLUR
    )
    mass_mg = float(ball.sum()) * around.voxel_mm3 / FINE**3 * mg_per_cm3 / 1000
    return around, of_ball, of_bone, mass_mg


@pytest.mark.parametrize("mg_per_cm3", [200.0, 600.0, 1200.0])
def test_what_bone_adds_is_told_from_the_deposit(mg_per_cm3: float) -> None:
    around, _, of_bone, _ = on_bone(mg_per_cm3)
    added = unmixed([around.low - MUSCLE_HU[0]], around, [20.0])[0] / K[0]
    beside = around.mask & (around.bone_mm < 1.0)
    assert of_bone[beside].mean() > 100
    assert np.abs(added - of_bone)[beside].mean() < 0.2 * of_bone[beside].mean()
    assert added[beside].mean() == pytest.approx(of_bone[beside].mean(), rel=0.15)


def test_far_from_bone_nothing_is_added() -> None:
    around, _, _, _ = on_bone(600.0)
    far = np.full(SHAPE, 30.0, np.float32)
    alone = Surroundings(
        around.low, around.high, around.mask, around.away_mm, far, far, far, SPACING_MM, BLUR
    )  # fmt: skip
    assert not unmixed([around.low - MUSCLE_HU[0]], alone, [20.0])[0].any()


@pytest.mark.parametrize("mg_per_cm3", [300.0, 600.0, 1000.0])
def test_a_deposit_on_bone_keeps_its_mass(mg_per_cm3: float) -> None:
    around, _, _, mass_mg = on_bone(mg_per_cm3)
    found = amounts(around, LINE, SENSITIVITY, TISSUE, FindingsSettings())
    assert found.classification is not None
    assert found.classification.material == "hydroxyapatite"
    assert found.ha_mass_mg == pytest.approx(mass_mg, rel=0.05)


def test_the_deviation_of_a_deposit_on_bone_holds_where_its_border_lies() -> None:
    """A border that lies elsewhere by its standard deviation moves the mass by about what is stated."""
    stated, masses = [], []
    for surface_mm in (1.0, 1.0 + SURFACE_SD_MM):
        around, _, _, mass_mg = on_bone(600.0, surface_mm)
        found = amounts(around, LINE, SENSITIVITY, TISSUE, FindingsSettings())
        assert found.ha_mass_sd_mg is not None
        stated.append(found.ha_mass_sd_mg)
        masses.append(mass_mg)
    assert np.mean(stated) == pytest.approx(masses[1] - masses[0], rel=0.5)


def test_a_shared_face_counts_with_its_area_and_density() -> None:
    mask, bone = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    mask[10:20, 10:30, 12:20], bone[10:20, 10:30, 20:28] = True, True
    far = np.full(SHAPE, 30.0, np.float32)
    around = Surroundings(
        far, far, mask, distance_mm(mask, SPACING_MM), distance_mm(bone, SPACING_MM), far, far, SPACING_MM, BLUR
    )
    filled = gaussian_filter(mask.astype(np.float32), SIGMA_MM / np.array(SPACING_MM[::-1]))
    area_mm2 = 10 * 0.6 * 20 * 0.5
    per_mm = surface_mg_per_mm(filled, np.full(SHAPE, 500.0), around)
    assert per_mm == pytest.approx(area_mm2 * 500 / 1000, rel=0.15)
