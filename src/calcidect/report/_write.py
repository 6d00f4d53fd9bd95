"""Set a report as one HTML page and as a PDF."""

from __future__ import annotations

import base64
import io
import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calcidect.findings import Deposit
from calcidect.geometry import Volume
from calcidect.report._content import report_content
from calcidect.report._hand_map import as_png, as_svg, hand_map, map_caption
from calcidect.report._pictures import draw_pictures
from calcidect.result import Result

if TYPE_CHECKING:
    from PIL import Image


def write_report(result: Result, study_low: Volume | None, folder: Path) -> None:
    """Write ``report.html``, ``report.pdf`` and ``images/*.png`` into a folder.

    Parameters
    ----------
    result : Result
        What was found.
    study_low : Volume or None
        Hounsfield units of the low energy, on the result's grid. Without it there are no pictures of the scan.
    folder : Path
        An existing folder. Meant as the ``extra`` of ``write_result``.

    Raises
    ------
    OSError
        If a file can't be written.
    ValueError
        If ``study_low`` does not lie on the result's grid.
    """
    content = report_content(result)
    (folder / "images").mkdir(exist_ok=True)
    pictures = _map_pictures(result.findings.deposits, folder)
    for picture in draw_pictures(result, study_low) if study_low is not None else ():
        data = _png(picture.image)
        file = f"images/{picture.name}.png"
        (folder / file).write_bytes(data)
        pictures.append({"kind": picture.kind, "caption": picture.caption, "file": file, "data": data})
    (folder / "report.html").write_text(render_html(content, pictures), encoding="utf-8")
    (folder / "report.pdf").write_bytes(render_pdf(content, pictures, folder))


def _map_pictures(deposits: tuple[Deposit, ...], folder: Path) -> list[dict[str, Any]]:
    """Write the drawn pair of hands and return it as the report's first picture; nothing without deposits."""
    if not deposits:
        return []
    shapes, file = hand_map(deposits), "images/hand_map.png"
    data = _png(as_png(shapes))
    (folder / file).write_bytes(data)
    return [{"kind": "map", "caption": map_caption(deposits), "file": file, "data": data, "svg": as_svg(shapes)}]


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
    """Return the report as PDF. Text reaches the template as data, so that none of it is read as markup.

    ``folder`` holds the pictures. Only typst's own fonts are used, so that every machine sets the same pages.
    """
    import typst

    shown = [{name: picture[name] for name in ("kind", "caption", "file")} for picture in pictures]
    data = json.dumps({**content, "pictures": shown}, allow_nan=False)
    compiler = typst.Compiler(
        _template("report.typ").encode(), root=folder, ignore_system_fonts=True, sys_inputs={"content": data}
    )
    pdf = compiler.compile(format="pdf")
    assert isinstance(pdf, bytes)  # without an output path, typst returns the file
    return pdf
