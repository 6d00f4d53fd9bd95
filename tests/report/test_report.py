"""The report as people get it: one page that opens offline, one PDF, the same bytes each time."""

import re
from dataclasses import replace

import pytest

from calcidect.anatomy import CutOff, FieldOfView
from calcidect.errors import Notice, OutputError
from calcidect.report import write_report
from calcidect.report._content import report_content
from calcidect.report._pictures import PICTURED_DEPOSITS
from calcidect.report._wording import load_wording
from calcidect.result import ReviewRecord, write_result
from calcidect.settings import ReportSettings, Settings
from calcidect.study import Motion
from support.pages import page_of, report_of
from support.results import make_scene, small_result, small_scene, without_deposits

MALICIOUS = "<script>alert(1)</script> #panic() $x$ *b* _e_ \\ \" ' @ref `code` [c] </title> {{ 7 * 7 }} {name}"
SAY = load_wording()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return report_of(small_scene(), tmp_path_factory.mktemp("report") / "out")


def test_report_is_one_page_one_pdf_and_its_pictures(folder):
    assert {p.name for p in folder.iterdir()} == {"report.html", "report.pdf", "images"}
    expected = {f"{kind}_{side}.png" for kind in ("surface", "coronal") for side in ("right", "left")}
    expected |= {"hand_map.png"} | {f"deposit_{n}.png" for n in (3, 6, 4, 1, 5, 2)}  # the largest six
    expected |= {f"thumbnail_{n}.png" for n in range(1, 8)}  # all
    assert {p.name for p in (folder / "images").iterdir()} == expected
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")


def test_without_the_scan_the_report_has_all_but_its_pictures(folder, tmp_path):
    write_report(small_result(), None, tmp_path)
    assert [path.name for path in (tmp_path / "images").iterdir()] == ["hand_map.png"]
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    bare, whole = page_of(tmp_path), page_of(folder)
    assert SAY("labels.no_pictures") in bare.text
    assert SAY("labels.no_pictures") not in whole.text
    assert SAY("labels.slices") not in bare.text
    assert len(bare.addresses) == len(whole.addresses) - (len(list((folder / "images").iterdir())) - 1)


def test_a_reviewed_result_says_who_changed_how_much():
    record = ReviewRecord(("R1", "R2"), 1200, 1300, "0" * 64, False, (1,), (2, 3), (4,), {}, {})
    result = small_result()
    reviewed = replace(result, provenance=replace(result.provenance, review=record))
    told = dict(report_content(reviewed, SAY)["facts"])["Reviewed by"]
    assert told == "R1, R2: 1,200 edits; deposits accepted 1, rejected 2, not looked at 1; not measured anew"
    assert "Reviewed by" not in dict(report_content(result, SAY)["facts"])


def test_same_input_gives_same_bytes(folder, tmp_path):
    again = report_of(small_scene(), tmp_path / "again")
    for path in folder.rglob("*.*"):
        assert path.read_bytes() == (again / path.relative_to(folder)).read_bytes(), path.name


def test_page_opens_offline_and_runs_nothing(folder):
    page = page_of(folder)
    assert page.addresses
    assert all(
        address.startswith(("data:image/png;base64,", "data:image/svg+xml;base64,", "#")) for address in page.addresses
    )
    assert not {"script", "link", "iframe", "form"} & set(page.tags)


def test_page_says_research_use_only(folder):
    assert "Research use only. Not a medical device." in page_of(folder).text


def test_page_holds_the_numbers_of_the_result(folder):
    text = page_of(folder).text
    burden = small_result().findings.burden["all"]
    for expected in (
        "SSC-0042",
        "57 years",
        "80/Sn150",
        "0.8 \u00d7 0.8 \u00d7 0.8 mm",
        f"{burden.ha_mass_mg:.1f} ± {burden.ha_mass_sd_mg:.1f}",
        f"{burden.volume_mm3:,.1f}",
        "right hand, carpus, carpal tunnel",
        "Forearm deposits may be missed.",
        "findings.bulky_deposit_mm3 = 300.0 mm3",
        "at least 300 mm³",
        "Left hand, digit 1: The fingertip lies outside the scan.",
        "input SHA-256 a7a7a7a7a7a7a7a7",
        "a7" * 32,
    ):
        assert expected in text, expected


