"""Mass and volume of one deposit, against spheres of known content."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from calcidect.findings._gather import distance_mm
from calcidect.findings._region import Amounts, amounts
from calcidect.findings._ring import half_maximum_hu
from calcidect.findings._surroundings import Blur, Surroundings
from calcidect.materials import HostLine, SoftTissue, sensitivity
from calcidect.phantom._attenuation import Tissue, load_attenuation
from calcidect.settings import FindingsSettings
from calcidect.study import Energy, Pair
from support.maps import FAT_HU, MUSCLE_HU, SENSITIVITY

SPACING_MM = (0.4, 0.4, 0.6)
BETA = (MUSCLE_HU[1] - FAT_HU[1]) / (MUSCLE_HU[0] - FAT_HU[0])
LINE = HostLine(MUSCLE_HU[1] - BETA * MUSCLE_HU[0], BETA)
TISSUE = SoftTissue((20.0, 15.0), MUSCLE_HU, 4.0)
FINE = 3
BLUR = Blur(0.4 * 2.3548, 0.4 * 2.3548)
"""Of every image here: a standard deviation of 0.4 mm."""


def sphere(
    diameter_mm: float,
    mg_per_cm3: float,
    host: tuple[float, float],
    noise_hu: float = 0.0,
    k: tuple[float, float] = (SENSITIVITY.ha_low, SENSITIVITY.ha_high),
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
    images = [
        (h + s * crystal + rng.normal(0, noise_hu or 1e-3, shape)).astype(np.float32)
        for h, s in zip(host, k, strict=True)
    ]
    mask = images[0] > host[0] + 0.35 * mg_per_cm3 * k[0]
    far = np.full(shape, 30.0, np.float32)
    around = Surroundings(images[0], images[1], mask, distance_mm(mask, SPACING_MM), far, far, far, SPACING_MM, BLUR)
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
        around.depth_mm, around.others_mm, SPACING_MM, BLUR,
    )  # fmt: skip
    assert measured(beside).ha_mass_mg == pytest.approx(mass_mg, rel=0.05)


def test_urate_is_urate_and_has_no_hydroxyapatite() -> None:
    around, mass_mg, _ = sphere(6.0, 700.0, MUSCLE_HU, k=(SENSITIVITY.msu_low, SENSITIVITY.msu_high))
    found = measured(around)
    assert found.classification.material == "urate"
    assert found.ha_mass_mg == 0
    assert found.urate_mass_mg == pytest.approx(mass_mg, rel=0.15)


@pytest.mark.parametrize(("diameter_mm", "tolerance"), [(1.5, 0.15), (2.0, 0.1), (3.0, 0.05), (8.0, 0.03)])
def test_volume_of_a_sphere_is_right_down_to_the_blur(diameter_mm: float, tolerance: float) -> None:
    around, _, volume_mm3 = sphere(diameter_mm, 500.0, MUSCLE_HU, noise_hu=10.0)
    shape = measured(around).shape
    assert shape.volume_mm3 == pytest.approx(volume_mm3, rel=tolerance)
    of_voxels = shape.voxels.sum() * around.voxel_mm3
    assert abs(of_voxels - volume_mm3) < 6 * around.voxel_mm3 + 0.1 * volume_mm3


def two_balls(first: tuple[float, float], second: tuple[float, float]) -> tuple[Surroundings, float]:
    """Return two blurred balls (diameter mm, mg/cm3) with 1 mm between them, as one deposit in fat, and their mg."""
    shape = (34, 50, 70)
    spacing = np.array(SPACING_MM[::-1]) / FINE
    axes = [(np.arange(n * FINE) - n * FINE / 2 + 0.5) * s for n, s in zip(shape, spacing, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    crystal, mass_mg = np.zeros(z.shape, np.float32), 0.0
    for at_mm, (diameter_mm, mg_per_cm3) in ((-first[0] / 2 - 0.5, first), (second[0] / 2 + 0.5, second)):
        inside = np.sqrt((x - at_mm) ** 2 + y**2 + z**2) < diameter_mm / 2
        crystal[inside] = mg_per_cm3
        mass_mg += float(inside.sum() * spacing.prod()) * mg_per_cm3 / 1000
    blurred = gaussian_filter(crystal, 0.4 / spacing)
    blurred = blurred.reshape(shape[0], FINE, shape[1], FINE, shape[2], FINE).mean((1, 3, 5))
    low = (FAT_HU[0] + SENSITIVITY.ha_low * blurred).astype(np.float32)
    high = (FAT_HU[1] + SENSITIVITY.ha_high * blurred).astype(np.float32)
    mask = blurred > 60
    far = np.full(shape, 30.0, np.float32)
    return Surroundings(low, high, mask, distance_mm(mask, SPACING_MM), far, far, far, SPACING_MM, BLUR), mass_mg


def test_a_dilute_part_beside_a_dense_one_keeps_its_mass_and_volume() -> None:
    around, mass_mg = two_balls((3.0, 1000.0), (6.0, 200.0))
    found = measured(around)
    assert found.ha_mass_mg == pytest.approx(mass_mg, rel=0.05)
    assert found.shape.volume_mm3 == pytest.approx(np.pi / 6 * (27 + 216), rel=0.2)


@pytest.mark.parametrize("kilovolt", [140.0, 150.0])
def test_without_a_ring_dense_calcium_in_fat_is_never_urate(kilovolt: float) -> None:
    pair = Pair(Energy("kv", 80), Energy("kv", kilovolt, filter="Sn" if kilovolt == 150 else ""))
    k, beams = sensitivity(pair, 3.0), [load_attenuation(energy) for energy in (pair.low, pair.high)]
    fat, muscle = ([float(b.host_hu[150][t]) for b in beams] for t in (Tissue.FAT, Tissue.MUSCLE))
    around, mass_mg, _ = sphere(4.0, 500.0, (fat[0], fat[1]), k=(k.ha_low, k.ha_high))
    hidden = Surroundings(
        around.low, around.high, around.mask, around.away_mm, np.where(around.mask, 2.0, 0.0).astype(np.float32),
        around.depth_mm, around.others_mm, SPACING_MM, BLUR,
    )  # fmt: skip
    beta = (muscle[1] - fat[1]) / (muscle[0] - fat[0])
    line = HostLine(muscle[1] - beta * muscle[0], beta)
    found = amounts(hidden, line, k, SoftTissue((20.0, 15.0), (muscle[0], muscle[1]), 4.0), FindingsSettings())
    assert found.classification.material != "urate"
    assert found.ha_mass_mg is not None
    assert found.ha_mass_sd_mg is not None
    assert abs(found.ha_mass_mg - mass_mg) < 2 * found.ha_mass_sd_mg


def test_a_border_of_fat_and_muscle_through_the_deposit_does_not_move_its_mass() -> None:
    around, mass_mg, _ = sphere(4.0, 500.0, (0.0, 0.0))
    is_muscle = np.arange(around.low.shape[2]) > around.low.shape[2] // 2
    low, high = (
        image + np.where(is_muscle, muscle, fat).astype(np.float32)
        for image, muscle, fat in zip((around.low, around.high), MUSCLE_HU, FAT_HU, strict=True)
    )
    beside = Surroundings(
        low, high, around.mask, around.away_mm, around.bone_mm, around.depth_mm, around.others_mm, SPACING_MM, BLUR
    )
    assert measured(beside).ha_mass_mg == pytest.approx(mass_mg, rel=0.05)


def test_a_deposit_darker_than_water_has_a_half_maximum() -> None:
    """Dilute crystal in fat can leave every voxel below 0 HU."""
    around, _, _ = sphere(4.0, 30.0, FAT_HU)
    assert float(around.low[around.mask].max()) < 0
    assert (around.mask & (around.low >= half_maximum_hu(around))).any()


def test_the_shape_keeps_clear_of_bone() -> None:
    around, mass_mg, volume_mm3 = sphere(4.0, 400.0, MUSCLE_HU)
    bone = np.zeros(around.mask.shape, bool)
    bone[:, :, 33:] = True  # 1.2 mm from the sphere
    edge = gaussian_filter(bone.astype(np.float32), 0.4 / np.array(SPACING_MM[::-1]))
    beside = Surroundings(
        around.low + 2500 * edge, around.high + 1100 * edge, around.mask, around.away_mm, distance_mm(bone, SPACING_MM),
        around.depth_mm, around.others_mm, SPACING_MM, BLUR,
    )  # fmt: skip
    found = measured(beside)
    assert not (found.shape.voxels & bone).any()
    assert found.shape.volume_mm3 == pytest.approx(volume_mm3, rel=0.1)
    assert found.ha_mass_mg == pytest.approx(mass_mg, rel=0.06)


def test_what_is_hidden_adds_to_the_stated_deviation() -> None:
    around, mass_mg, _ = sphere(4.0, 400.0, MUSCLE_HU)
    skin_mm = np.broadcast_to(np.arange(around.mask.shape[2]) * SPACING_MM[0] - 10.5, around.mask.shape)
    below = Surroundings(
        around.low, around.high, around.mask, around.away_mm, around.bone_mm, skin_mm.astype(np.float32),
        around.others_mm, SPACING_MM, BLUR,
    )  # fmt: skip
    seen, hidden = measured(around), measured(below)
    assert hidden.visible < 0.85
    assert hidden.ha_mass_mg == pytest.approx(mass_mg, rel=0.1)
    assert seen.ha_mass_sd_mg is not None
    assert hidden.ha_mass_sd_mg is not None
    assert hidden.ha_mass_sd_mg > np.hypot(seen.ha_mass_sd_mg, 0.015 * mass_mg)


def rod_under_the_skin(
    diameter_mm: float, mg_per_cm3: float, depths_mm: tuple[float, float]
) -> tuple[Surroundings, float, float]:
    """Return a rod in muscle, its axis rising from one depth below flat skin to the other, and its true mg and mm3."""
    shape, length_mm, skin_mm = (34, 50, 50), 10.0, 7.0  # air from 7 mm beyond the middle
    spacing = np.array(SPACING_MM[::-1]) / FINE
    axes = [(np.arange(n * FINE) - n * FINE / 2 + 0.5) * s for n, s in zip(shape, spacing, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    along = np.array([0.0, length_mm, depths_mm[0] - depths_mm[1]])  # z, y, x
    along /= np.linalg.norm(along)
    middle_mm = skin_mm - 0.5 * sum(depths_mm)
    at = along[1] * y + along[2] * (x - middle_mm)
    away = np.sqrt(np.maximum(z**2 + y**2 + (x - middle_mm) ** 2 - at**2, 0))
    inside = ((away < diameter_mm / 2) & (np.abs(at) < length_mm / 2)).astype(np.float32)
    body = np.broadcast_to(x < skin_mm, inside.shape).astype(np.float32)

    def seen(fine: NDArray[np.float32]) -> NDArray[np.float32]:
        smooth = gaussian_filter(fine, 0.4 / spacing, mode="nearest")
        return np.asarray(smooth.reshape(shape[0], FINE, shape[1], FINE, shape[2], FINE).mean((1, 3, 5)))

    crystal, tissue = seen(inside) * mg_per_cm3, seen(body)
    images = [
        (-1000 + (h + 1000) * tissue + s * crystal).astype(np.float32)
        for h, s in zip(MUSCLE_HU, (SENSITIVITY.ha_low, SENSITIVITY.ha_high), strict=True)
    ]
    mask = (images[0] > 200) & (tissue > 0.5)
    far = np.full(shape, 30.0, np.float32)
    around = Surroundings(
        *images, mask, distance_mm(mask, SPACING_MM), far, distance_mm(tissue <= 0.5, SPACING_MM), far, SPACING_MM, BLUR
    )
    volume_mm3 = float(inside.sum() * spacing.prod())
    return around, volume_mm3 * mg_per_cm3 / 1000, volume_mm3


@pytest.mark.parametrize(
    ("diameter_mm", "mg_per_cm3", "depths_mm"), [(3.0, 700.0, (2.1, 2.1)), (2.5, 400.0, (2.5, 1.75))]
)
def test_a_rod_just_under_the_skin_keeps_its_mass(
    diameter_mm: float, mg_per_cm3: float, depths_mm: tuple[float, float]
) -> None:
    around, mass_mg, _ = rod_under_the_skin(diameter_mm, mg_per_cm3, depths_mm)
    found = measured(around)
    assert found.visible < 0.9
    assert found.ha_mass_mg == pytest.approx(mass_mg, rel=0.05)
