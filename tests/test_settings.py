"""Settings: defaults, files, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from calcidect.errors import InputRefusedError
from calcidect.settings import BeamSettings, FindingsSettings, Settings, load_settings


def test_without_a_file_the_defaults_hold():
    assert load_settings() == Settings()
    assert all(row["is_default"] for row in Settings().described())


def test_every_setting_has_a_unit_and_a_source():
    rows = Settings().described()
    assert len(rows) == len({row["name"] for row in rows})
    assert all(row["unit"].strip() and len(row["source"]) > 5 for row in rows)


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[findings]\njoin_gap_mm = 1.5\n", encoding="utf-8")
    settings = load_settings(path)
    assert settings.findings.join_gap_mm == 1.5
    assert settings.model_copy(update={"findings": FindingsSettings()}) == Settings()
    assert [row["name"] for row in settings.described() if not row["is_default"]] == ["findings.join_gap_mm"]


def test_a_file_names_a_beam_with_its_filters(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[materials.beams.Sn100]\ntube_kv = 100\ntin_mm = 0.4\n", encoding="utf-8")
    settings = load_settings(path)
    assert settings.materials.beams == {"Sn100": BeamSettings(tube_kv=100, tin_mm=0.4)}
    changed = [row for row in settings.described() if not row["is_default"]]
    assert [row["name"] for row in changed] == ["materials.beams"]
    assert changed[0]["value"]["Sn100"]["titanium_mm"] == 0.9


def test_a_group_inside_a_group_is_read_and_described(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[materials]\nmonoenergetic_kev = [50, 70]\n[materials.vendor_rule]\nratio = 1.4\n")
    settings = load_settings(path)
    assert settings.materials.vendor_rule.ratio == 1.4
    changed = {row["name"]: row["value"] for row in settings.described() if not row["is_default"]}
    assert changed == {"materials.monoenergetic_kev": [50, 70], "materials.vendor_rule.ratio": 1.4}


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("[materials.beams.Sn100]\ntin_mm = 0.4\n", "settings_invalid", "materials.beams.Sn100.tube_kv"),
        ("[materials.beams.Sn100]\ntube_kv = 103\n", "settings_invalid", "materials.beams.Sn100.tube_kv"),
        ("[materials.beams.Sn100]\ntube_kv = 100\nlead_mm = 1\n", "settings_invalid", "materials.beams.Sn100.lead_mm"),
        ("[materials.beams.Cu100]\ntube_kv = 100\n", "settings_invalid", "materials.beams.Cu100"),
        ("[materials.beams.Sn100]\ntube_kv = 100\ntin_mm = nan\n", "settings_invalid", "materials.beams.Sn100.tin_mm"),
        ("[materials]\nmonoenergetic_kev = [70, 30]\n", "settings_invalid", "materials.monoenergetic_kev"),
        ("[materials.vendor_rule]\nsmoothing_range_pixels = 0\n", "settings_invalid", "smoothing_range_pixels"),
        ("[findings]\njoin_gap = 2\n", "settings_invalid", "findings.join_gap"),
        ("[fndings]\n", "settings_invalid", "fndings"),
        ("[findings]\njoin_gap_mm = -1\n", "settings_invalid", "findings.join_gap_mm"),
        ("[findings]\njoin_gap_mm = nan\n", "settings_invalid", "findings.join_gap_mm"),
        ("[findings]\njoin_gap_mm = 'wide'\n", "settings_invalid", "findings.join_gap_mm"),
        ("findings = 3\n", "settings_invalid", "findings"),
        ("[findings\n", "settings_unreadable", "line 1"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path, text, code, named):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputRefusedError) as caught:
        load_settings(path)
    assert caught.value.code == code
    assert named in caught.value.found
    assert "calcidect settings" in caught.value.remedy


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "not text"])
def test_an_unreadable_file_is_refused(tmp_path, content):
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputRefusedError) as caught:
        load_settings(path)
    assert caught.value.code == "settings_unreadable"


def test_settings_can_not_be_changed_in_place():
    with pytest.raises(ValidationError):
        Settings().findings.join_gap_mm = 3.0  # type: ignore[misc]


@given(st.floats(0, 10))
def test_any_value_in_range_is_kept_as_it_is(gap_mm):
    assert FindingsSettings(join_gap_mm=gap_mm).join_gap_mm == gap_mm


@given(st.one_of(st.floats(max_value=0, exclude_max=True), st.floats(min_value=10, exclude_min=True)))
def test_no_value_out_of_range_is_taken(gap_mm):
    with pytest.raises(ValidationError):
        FindingsSettings(join_gap_mm=gap_mm)
