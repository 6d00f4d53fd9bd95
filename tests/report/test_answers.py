"""The first page's answers and the tables behind them."""

from dataclasses import replace

import pytest

from calcidect.report._answers import answers
from calcidect.report._quality import quality_rows
from calcidect.report._tables import deposit_table, digit_table
from calcidect.report._wording import load_wording
from calcidect.result import NotAssessed
from support.results import make_scene, small_result, without_deposits

SAY = load_wording()


def with_findings(**changes):
    result = small_result()
    return replace(result, findings=replace(result.findings, **changes))


def of_one_energy():
    """Return the usual result as a single-energy scan gives it."""
    result = small_result()
    deposits = tuple(
        replace(
            d, material="indeterminate", ha_mass_mg=None, ha_mass_sd_mg=None, urate_mass_mg=None,
            mean_ha_mg_per_cm3=None, mean_hu_high=None, dual_energy_ratio=None, confidence=None,
            flags=("single_energy",),
        )
        for d in result.findings.deposits
    )  # fmt: skip
    burden = {
        hand: replace(b, ha_mass_mg=None, ha_mass_sd_mg=None, urate_mass_mg=None, bulky=None)
        for hand, b in result.findings.burden.items()
    }
    return replace(
        result,
        study=replace(result.study, pair="120 kV", single_energy=True),
        findings=replace(result.findings, deposits=deposits, burden=burden, vendor_rule=None),
        concentrations=None,
    )


def asked(result):
    """Return the four answers, each as (answer, details in one text)."""
    rows = quality_rows(result.findings.quality, result.bone_map.grid, SAY)
    return [(a["answer"], " ".join(a["details"]).replace("\u00a0", " ")) for a in answers(result, rows, SAY)]


def test_how_much_is_mass_first():
    burden = small_result().findings.burden["all"]
    answer, details = asked(small_result())[0]
    mass = f"{burden.ha_mass_mg:.1f} ± {burden.ha_mass_sd_mg:.1f}"
    assert answer.startswith(f"{mass} mg of hydroxyapatite in 6 deposits, ")
    assert answer.endswith("mg of urate in 1 deposit")
    assert "Largest: no. 3," in details
    assert "Material not told of 1 deposit" in details


def test_of_one_energy_there_is_no_mass_to_tell():
    amount, _, _, sure = asked(of_one_energy())
    assert amount[0].startswith("7 deposits, ")
    assert amount[0].endswith("mm³ together")
    assert "Bulky" not in amount[1]
    assert sure[0].startswith("Without mass: one energy")


def test_of_gout_urate_is_told():
    urate = tuple(
        replace(d, material="urate", ha_mass_mg=0.0, urate_mass_mg=10.0) for d in small_result().findings.deposits
    )
    burden = {
        hand: replace(b, ha_mass_mg=0.0, ha_mass_sd_mg=0.0, urate_mass_mg=70.0, bulky=False)
        for hand, b in small_result().findings.burden.items()
    }
    result = with_findings(deposits=urate, burden=burden)
    amount, _, _, sure = asked(result)
    assert amount[0] == "70.0 mg of urate in 7 deposits"
    assert "%" not in sure[0]  # a share of no mass
    names = [column["name"] for column in deposit_table(result.findings, SAY)["columns"]]
    assert "Urate mass" in names


def test_where_is_told_for_each_hand_in_the_scan():
    answer, details = asked(small_result())[1]
    assert answer == "Right hand: 4 deposits, left hand: 3 deposits"
    assert "Right hand: carpal tunnel 1, periarticular 1, fingertip fat pad 2." in details
    assert "left little finger" in details
    assert "Extends into the forearm: left hand." in details
    alone = asked(without_deposits(make_scene(sides=("left",))).result())[1]
    assert alone[0] == "Left hand: 0 deposits"


def test_damage_lists_digits_and_sites():
    answer, details = asked(small_result())[2]
    assert answer == "Acro-osteolysis in 2 of 9 digits assessed, bone destroyed at 1 site"
    assert "Right index finger: 18.0 ± 3.0 % of the distal phalanx lost, grade 1." in details
    assert "Not assessable: left thumb." in details
    assert "Right distal phalanx 2: 4.2 mm³ lost, 1.1 mm deep, at deposit 1." in details


def test_many_sites_are_summed_up():
    sites = small_result().findings.bone_destruction * 5
    details = asked(with_findings(bone_destruction=sites))[2][1]
    assert details.count("4.2 mm³ lost") == 3
    assert "And 2 sites more; see the table." in details


def test_no_site_is_not_none_where_none_was_looked_for():
    looked = with_findings(bone_destruction=())
    assert asked(looked)[2][0].endswith("no bone destroyed next to a deposit")
    left_open = replace(looked, not_assessed=(NotAssessed("bone_destruction", "No name."),))
    assert asked(left_open)[2][0].endswith("destruction not assessed")
    assert "Not assessed: bone destruction." in asked(left_open)[3][1]


