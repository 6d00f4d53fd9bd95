"""All words of a report stand in one catalogue: none is missing, none is idle, none is written anywhere else."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import typst

import calcidect.report
from calcidect.anatomy import BONES, COMPARTMENTS, LEVELS
from calcidect.report._content import report_content
from calcidect.report._pictures import draw_pictures
from calcidect.report._wording import Wording, load_wording
from calcidect.report._write import _has_glyph, _template, render_html, render_pdf
from calcidect.result import RESEARCH_USE_ONLY
from calcidect.settings import Settings
from support.pages import Page
from support.results import small_result, small_scene

SAY = load_wording()
ROOM = Path(calcidect.report.__file__).parent
GREEK = str.maketrans({chr(code): chr(0x3B1 + (code | 32) % 24) for code in (*range(65, 91), *range(97, 123))})
STRUCTURE = {"align", "kind", "colour", "colours", "paper", "language", "file"}
"""Keys whose values are read by a template and never written."""


def in_greek(value, key=""):
    """Return content with Greek letters in place of Latin ones, so that a Latin letter is a template's own."""
    if isinstance(value, dict):
        return {name: in_greek(part, name) for name, part in value.items()} if key not in STRUCTURE else value
    if isinstance(value, list):
        return [in_greek(part, key) for part in value]
    return value.translate(GREEK) if isinstance(value, str) and key not in STRUCTURE else value


def pictures_of(result, folder, say=SAY):
    shown = []
    for picture in draw_pictures(result, small_scene().study.low, say):
        file = f"{picture.name}.png"
        picture.image.save(folder / file)
        data = (folder / file).read_bytes()
        shown.append({"kind": picture.kind, "caption": picture.caption, "alt": picture.alt, "file": file, "data": data})
    return shown


@pytest.fixture(scope="module")
def greek(tmp_path_factory):
    folder = tmp_path_factory.mktemp("greek")
    content = in_greek(report_content(small_result(), SAY))
    return content, in_greek(pictures_of(small_result(), folder)), folder


def written(page):
    return " ".join([*page.texts, *page.labels])


def test_the_page_s_template_writes_no_word_of_its_own(greek):
    content, pictures, _ = greek
    assert re.findall(r"[A-Za-z]+", written(Page(render_html(content, pictures)))) == []


def test_the_pdf_s_template_writes_no_word_of_its_own(greek, monkeypatch):
    content, pictures, folder = greek
    trap = '#show regex("[A-Za-z]"): it => panic("a word of the template")\n'
    monkeypatch.setattr("calcidect.report._write._template", lambda name: trap + _template(name))
    assert render_pdf(content, pictures, folder).startswith(b"%PDF")
    with pytest.raises(typst.TypstError, match="a word of the template"):
        render_pdf({**content, "title": "Title"}, pictures, folder)


def test_every_page_of_the_pdf_says_research_use_only(tmp_path, monkeypatch):
    """typst counts how often the notice is set, and compares it with its pages."""
    count = '#let said = counter("said")\n#show "Research use only. Not a medical device.": it => said.step() + it\n'
    check = "\n#context assert.eq(said.final().first(), counter(page).final().first())"
    monkeypatch.setattr("calcidect.report._write._template", lambda name: count + _template(name) + check)
    content, pictures = report_content(small_result(), SAY), pictures_of(small_result(), tmp_path)
    assert render_pdf(content, pictures, tmp_path).startswith(b"%PDF")
    silent = {**content, "labels": {**content["labels"], "notice": ""}}
    with pytest.raises(typst.TypstError, match="equality assertion failed"):
        render_pdf(silent, pictures, tmp_path)


def test_no_module_writes_a_word_of_its_own(tmp_path):
    """A catalogue of Greek leaves on the page only what the result itself says."""
    result = small_result()
    greek = Wording({name: _keeping_braces(text) for name, text in SAY.texts.items()})
    html = render_html(report_content(result, greek), pictures_of(result, tmp_path, greek))
    provenance = result.provenance
    said = [part for notice in result.warnings for part in (notice.message, notice.effect, notice.code)]
    said += [f"{row['name']} {row['value']} {row['unit']}" for row in provenance.settings]
    said += [digit.reason or "" for digit in result.findings.acro_osteolysis]
    said += [body.reason for body in result.findings.artefacts] + [item.reason for item in result.not_assessed]
    said += [provenance.calibration, result.study.subject_id, result.study.pair, result.findings.quality.low.kernel]
    said += [result.study.sex, provenance.input_hash, provenance.network, "calcidect", "true false"]
    data = {word.lower() for text in said for word in re.findall("[A-Za-z]+", text)}
    assert {word.lower() for word in re.findall("[A-Za-z]+", written(Page(html)))} - data == set()


