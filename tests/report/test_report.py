"""The report as people get it: one page that opens offline, one PDF, the same bytes each time."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from calcidect.anatomy import CutOff, FieldOfView
from calcidect.errors import Notice, OutputError
from calcidect.report import write_report
from calcidect.report._content import report_content
from calcidect.report._pictures import PICTURED_DEPOSITS
from calcidect.report._wording import load_wording
from calcidect.result import write_result
from calcidect.study import Motion
from support.results import make_scene, small_result, small_scene, without_deposits

MALICIOUS = "<script>alert(1)</script> #panic() $x$ *b* _e_ \\ \" ' @ref `code` </title>"


def report_of(scene, folder):
    folder.mkdir()
    write_report(scene.result(), scene.study.low, folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return report_of(small_scene(), tmp_path_factory.mktemp("report") / "out")


class Page(HTMLParser):
    """Collects tags, texts and addresses of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.addresses = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))


def page_of(folder):
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_report_is_one_page_one_pdf_and_its_pictures(folder):
    assert {p.name for p in folder.iterdir()} == {"report.html", "report.pdf", "images"}
    expected = {f"{kind}_{side}.png" for kind in ("surface", "coronal") for side in ("right", "left")}
    expected |= {"hand_map.png"} | {f"deposit_{n}.png" for n in (3, 6, 4, 1, 5, 2)}  # the largest six
    assert {p.name for p in (folder / "images").iterdir()} == expected
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")


def test_same_input_gives_same_bytes(folder, tmp_path):
    again = report_of(small_scene(), tmp_path / "again")
    for path in folder.rglob("*.*"):
        assert path.read_bytes() == (again / path.relative_to(folder)).read_bytes(), path.name


def test_page_opens_offline_and_runs_nothing(folder):
    page = page_of(folder)
    assert page.addresses
    assert all(
        address.startswith(("data:image/png;base64,", "data:image/svg+xml;base64,")) for address in page.addresses
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
        "18 ± 3 %, grade 1",
        "Left hand, digit 1: The fingertip lies outside the scan.",
        "input SHA-256 a7a7a7a7a7a7a7a7",
    ):
        assert expected in text, expected


def test_text_from_the_scan_is_never_markup(tmp_path):
    scene = make_scene(subject_id=MALICIOUS)
    notice = Notice("odd", MALICIOUS, MALICIOUS)
    folder = report_of(replace(scene, study=replace(scene.study, notices=(notice,))), tmp_path / "out")
    page = page_of(folder)
    assert "script" not in page.tags
    assert "<script>alert(1)</script> #panic()" in page.text
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")  # '#panic()' would have stopped typst


def test_no_deposits_and_one_hand_read_well(tmp_path):
    folder = report_of(without_deposits(make_scene(sides=("left",))), tmp_path / "out")
    text = page_of(folder).text
    assert "No deposit was found." in text
    assert "Right hand" not in text
    assert {p.name for p in (folder / "images").iterdir()} == {"surface_left.png", "coronal_left.png"}
    assert "None" not in text.replace("None was found.", "")


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
    assert "acro osteolysis: No digit was looked at." in text
    assert "None" not in text
    assert "nan" not in text.lower()


def test_scan_with_nothing_drawn_still_has_a_report(tmp_path):
    scene = without_deposits(small_scene())
    nothing = scene.anatomy.bones.like(scene.anatomy.bones.array * 0)
    scene = replace(scene, anatomy=replace(scene.anatomy, bones=nothing), findings=replace(scene.findings, bones=()))
    folder = report_of(scene, tmp_path / "out")
    assert list((folder / "images").iterdir()) == []
    assert "No deposit was found." in page_of(folder).text


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
    assert "(uncertain material)" in rows[-1][2]


def verdicts_of(scene, **changes):
    quality = replace(scene.findings.quality, **changes)
    rows = report_content(replace(scene, findings=replace(scene.findings, quality=quality)).result())["quality"]
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


def test_summary_counts_by_material():
    summary = report_content(small_result(), SAY)["summary"]
    assert summary.startswith("7 deposits: 5 hydroxyapatite, 1 urate, 1 indeterminate.")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "\u2013"), (1234.56, "1,234.6"), (-0.01, "0.0"), (-2.0, "-2.0"), (0.0, "0.0")],
)
def test_numbers_read_alike(value, text):
    assert number(value) == text


def test_sd_is_left_out_where_it_is_not_known():
    assert with_sd(5.0, None) == "5.0"
    assert with_sd(None, 1.0) == "\u2013"


def test_site_says_a_place_once():
    forearm = small_result().findings.deposits[5]
    assert deposit_site(forearm) == "left forearm"


def test_motion_is_told_in_a_line_for_each_hand():
    result = small_result()
    hand = result.hands[0]
    grid = result.bone_map.grid
    inside = tuple(grid.point_of([s + n / 2 for s, n in zip(hand.start, hand.size, strict=True)]).tolist())
    moved = Motion(inside, (1.0, 0.0, 0.0), (0.0, 0.0, 2.0), 4.812, 0.01, True, 0.004, 0.1)
    quality = replace(result.findings.quality, motion=(moved, Motion((999.0, 0.0, 0.0))))
    facts = dict(report_content(replace(result, findings=replace(result.findings, quality=quality)))["facts"])
    assert facts[f"Motion, {hand.side} hand"] == "4.81 \u00b1 0.01 mm, moved back, 0.00 mm left"
    assert facts["Motion, other part"] == "not measurable"


def test_damage_is_shown_with_its_cuts_and_absent_destruction_is_said(folder, tmp_path):
    text = page_of(folder).text
    assert "18 \u00b1 3 %, grade 1" in text
    assert "The fingertip lies outside the scan." in text
    assert "No site was found." not in text
    whole = replace(small_scene().findings, bone_destruction=())
    assert "No site was found." in page_of(report_of(replace(small_scene(), findings=whole), tmp_path / "out")).text
