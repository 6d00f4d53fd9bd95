"""A calibration as a value and as a file."""

import json

import numpy as np
import pytest

from calcidect.errors import InputRefusedError
from calcidect.materials import (
    MODEL,
    Calibration,
    MeasuredInsert,
    calibration_of,
    calibration_text,
    confirm_pair,
    for_site,
    in_host,
    inserts_of,
    sensitivity,
)
from materials.blocks import SN150

COVARIANCE = ((4e-4, 1e-4), (1e-4, 9e-4))
MEASURED = Calibration(
    kind="in_scan", pair="80/Sn150", ha_factor=(1.06, 0.95), msu_factor=(1.06, 0.95),
    ha_covariance_fraction2=COVARIANCE, msu_covariance_fraction2=COVARIANCE, water_offset_hu=(2.0, -1.0),
    water_path_cm=5.0, residual_rms_hu=(1.5, 1.0),
    inserts=(MeasuredInsert("hydroxyapatite", 200.0, 480.5, 200.25, 0.5, 0.25),), measured_month="2026-11",
    manufacturer="Maker",
)  # fmt: skip
PLACE = "x_mm = 1\ny_mm = 2\nz_from_mm = 0\nz_to_mm = 30\ndiameter_mm = 10\n"


def test_the_model_changes_nothing() -> None:
    model = sensitivity(SN150, 3.0)
    assert MODEL.applied(model) == model


def test_the_model_states_its_uncertainty_of_each_energy_and_of_both() -> None:
    covariance = MODEL.covariance_fraction2("hydroxyapatite")
    assert covariance[0, 1] == pytest.approx(0.02**2)
    assert covariance[0, 0] == covariance[1, 1] == pytest.approx(0.023**2 + 0.02**2)


def test_factors_multiply_what_a_crystal_adds_in_water_at_each_energy() -> None:
    model = sensitivity(SN150, 3.0)
    own = MEASURED.applied(model)
    assert (own.ha_low / model.ha_low, own.ha_high / model.ha_high) == pytest.approx((1.06, 0.95))
    assert (own.msu_low / model.msu_low, own.msu_high / model.msu_high) == pytest.approx((1.06, 0.95))
    assert own.source.startswith("inserts in the scan (1 inserts): hydroxyapatite x 1.060/0.950, sd 2.0/3.0 %; model")
    assert in_host(own, 50.0, 50.0).ha_low == pytest.approx(1.06 * model.ha_low - 50 / 3160)


def test_a_site_s_calibration_is_less_certain_than_one_in_the_scan() -> None:
    site = for_site(MEASURED)
    added = site.covariance_fraction2("hydroxyapatite") - MEASURED.covariance_fraction2("hydroxyapatite")
    np.testing.assert_allclose(added, np.diag([1e-4, 1e-4]), atol=1e-12)
    assert site.kind == "site"


def test_a_file_reads_back_equal() -> None:
    site = for_site(MEASURED)
    assert calibration_of(calibration_text(site)) == site


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"calcidect_calibration": 2}, "not marked as calcidect_calibration 1"),
        ({"ha_factor": [1.06]}, "ha_factor"),
        ({"ha_factor": [3.0, 1.0]}, "between 0.75 and 1.33"),
        ({"ha_factor": [float("nan"), 1.0]}, "finite"),
        ({"ha_covariance_fraction2": [[-1e-4, 0.0], [0.0, 1e-4]]}, "negative"),
        ({"ha_covariance_fraction2": [[1e-4, 2e-5], [0.0, 1e-4]]}, "symmetric"),
        ({"kind": "in_scan"}, "not site"),
        ({"scanner_serial": "1"}, "scanner_serial"),
        ({"inserts": [{"material": "iodine"}]}, "inserts"),
    ],
)
def test_a_changed_file_is_refused(change: dict[str, object], reason: str) -> None:
    document = {**json.loads(calibration_text(for_site(MEASURED))), **change}
    with pytest.raises(InputRefusedError) as refused:
        calibration_of(json.dumps(document))
    assert refused.value.code == "calibration_invalid"
    assert reason in refused.value.found


@pytest.mark.parametrize("text", ["", "[]", "{", "null", calibration_text(for_site(MEASURED))[:-20]])
def test_a_file_cut_short_or_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(InputRefusedError, match="calibration file can't be used"):
        calibration_of(text)


def test_a_calibration_of_another_pair_is_refused() -> None:
    confirm_pair(MEASURED, "80/Sn150")
    confirm_pair(MODEL, "80/140")
    with pytest.raises(InputRefusedError, match=r"for 80/Sn150, the scan is 80/140"):
        confirm_pair(MEASURED, "80/140")


def test_inserts_are_read_with_or_without_places() -> None:
    placed = inserts_of(f'[[inserts]]\nmaterial = "hydroxyapatite"\nmg_per_cm3 = 200\n{PLACE}')
    assert placed.are_placed
    assert placed.tolerance_fraction == 0.01
    free = inserts_of('tolerance_fraction = 0.02\n[[inserts]]\nmaterial = "water"\n')
    assert not free.are_placed
    assert free.tolerance_fraction == 0.02


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "inserts: Field required"),
        ("inserts = 1 1", "line 1"),
        ('[[inserts]]\nmaterial = "iodine"', "material"),
        ('[[inserts]]\nmaterial = "urate"\nmg_per_cm3 = -1', "mg_per_cm3"),
        ('[[inserts]]\nmaterial = "urate"\nx_mm = 1', "all or none"),
        ('[[inserts]]\nmaterial = "water"\nmg_per_cm3 = 5', "water holds 0"),
        (f'[[inserts]]\nmaterial = "water"\n{PLACE}[[inserts]]\nmaterial = "urate"', "of all inserts, or of none"),
        (f'[[inserts]]\nmaterial = "water"\n{PLACE}'.replace("= 30", "= 8"), "at least 12 mm"),
        (f'[[inserts]]\nmaterial = "water"\n{PLACE}'.replace("= 10", "= 3"), "diameter_mm"),
    ],
)
def test_a_list_of_inserts_that_makes_no_sense_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InputRefusedError) as refused:
        inserts_of(text)
    assert refused.value.code == "inserts_invalid"
    assert reason in refused.value.found