def malicious_scene():
    """Return a scene whose every free text is an attack that ends with the field's own name."""
    scene = make_scene(subject_id=f"{MALICIOUS} of-subject")
    quality = scene.findings.quality
    series = replace(quality.low, kernel=f"{MALICIOUS} of-kernel")
    notice = Notice(*(f"{MALICIOUS} of-{name}" for name in ("code", "message", "effect")))
    row = {name: f"{MALICIOUS} of-{name}" for name in ("name", "value", "unit", "source")}
    deposits = (
        replace(d, compartment=f"{MALICIOUS} of-compartment", flags=(f"{MALICIOUS} of-flag",))
        for d in scene.findings.deposits
    )
    digits = (replace(d, reason=f"{MALICIOUS} of-digit") for d in scene.findings.acro_osteolysis)
    bodies = (replace(a, reason=f"{MALICIOUS} of-artefact") for a in scene.findings.artefacts)
    subject = replace(scene.study.subject, sex=f"{MALICIOUS} of-sex")
    return replace(
        scene,
        study=replace(scene.study, notices=(notice,), subject=subject),
        findings=replace(
            scene.findings,
            quality=replace(quality, low=series, high=None),
            deposits=tuple(deposits),
            acro_osteolysis=tuple(digits),
            artefacts=tuple(bodies),
        ),
        provenance=replace(
            scene.provenance,
            settings=({**row, "is_default": False},),
            calibration=f"{MALICIOUS} of-calibration",
            network=f"{MALICIOUS} of-network",
        ),
    )


def test_text_from_the_scan_is_never_markup(folder, tmp_path):
    attacked = report_of(malicious_scene(), tmp_path / "out")
    page = page_of(attacked)
    assert set(page.tags) <= set(page_of(folder).tags)
    for name in ("subject", "kernel", "code", "message", "effect", "name", "value", "compartment", "flag", "digit",
                 "artefact", "sex", "calibration", "network"):  # fmt: skip
        assert f"of-{name}" in page.text, name
    for attack in ("<script>alert(1)</script> #panic() $x$ *b* _e_", "</title> {{ 7 * 7 }} {name}"):
        assert attack in page.text
    assert "<script>" in "".join(page.labels)  # in the alt text of a picture
    assert (attacked / "report.pdf").read_bytes().startswith(b"%PDF")  # '#panic()' would have stopped typst


def test_letters_that_no_font_has_do_not_stop_the_pdf(tmp_path):
    folder = report_of(make_scene(subject_id="\u65e5\u672c\x07\U0001f600\u202e"), tmp_path / "out")
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "\u65e5\u672c" in page_of(folder).text


def test_no_deposits_and_one_hand_read_well(tmp_path):
    folder = report_of(without_deposits(make_scene(sides=("left",))), tmp_path / "out")
    text = page_of(folder).text
    assert text.count("No deposit was found.") == 2
    assert "Left hand: 0 deposits" in text
    assert "Right hand" not in text
    assert "right thumb" not in text
    shown = {p.name for p in (folder / "images").iterdir()}
    assert shown == {"hand_map.png", "surface_left.png", "coronal_left.png"}
    assert "None" not in text


def test_bare_result_says_what_is_not_assessed(tmp_path):
    """A first version names no bones and gives no compartments; its report must still read well."""
    scene = small_scene()
    bare = replace(
        scene.findings,
        acro_osteolysis=(),
        bone_destruction=(),
        deposits=tuple(
            replace(
                d, digit=None, level=None, compartment=None, pattern=None, ha_mass_mg=None, ha_mass_sd_mg=None,
                mean_ha_mg_per_cm3=None, distance_to_bone_mm=None, touches_bone=None, dual_energy_ratio=None,
            )
            for d in scene.findings.deposits
        ),
        burden={
            hand: replace(b, ha_mass_mg=None, ha_mass_sd_mg=None, urate_mass_mg=None, forearm_extension=None)
            for hand, b in scene.findings.burden.items()
        },
    )  # fmt: skip
    text = page_of(report_of(replace(scene, findings=bare), tmp_path / "out")).text
    assert "acro-osteolysis: No digit was looked at." in text
    assert "Acro-osteolysis: not assessable" in text
    assert "None" not in text
    assert not re.search(r"\bnan\b", text.lower())


def test_scan_with_nothing_drawn_still_has_a_report(tmp_path):
    scene = without_deposits(small_scene())
    nothing = scene.anatomy.bones.like(scene.anatomy.bones.array * 0)
    scene = replace(scene, anatomy=replace(scene.anatomy, bones=nothing), findings=replace(scene.findings, bones=()))
    folder = report_of(scene, tmp_path / "out")
    assert [path.name for path in (folder / "images").iterdir()] == ["hand_map.png"]
    text = page_of(folder).text
    assert "No deposit was found." in text
    assert SAY("labels.no_pictures") in text


def on_paper(scene, paper):
    settings = Settings(report=ReportSettings(paper=paper))
    return replace(scene, provenance=replace(scene.provenance, settings=tuple(settings.described())))


@pytest.mark.parametrize(("paper", "points"), [("a4", (595.28, 841.89)), ("letter", (612.0, 792.0))])
def test_pages_have_the_size_of_the_setting(paper, points, tmp_path):
    folder = report_of(on_paper(without_deposits(make_scene(sides=("left",))), paper), tmp_path / "out")
    boxes = re.findall(rb"/MediaBox *\[([^\]]*)\]", (folder / "report.pdf").read_bytes())
    assert boxes
    for box in boxes:
        assert [float(number) for number in box.split()] == pytest.approx([0, 0, *points], abs=0.1)
    assert f"size: {paper};" in (folder / "report.html").read_text(encoding="utf-8")


