"""What the rods of a phantom say, and what becomes of masses measured with it."""

from dataclasses import replace

import numpy as np
import pytest

from calcidect.errors import InputRefusedError
from calcidect.geometry import Grid, Volume
from calcidect.materials import (
    MODEL,
    Calibration,
    Inserts,
    MeasuredInsert,
    calibrate,
    crystal_mass,
    decompose,
    for_site,
    in_host,
    sensitivity,
    without_phantom,
)
from calcidect.materials._calibrate import _calibration as calibration_of_inserts
from calcidect.study import Pair, Study
from materials.blocks import KV140, SN150, VMI
from materials.phantoms import BALL_MG_PER_CM3, BALL_RADIUS_MM, CONTENTS, FINGER_AT_MM, GRID, inserts, scan

GAIN = (1.06, 0.95)
BALL_MG = BALL_MG_PER_CM3 * 4 / 3 * np.pi * BALL_RADIUS_MM**3 / 1000
BODY_HU = -400.0


def code_of(study: Study, wanted: Inserts) -> str:
    with pytest.raises(InputRefusedError) as refused:
        calibrate(study, wanted)
    assert refused.value.remedy
    return refused.value.code


@pytest.mark.parametrize("placed", [True, False], ids=["places given", "rods looked for"])
@pytest.mark.parametrize("pair", [SN150, KV140, VMI], ids=lambda pair: pair.name)
def test_the_gain_of_each_energy_is_found(pair: Pair, placed: bool) -> None:
    measured = calibrate(scan(gain=GAIN, pair=pair), inserts(placed=placed)).calibration
    assert measured.ha_factor == pytest.approx(GAIN, rel=0.01)
    assert (measured.kind, measured.pair) == ("in_scan", pair.name)
    assert (measured.measured_month, measured.manufacturer) == ("2026-11", "Maker")


def test_rods_are_found_on_a_turned_grid() -> None:
    turned = Grid(GRID.size, GRID.spacing_mm, (60.0, 25.0, 100.0), np.diag([-1.0, -1.0, 1.0]))
    assert calibrate(scan(gain=GAIN, grid=turned), inserts(placed=False)).calibration.ha_factor == pytest.approx(
        GAIN, rel=0.01
    )


def test_the_stated_deviation_covers_the_scatter_of_contents() -> None:
    """Rods filled 1 % wrong, each in its own way: errors beyond two stated deviations are rare."""
    z, rng = [], np.random.default_rng(4)
    for seed in range(12):
        filled = np.array(CONTENTS) * (1 + 0.01 * rng.standard_normal(len(CONTENTS)))
        measured = calibrate(scan(filled, GAIN, seed=2 * seed), inserts()).calibration
        sd = np.sqrt(np.diag(measured.covariance_fraction2("hydroxyapatite")))
        z.append((np.array(measured.ha_factor) / GAIN - 1) / sd)
    assert np.abs(z).max() < 2


def test_urate_has_the_factor_of_hydroxyapatite_and_says_that_it_may_be_another() -> None:
    measured = calibrate(scan(gain=GAIN), inserts()).calibration
    assert measured.msu_factor == measured.ha_factor
    more = measured.covariance_fraction2("urate") - measured.covariance_fraction2("hydroxyapatite")
    assert np.sqrt(np.diag(more)) == pytest.approx((0.06, 0.05), abs=0.01)


def test_urate_in_the_phantom_has_a_line_of_its_own_and_water_is_told() -> None:
    model, base, rows = sensitivity(SN150, 5.0), (30.0, 20.0), []
    for material, k, factor, rho, contents in (
        ("hydroxyapatite", (model.ha_low, model.ha_high), GAIN, 3160.0, (0.0, 200.0, 800.0)),
        ("urate", (model.msu_low, model.msu_high), (1.02, 1.01), 1720.0, (0.0, 300.0, 600.0)),
    ):
        for c in contents:
            hu = [b + (f * k_water - b / rho) * c for b, f, k_water in zip(base, factor, k, strict=True)]
            rows.append(MeasuredInsert(material, c, hu[0], hu[1], 0.5, 0.5))
    rows.append(MeasuredInsert("water", 0.0, 3.0, -2.0, 0.5, 0.5))
    found = calibration_of_inserts(scan(), tuple(rows), model, 5.0, 0.01)
    assert found.ha_factor == pytest.approx(GAIN)
    assert found.msu_factor == pytest.approx((1.02, 1.01))
    assert found.water_offset_hu == (3.0, -2.0)