def _keeping_braces(text):
    return "".join(part if part.startswith("{") else part.translate(GREEK) for part in re.split(r"(\{\w+\})", text))


def test_every_text_is_used():
    """Each is named in a module or a template, whole or after its section; sides and digits are put in there."""
    files = [*ROOM.glob("*.py"), *ROOM.glob("templates/*")]
    sources = "".join(path.read_text(encoding="utf-8") for path in files)
    for name in SAY.texts:
        section, leaf = name.split(".")[:2]
        made = re.sub(r"(right|left)(?=_hand)|(?<=digit_)[1-5]", r"\\{[\\w.]+\\}", leaf)
        assert section == "terms" or re.search(rf'("|\b{section}\.){made}(?!\w)', sources), name


def test_every_word_of_the_contract_has_a_text():
    levels = (*LEVELS, *COMPARTMENTS)
    assert all(f"terms.{name}" in SAY.texts for name in levels)
    assert all(not re.search("_", SAY.term(bone)) for bone in BONES)
    assert SAY.term("distal_phalanx_2") == "distal phalanx 2"


def test_a_word_that_is_not_known_is_written_with_spaces():
    assert SAY.term("sesamoid_mcp_1") == "sesamoid mcp 1"
    assert SAY.term(None) == "\u2013"


def test_the_notice_is_that_of_the_result():
    assert SAY("labels.notice") == RESEARCH_USE_ONLY


def test_a_value_is_never_read_as_a_pattern():
    assert SAY("facts.years", age="{0} {age} %s") == "{0} {age} %s years"


def test_there_is_no_text_for_an_unknown_name():
    with pytest.raises(KeyError):
        SAY("facts.nothing")
    with pytest.raises(FileNotFoundError):
        load_wording("none")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\u2013"),
        (1234.56, "1,234.6"),
        (-0.01, "0.0"),
        (-2.0, "-2.0"),
        (0.0, "0.0"),
        (0.02, "<0.1"),
        (0.07, "0.1"),
    ],
)
def test_numbers_read_alike(value, text):
    assert SAY.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(4.151, "4.2"), (0.04, "0.04"), (137.2, "137"), (1000.0, "1,000"), (0.0, "0"), (-0.6, "-0.6")]
)
def test_digits_that_count_never_need_an_exponent(value, text):
    assert SAY.significant(value, 2) == text


def test_another_language_has_its_own_marks():
    texts = {**SAY.texts, "language.decimal": ",", "language.thousands": "\u00a0"}
    assert Wording(texts).number(1234567.891, 2) == "1\u00a0234\u00a0567,89"


def test_sd_is_left_out_where_it_is_not_known():
    assert SAY.with_sd(5.0, None) == "5.0"
    assert SAY.with_sd(None, 1.0) == "\u2013"


def test_site_says_a_place_once():
    forearm = small_result().findings.deposits[5]
    assert SAY.site(forearm) == "left forearm"
    assert SAY.site(replace(forearm, compartment="muscle")) == "left forearm, muscle"


def test_the_letters_that_are_taken_for_set_are_in_typst_s_fonts(tmp_path):
    letters = "".join(chr(code) for code in range(0x20, 0x2FFF) if _has_glyph(chr(code)))
    assert len(letters) > 400
    source = b"#set document(title: [t])\n#sys.inputs.letters"
    compiler = typst.Compiler(source, root=tmp_path, ignore_system_fonts=True, sys_inputs={"letters": letters})
    assert compiler.compile(format="pdf", pdf_standards="ua-1").startswith(b"%PDF")


def test_every_text_that_a_module_or_template_names_is_there():
    sections = {name.split(".")[0] for name in SAY.texts}
    sources = "".join(path.read_text(encoding="utf-8") for path in [*ROOM.glob("*.py"), *ROOM.glob("templates/*")])
    named = set(re.findall(rf'"((?:{"|".join(sections)})\.[a-z_0-9]+)"', sources))
    named |= {f"labels.{label}" for label in re.findall(r"\blabels\.([a-z_]+)", sources)}
    groups = {name.rpartition(".")[0] for name in SAY.texts}  # of_hand holds right and left
    settings = {row["name"] for row in Settings().described()}
    assert len(named) > 150
    not_assessed = {name for name in SAY.section("terms") if "." in name}  # deposits.digit
    assert named - set(SAY.texts) - groups - settings - not_assessed == set()
