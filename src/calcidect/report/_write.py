"""Set a report as one HTML page and as a PDF."""

from __future__ import annotations

import base64
import io
import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calcidect.geometry import Volume
from calcidect.report._content import report_content
from calcidect.report._hand_map import as_png, as_svg, hand_map, map_alt, map_caption
from calcidect.report._pictures import draw_pictures
from calcidect.report._plane import palette
from calcidect.report._wording import Wording, load_wording
from calcidect.result import Result

if TYPE_CHECKING:
    from PIL import Image

_LETTERS = ((0x20, 0x17F), (0x386, 0x45F))
_SIGNS = "\n\u00a0\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u2264\u2265"  # dashes, quotes, dots, at most, at least


def write_report(result: Result, study_low: Volume | None, folder: Path, *, language: str = "en") -> None:
    """Write ``report.html``, ``report.pdf`` and ``images/*.png`` into a folder.

    Parameters
    ----------
    result : Result
        What was found. Its settings name the paper.
    study_low : Volume or None
        Hounsfield units of the low energy, on the result's grid. Without it there are no pictures of the scan.
    folder : Path
        An existing folder. Meant as the ``extra`` of ``write_result``.
    language : str
        One that has a catalogue in ``texts``.

    Raises
    ------
    OSError
        If a file can't be written.
    ValueError
        If ``study_low`` does not lie on the result's grid.
    """
    say = load_wording(language)
    content = report_content(result, say)
    (folder / "images").mkdir(exist_ok=True)
    pictures = [_map_picture(result, say, folder)]
    for picture in draw_pictures(result, study_low, say) if study_low is not None else ():
        data = _png(_few_shades(picture.image) if picture.kind == "thumbnail" else picture.image)
        file = f"images/{picture.name}.png"
        (folder / file).write_bytes(data)
        shown = {"kind": picture.kind, "caption": picture.caption, "alt": picture.alt, "file": file, "data": data}
        pictures.append(shown)
    (folder / "report.html").write_text(render_html(content, pictures), encoding="utf-8")
    (folder / "report.pdf").write_bytes(render_pdf(content, pictures, folder))


def _map_picture(result: Result, say: Wording, folder: Path) -> dict[str, Any]:
    """Write the drawn pair of hands and return it as the report's first picture."""
    deposits, digits = result.findings.deposits, result.findings.acro_osteolysis
    scanned = {hand.side for hand in result.hands}
    shapes, file = hand_map(deposits, say, digits, scanned), "images/hand_map.png"
    data = _png(as_png(shapes))
    (folder / file).write_bytes(data)
    texts = {"caption": map_caption(deposits, say), "alt": map_alt(deposits, digits, say)}
    return {"kind": "map", **texts, "file": file, "data": data, "svg": as_svg(shapes)}


def _few_shades(image: Image.Image) -> Image.Image:
    """Return slices in the few shades of their palette, for a quarter of the bytes."""
    from PIL import Image

    shades = Image.new("P", (1, 1))
    shades.putpalette(palette().tobytes())
    return image.quantize(palette=shades, dither=Image.Dither.NONE)


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def _template(name: str) -> str:
    return resources.files("calcidect.report").joinpath("templates", name).read_text(encoding="utf-8")


def render_html(content: dict[str, Any], pictures: list[dict[str, Any]]) -> str:
    """Return the report as one page that needs nothing else: pictures embedded, no scripts, all text escaped."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    embedded = [{**picture, "url": _url(picture)} for picture in pictures]
    return environment.from_string(_template("report.html.j2")).render(**content, pictures=embedded)


def _url(picture: dict[str, Any]) -> str:
    """Return a picture as an address that holds it: as drawing where there is one, which stays sharp at any size."""
    kind, data = ("svg+xml", picture["svg"].encode()) if "svg" in picture else ("png", picture["data"])
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def render_pdf(content: dict[str, Any], pictures: list[dict[str, Any]], folder: Path) -> bytes:
    """Return the report as PDF/UA-1. Text reaches the template as data, so that none of it is read as markup.

    ``folder`` holds the pictures. Only typst's own fonts are used, so that every machine sets the same pages.
    """
    import typst

    shown = [{name: picture[name] for name in ("kind", "caption", "alt", "file")} for picture in pictures]
    data = json.dumps(_settable({**content, "pictures": shown}), allow_nan=False)
    compiler = typst.Compiler(
        _template("report.typ").encode(), root=folder, ignore_system_fonts=True, sys_inputs={"content": data}
    )
    pdf = compiler.compile(format="pdf", pdf_standards="ua-1")
    assert isinstance(pdf, bytes)  # without an output path, typst returns the file
    return pdf


def _settable(value: Any) -> Any:
    """Return data whose texts hold only letters that typst's fonts have; PDF/UA takes no others.

    Any other letter is written by its number, ``U+65E5``.
    """
    if isinstance(value, dict):
        return {name: _settable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_settable(part) for part in value]
    if isinstance(value, str):
        return "".join(letter if _has_glyph(letter) else f"U+{ord(letter):04X}" for letter in value)
    return value


def _has_glyph(letter: str) -> bool:
    """Tell whether a letter is in Libertinus Serif: Latin, Greek, Cyrillic, and the signs that a report uses."""
    in_font = letter.isprintable() and any(first <= ord(letter) <= last for first, last in _LETTERS)
    return in_font or letter in _SIGNS