class TestRefusals:
    def test_two_concentrations_make_no_calibration(self) -> None:
        assert code_of(scan((0.0, 200.0)), inserts((0.0, 200.0))) == "inserts_too_few"

    def test_concentrations_close_together_make_none(self) -> None:
        close = (0.0, 40.0, 80.0)
        assert code_of(scan(close), inserts(close)) == "inserts_too_few"

    def test_a_wrong_content_is_no_straight_line(self) -> None:
        assert code_of(scan(), inserts((0.0, 100.0, 300.0, 400.0, 800.0))) == "inserts_not_on_a_line"

    def test_a_wrong_order_is_no_straight_line(self) -> None:
        assert code_of(scan(), inserts((0.0, 200.0, 100.0, 400.0, 800.0))) == "inserts_not_on_a_line"

    def test_energies_that_are_not_what_they_are_called(self) -> None:
        wrong = replace(scan(pair=KV140), pair=SN150)
        assert code_of(wrong, inserts()) == "calibration_implausible"

    def test_a_clipped_insert(self) -> None:
        assert code_of(scan(maximum_hu=1500.0), inserts()) == "insert_clipped"

    def test_a_place_outside_the_scan(self) -> None:
        rows = inserts().inserts
        moved = (*rows[:-1], rows[-1].model_copy(update={"x_mm": 300.0}))
        assert code_of(scan(), Inserts(inserts=moved)) == "insert_outside"

    def test_a_place_beside_the_rod(self) -> None:
        rows = inserts().inserts
        moved = (*rows[:-1], rows[-1].model_copy(update={"x_mm": rows[-1].x_mm + 5.0}))
        assert code_of(scan(), Inserts(inserts=moved)) == "insert_uneven"

    def test_fewer_rods_than_inserts(self) -> None:
        assert code_of(scan((0.0, 100.0, 400.0)), inserts(placed=False)) == "inserts_not_found"

    def test_more_rods_than_inserts(self) -> None:
        assert code_of(scan(), inserts((0.0, 100.0, 200.0), placed=False)) == "inserts_not_found"

    def test_inserts_that_brightness_does_not_tell_apart(self) -> None:
        alike = (0.0, 200.0, 205.0, 400.0)
        assert code_of(scan(alike), inserts(alike, placed=False)) == "inserts_order_unclear"

    def test_one_energy(self) -> None:
        study = scan()
        single = replace(study, high=None, pair=None, single_energy=SN150.low, maximum_hu=(3071.0,))
        assert code_of(single, inserts()) == "calibration_needs_two_energies"


def ball_mass(study: Study, calibration: Calibration, path_cm: float) -> tuple[float, float]:
    """Mass of the finger's ball and its stated deviation, integrated over a ball twice as wide."""
    assert study.pair is not None
    assert study.high is not None
    k, j, i = np.indices(study.low.grid.shape)
    points = study.low.grid.point_of(np.stack([i, j, k], -1))
    away = np.linalg.norm(points - [*FINGER_AT_MM, 120.0], axis=-1)
    region, ring = away < 6.0, (away > 6.0) & (away < 7.0)
    images = study.low.array, study.high.array
    host = [float(image[ring].mean()) for image in images]
    voxel_mm3 = study.low.grid.voxel_volume_mm3
    low, high = ((image[region] - h).sum() * voxel_mm3 for image, h in zip(images, host, strict=True))
    k = in_host(calibration.applied(sensitivity(study.pair, path_cm)), host[0], host[1])
    noise = np.diag([50.0**2, 40.0**2]) * region.sum() * voxel_mm3**2
    return crystal_mass((low, high), noise, (k.ha_low, k.ha_high), calibration.covariance_fraction2("hydroxyapatite"))


def test_a_phantom_in_the_scan_makes_the_mass_right() -> None:
    study = scan(gain=(1.08, 1.06), finger=True)
    measured = calibrate(study, inserts(placed=False))
    path_cm = measured.calibration.water_path_cm
    assert path_cm is not None
    without, _ = ball_mass(study, MODEL, path_cm)
    mass, sd = ball_mass(study, measured.calibration, path_cm)
    assert without / BALL_MG == pytest.approx(1.07, abs=0.02)
    assert mass == pytest.approx(BALL_MG, rel=0.02)
    assert abs(mass - BALL_MG) < 2 * sd
    assert sd < 0.035 * mass


def test_the_phantom_is_air_afterwards_and_the_finger_as_it_was() -> None:
    study = scan(finger=True)
    free = without_phantom(study, calibrate(study, inserts(placed=False)).rods, BODY_HU)
    alone = scan((), finger=True).low.grid.point_of(np.argwhere(free.low.array > BODY_HU)[:, ::-1])
    away = np.linalg.norm(alone[:, :2] - FINGER_AT_MM, axis=1)
    assert away.max() < 10.0
    finger = np.s_[:, 20:43, 122:144]
    np.testing.assert_array_equal(free.low.array[finger], study.low.array[finger])
    assert [notice.code for notice in free.notices] == ["phantom_taken_out"]


def test_a_phantom_that_goes_on_for_long_is_not_taken_out() -> None:
    """As with a hand that lies on it."""
    grid = Grid((40, 40, 200), (2.0, 2.0, 1.0))
    image = Volume(np.full(grid.shape, 50, np.int16), grid)
    image.array[:, :5], image.array[:, -5:] = -1000, -1000
    study = replace(scan(), low=image, high=image)
    row = inserts().inserts[0].model_copy(update={"x_mm": 40.0, "y_mm": 40.0, "z_from_mm": 20.0, "z_to_mm": 60.0})
    from calcidect.materials._inserts import rod_of

    with pytest.raises(InputRefusedError, match="more than 6 cm beyond"):
        without_phantom(study, [rod_of(row)], BODY_HU)


def test_the_maps_are_made_with_the_calibration() -> None:
    study = scan(gain=GAIN, finger=True)
    measured = calibrate(study, inserts())
    free = without_phantom(study, measured.rods, BODY_HU)
    plain, own = decompose(free), decompose(free, calibration=for_site(measured.calibration))
    assert own.calibration.kind == "site"
    assert own.sensitivity is not None
    assert plain.sensitivity is not None
    assert own.sensitivity.ha_low / plain.sensitivity.ha_low == pytest.approx(1.06, rel=0.01)
    assert own.sensitivity.source.startswith("site calibration 2026-11 (5 inserts)")
    with pytest.raises(InputRefusedError, match="scan is 80/140"):
        decompose(replace(free, pair=KV140), calibration=measured.calibration)
