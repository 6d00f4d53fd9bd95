"""The report for all readers: headings, texts for pictures, contrast, colour blindness, a tagged PDF."""

import re
from itertools import combinations, pairwise

import numpy as np
import pytest

from calcidect.report._colours import (
    BACKGROUND,
    BONE_OUTLINE,
    BONE_SURFACE,
    DRAWN_BONE,
    MATERIAL_COLOURS,
    PAGE_COLOURS,
    TEXT,
    contrast,
    hexadecimal,
)
from support.pages import page_of, report_of
from support.results import small_scene

TEXT_CONTRAST, GRAPHIC_CONTRAST = 4.5, 3.0  # WCAG 2.2, success criteria 1.4.3 and 1.4.11
TOLD_APART = 20.0
"""CIE 1976 delta E, over eight times the just noticeable 2.3 (Mahy, Van Eycken and Oosterlinck 1994). Our choice: no
norm has a number; the palette's closest pair, urate and indeterminate seen without red cones, has 20.7."""

# Linear RGB as seen without one kind of cone: Machado, Oliveira and Fernandes, IEEE TVCG 2009, severity 1.0
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
# D65 white, sRGB to XYZ (IEC 61966-2-1)
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return report_of(small_scene(), tmp_path_factory.mktemp("report") / "out")


def linear(colour):
    value = np.array(colour) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(linear_rgb):
    """CIE 1976 L*a*b*."""
    ratio = TO_XYZ @ np.clip(linear_rgb, 0, 1) / TO_XYZ.sum(axis=1)
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(first, second, blindness):
    """Return CIE 1976 delta E."""
    seen = [lab(np.array(BLINDNESS[blindness]) @ linear(colour)) for colour in (first, second)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def test_contrast_is_that_of_the_guideline():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21.0)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)  # a known pair that just fails


@pytest.mark.parametrize("ground", ["paper", "band"])
@pytest.mark.parametrize("colour", ["ink", "soft"])
def test_text_of_the_page_has_contrast(colour, ground):
    assert contrast(PAGE_COLOURS[colour], PAGE_COLOURS[ground]) >= TEXT_CONTRAST


@pytest.mark.parametrize("colour", ["fine", "look", "limits", "soft"])
def test_signs_of_a_verdict_have_contrast(colour):
    assert contrast(PAGE_COLOURS[colour], PAGE_COLOURS["paper"]) >= GRAPHIC_CONTRAST


@pytest.mark.parametrize("colour", MATERIAL_COLOURS.values(), ids=MATERIAL_COLOURS)
def test_deposits_stand_out_in_pictures(colour):
    assert contrast(colour, BACKGROUND) >= TEXT_CONTRAST  # numbers in discs are written in the background's colour
    assert contrast(TEXT, BACKGROUND) >= TEXT_CONTRAST
    assert contrast(BONE_OUTLINE, BACKGROUND) >= GRAPHIC_CONTRAST


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_materials_and_bone_are_told_apart_with_any_sight(blindness):
    for first, second in combinations([*MATERIAL_COLOURS.values(), BONE_SURFACE, DRAWN_BONE], 2):
        assert difference(first, second, blindness) > TOLD_APART, (first, second)


def test_only_colours_of_the_palette_are_used(folder):
    style = re.search("<style>(.*?)</style>", (folder / "report.html").read_text(encoding="utf-8"), re.DOTALL)[1]
    palette = {hexadecimal(colour) for colour in PAGE_COLOURS.values()}
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", style)) == palette


def test_headings_go_down_one_step_at_a_time(folder):
    levels = [level for level, _ in page_of(folder).headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_section_is_linked_from_the_top(folder):
    page = page_of(folder)
    links = {given["href"].removeprefix("#") for tag, given in page.attributes if tag == "a"}
    assert links == {given["id"] for tag, given in page.attributes if tag == "h2"}


def test_every_picture_is_told_in_words(folder):
    images = page_of(folder).images
    assert len(images) == 1 + 2 * 2 + 6 + 7  # drawn hands, two of each hand, close-ups, a row of slices for each
    assert all(len(image["alt"]) > 20 for image in images)
    assert len({image["alt"] for image in images}) == len(images)


def test_tables_have_names_and_heads(folder):
    page = page_of(folder)
    assert all(given.get("aria-label") for tag, given in page.attributes if tag == "table")
    assert all(given.get("scope") in ("col", "row") for tag, given in page.attributes if tag == "th")
    assert ("html", {"lang": "en"}) in page.attributes


def test_the_pdf_is_tagged_and_has_bookmarks(folder):
    """typst refuses to write PDF/UA-1 that lacks a title, a language, or a text for a picture."""
    pdf = (folder / "report.pdf").read_bytes()
    for mark in (b"<pdfuaid:part>1</pdfuaid:part>", b"/StructTreeRoot", b"/Lang", b"/Outlines"):
        assert mark in pdf, mark