def test_how_sure_tells_the_deviation_and_the_scan():
    answer, details = asked(small_result())[3]
    burden = small_result().findings.burden["all"]
    share = f"{100 * burden.ha_mass_sd_mg / burden.ha_mass_mg:.2g}"
    assert answer == f"Mass of hydroxyapatite: ± {share} % (one standard deviation), the scan limits some numbers"
    assert "Limits: Clipped, Metal." in details
    assert "confidence 0.94" in details
    assert "simulated hands only" in details
    quality = replace(small_result().findings.quality, notices=())
    assert asked(with_findings(quality=quality))[3][0].endswith("scan within the limits of the method")


def test_a_small_deviation_is_not_none_and_a_check_left_out_is_named():
    findings = small_result().findings
    burden = {hand: replace(b, ha_mass_mg=200.0, ha_mass_sd_mg=0.8) for hand, b in findings.burden.items()}
    answer, details = asked(with_findings(burden=burden, quality=replace(findings.quality, metal=None, notices=())))[3]
    assert answer.startswith("Mass of hydroxyapatite: ± 0.4 % ")
    assert "Not checked: Metal." in details


def test_no_material_is_told_for_certain():
    sure = tuple(replace(d, confidence=1.0) for d in small_result().findings.deposits)
    assert "confidence >0.99." in asked(with_findings(deposits=sure))[3][1]
    assert {row[-1] for row in deposit_table(with_findings(deposits=sure).findings, SAY)["rows"]} == {">0.99"}


def test_loss_without_a_grade_is_told_without_one():
    digits = tuple(replace(d, grade=None) for d in small_result().findings.acro_osteolysis)
    details = asked(with_findings(acro_osteolysis=digits))[2][1]
    assert "Right index finger: 18.0 ± 3.0 % of the distal phalanx lost, present." in details
    assert "None" not in details


def test_columns_without_any_value_are_left_out():
    full = {column["name"] for column in deposit_table(small_result().findings, SAY)["columns"]}
    single = {column["name"] for column in deposit_table(of_one_energy().findings, SAY)["columns"]}
    assert full - single == {"HA mass ± SD", "HA mean", "Urate mass", "HU ratio", "Confidence"}
    rows = deposit_table(of_one_energy().findings, SAY)["rows"]
    assert all(len(row) == len(single) for row in rows)


def test_each_digit_of_a_scanned_hand_has_its_row():
    table = digit_table(small_result(), SAY)
    names = [column["name"] for column in table["columns"]]
    rows = {row[0]: dict(zip(names, row, strict=True)) for row in table["rows"]}
    assert len(rows) == 10
    assert next(iter(rows)) == "right thumb"
    index = rows["right index finger"]
    assert (index["Deposits"], index["Lost from the tip ± SD"], index["Acro-osteolysis"]) == (
        "2",
        "18.0 ± 3.0",
        "grade 1",
    )
    assert index["Bone destroyed"] == "4.2"
    assert rows["left little finger"]["HA mass"] == "\u2013"  # its one deposit has no mass
    assert rows["left thumb"]["Deposits"] == "0"
    assert all(rows["left thumb"][name] == "0.0" for name in ("Volume", "HA mass", "Urate mass", "Bone destroyed"))
    assert rows["left thumb"]["Acro-osteolysis"] == "not assessable"
    assert rows["left thumb"]["Lost from the tip ± SD"] == "\u2013"
    assert len(digit_table(make_scene(sides=("left",)).result(), SAY)["rows"]) == 5


def test_what_was_not_looked_for_is_not_nought():
    """Nor is a mass of one energy; their columns are left out."""
    looked = with_findings(bone_destruction=())
    left_open = [
        replace(looked, not_assessed=(NotAssessed(n, "No name."),)) for n in ("bone_destruction", "deposits.digit")
    ]
    full, *partly = (
        {column["name"] for column in digit_table(result, SAY)["columns"]}
        for result in (looked, *left_open, of_one_energy())
    )
    assert [full - names for names in partly] == [
        {"Bone destroyed"}, {"Deposits", "Volume", "HA mass", "Urate mass"}, {"HA mass", "Urate mass"},
    ]  # fmt: skip


@pytest.mark.parametrize(("lost", "text"), [(0.0, "0.0 ± 3.0"), (0.096, "9.6 ± 3.0"), (0.997, "99.7 ± 3.0")])
def test_losses_are_percent(lost, text):
    digits = tuple(
        replace(d, fraction_lost=lost, fraction_lost_sd=0.03) for d in small_result().findings.acro_osteolysis
    )
    assert {row[5] for row in digit_table(with_findings(acro_osteolysis=digits), SAY)["rows"]} == {text}