def test_report_comes_with_the_result_folder_or_not_at_all(tmp_path):
    scene, result = small_scene(), small_result()
    write_result(result, tmp_path / "out", extra=lambda folder: write_report(result, scene.study.low, folder))
    assert (tmp_path / "out" / "report.html").is_file()

    def failing(folder):
        write_report(result, scene.study.low, folder / "missing")

    with pytest.raises(OutputError):
        write_result(result, tmp_path / "other", extra=failing)
    assert not (tmp_path / "other").exists()


def test_no_path_name_or_original_identifier_is_said(folder):
    html = (folder / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"base64,[^\"]+", "", html)
    assert str(folder) not in text
    assert small_result().study.study_uid_hash not in text
    pdf = (folder / "report.pdf").read_bytes()
    assert str(folder).encode() not in pdf
    assert b"/CreationDate" not in pdf


def test_deposit_table_is_sorted_and_complete():
    rows = report_content(small_result(), SAY)["deposits"]["rows"]
    assert [row[0] for row in rows] == ["3", "6", "4", "1", "5", "2", "7"]
    assert len(rows) > PICTURED_DEPOSITS
    assert "(uncertain material)" in rows[-1][1]


def verdicts_of(scene, **changes):
    quality = replace(scene.findings.quality, **changes)
    rows = report_content(replace(scene, findings=replace(scene.findings, quality=quality)).result(), SAY)["quality"]
    return {row["check"]: (row["found"], row["verdict"]) for row in rows}


def test_quality_has_a_verdict_for_each_check(folder):
    verdicts = verdicts_of(small_scene())
    assert verdicts["Clipped"] == ("214 voxels at the low, 0 at the high energy", "limits")
    assert verdicts["Metal"] == ("412 mm³, middle third of the slices", "limits")
    assert verdicts["Field of view"] == ("2 hands, whole to the fingertips", "fine")
    assert verdicts["Sharpness at the skin"] == ("blur 0.94 / 0.95 mm, undershoot 0.1 / 0.2 %", "fine")
    assert "Scan quality" in page_of(folder).text


@pytest.mark.parametrize(
    ("code", "check", "verdict"),
    [
        ("noise_high", "Noise", "limits"),
        ("kernel_sharp", "Kernel", "limits"),
        ("kernels_differ", "Sharpness at the skin", "limits"),
        ("slices_apart", "Slices", "limits"),
        ("pixels_large", "Pixels", "limits"),
        ("contrast_medium", "Contrast medium", "limits"),
        ("fingers_cut_off", "Field of view", "limits"),
        ("position_against_anatomy", "Left and right", "look"),
        ("side_uncertain", "Left and right", "look"),
    ],
)
def test_a_notice_spoils_its_row_alone(code, check, verdict):
    verdicts = verdicts_of(small_scene(), notices=(Notice(code, "m", "e"),))
    spoilt = {name for name, (_, found) in verdicts.items() if found not in ("fine", "not checked")}
    assert verdicts[check][1] == verdict
    assert spoilt == ({check} if not code.startswith("kernel") else {"Kernel", "Sharpness at the skin"})


def test_what_was_not_looked_at_is_not_called_fine():
    verdicts = verdicts_of(
        small_scene(), notices=(), low=None, high=None, metal=None, contrast_medium=None, field_of_view=None
    )
    not_checked = {name for name, (_, verdict) in verdicts.items() if verdict == "not checked"}
    assert not_checked == {
        "Kernel", "Sharpness at the skin", "Metal", "Contrast medium", "Field of view", "Left and right",
    }  # fmt: skip


def test_of_one_energy_one_noise_is_told():
    found, verdict = verdicts_of(small_scene(), notices=(), noise_low_hu=21.34, noise_high_hu=None)["Noise"]
    assert (found, verdict) == ("21.3 HU", "fine")


def test_cut_off_hands_are_named():
    field = FieldOfView(2, (CutOff("left", "fingers", "head", 50.0), CutOff("right", "side", "round field", 80.0)))
    found, _ = verdicts_of(small_scene(), field_of_view=field)["Field of view"]
    assert found == "2 hands, left fingers cut off (head), right hand cut off (round field)"


def test_motion_is_told_in_a_line_for_each_hand():
    result = small_result()
    hand = result.hands[0]
    grid = result.bone_map.grid
    inside = tuple(grid.point_of([s + n / 2 for s, n in zip(hand.start, hand.size, strict=True)]).tolist())
    moved = Motion(inside, (1.0, 0.0, 0.0), (0.0, 0.0, 2.0), 4.812, 0.01, True, 0.004, 0.1)
    quality = replace(result.findings.quality, motion=(moved, Motion((999.0, 0.0, 0.0))))
    facts = dict(report_content(replace(result, findings=replace(result.findings, quality=quality)), SAY)["facts"])
    assert facts[f"Motion, {hand.side} hand"] == "4.81 \u00b1 0.01 mm, moved back, <0.01 mm left"
    assert facts["Motion, other part"] == "not measurable"
