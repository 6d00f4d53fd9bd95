import numpy as np
import pytest

from calcidect.materials import Classification, classify, in_host, measure_soft_tissue, sensitivity
from calcidect.phantom._attenuation import Tissue
from calcidect.study import Pair
from materials.blocks import GRID, KV140, SN150, cylinder, radius_mm

DEPOSIT_MM, HALO_MM, RING_MM = 2.5, 3.5, 6.0


def told(
    pair: Pair, tissue: Tissue, ha: float = 0.0, msu: float = 0.0, noise_hu: tuple[float, float] = (25.0, 20.0),
    seed: int = 1,
) -> tuple[Classification, float]:  # fmt: skip
    """Classify a rod in a host that is measured from its ring; also return the rod's raw ratio."""
    slices = slice(12, 28)
    deposit = np.where(radius_mm() < DEPOSIT_MM, 1.0, 0.0)
    study = cylinder(
        pair, ha=ha * deposit, msu=msu * deposit, tissue=tissue, noise_hu=noise_hu, correlation_voxels=0.8, seed=seed
    )
    region = (radius_mm() < HALO_MM)[slices]
    ring = ((radius_mm() > HALO_MM) & (radius_mm() < RING_MM))[slices]
    low, high = (v.array[slices].astype(float) for v in (study.low, study.high))
    host = float(low[ring].mean()), float(high[ring].mean())
    soft = measure_soft_tissue(study.low, study.high)
    voxel = GRID.voxel_volume_mm3
    weights = region - ring * (region.sum() / ring.sum())
    covariance = soft.covariance.of_sums(weights) * voxel**2
    excess = [float((image[region] - level).sum() * voxel) for image, level in zip((low, high), host, strict=True)]
    s = in_host(sensitivity(pair, 2.8), *host)
    inside = (radius_mm() < DEPOSIT_MM)[slices]
    return classify(*excess, covariance, s), float(low[inside].mean() / high[inside].mean())


@pytest.mark.parametrize("seed", range(1, 30, 3))
def test_dilute_hydroxyapatite_in_tendon_is_not_urate_at_80_140(seed: int) -> None:
    classification, raw_ratio = told(KV140, Tissue.TENDON, ha=100.0, seed=seed)
    assert raw_ratio < 1.36  # the usual gout line paints it as urate
    assert classification.material == "hydroxyapatite"
    assert classification.posterior > 0.95


@pytest.mark.parametrize("pair", [SN150, KV140], ids=lambda pair: pair.name)
@pytest.mark.parametrize("tissue", [Tissue.FAT, Tissue.MUSCLE, Tissue.TENDON], ids=lambda t: t.name)
def test_hydroxyapatite_is_told_in_every_host(pair: Pair, tissue: Tissue) -> None:
    assert told(pair, tissue, ha=250.0)[0].material == "hydroxyapatite"


@pytest.mark.parametrize("pair", [SN150, KV140], ids=lambda pair: pair.name)
@pytest.mark.parametrize("tissue", [Tissue.FAT, Tissue.MUSCLE, Tissue.TENDON], ids=lambda t: t.name)
def test_urate_is_told_in_every_host(pair: Pair, tissue: Tissue) -> None:
    classification, _ = told(pair, tissue, msu=800.0)
    assert classification.material == "urate"
    assert classification.posterior < 0.05


def test_a_faint_region_is_indeterminate() -> None:
    assert told(KV140, Tissue.MUSCLE, ha=12.0, noise_hu=(60.0, 50.0))[0].material != "urate"
    s = sensitivity(KV140, 3.0)
    faint = classify(60.0, 45.0, np.diag([50.0**2, 40.0**2]), s)
    assert faint.material == "indeterminate"


def test_a_mixture_of_both_fits_neither() -> None:
    s = sensitivity(SN150, 3.0)
    half = [1000 * (3.0 * ha + 18.0 * msu) for ha, msu in ((s.ha_low, s.msu_low), (s.ha_high, s.msu_high))]
    mixture = classify(*half, np.diag([100.0, 100.0]), s)
    assert mixture.material == "indeterminate"
    assert mixture.distance_sd > 3


def test_a_region_darker_than_its_host_is_indeterminate() -> None:
    s = sensitivity(SN150, 3.0)
    assert classify(-2300.0, -960.0, np.diag([100.0, 100.0]), s).material == "indeterminate"


def test_the_prior_tips_what_the_scan_leaves_open() -> None:
    s = sensitivity(KV140, 3.0)
    between = 1000.0 * 0.5 * (s.ha_ratio + s.msu_ratio), 1000.0
    covariance = np.diag([200.0**2, 150.0**2])
    shy, sure = (classify(*between, covariance, s, prior_hydroxyapatite=p).posterior for p in (0.5, 0.9))
    assert shy < sure < 0.97


@pytest.mark.parametrize("true", ["hydroxyapatite", "urate"])
def test_posteriors_are_calibrated(true: str) -> None:
    """Of the regions told with at least 95 %, fewer than 5 % are wrong, with even odds and pure noise."""
    s, rng = sensitivity(KV140, 3.0), np.random.default_rng(2)
    k = np.array([s.ha_low, s.ha_high] if true == "hydroxyapatite" else [s.msu_low, s.msu_high])
    sd = np.array([40.0, 30.0])
    told_as = [
        classify(*(400 * k / k[0] + rng.normal(0, sd)), np.diag(sd**2), s, prior_hydroxyapatite=0.5).material
        for _ in range(2000)
    ]
    certain = [material for material in told_as if material != "indeterminate"]
    assert len(certain) > 200
    assert np.mean([material != true for material in certain]) < 0.05


@pytest.mark.parametrize("prior", [0.0, 1.0, -0.1])
def test_a_prior_that_leaves_no_doubt_is_an_error(prior: float) -> None:
    with pytest.raises(ValueError, match="prior"):
        classify(1.0, 1.0, np.eye(2), sensitivity(SN150, 3.0), prior_hydroxyapatite=prior)
