"""What tests do on the images of the review page, and what they read there."""

from __future__ import annotations

from calcidect.review._case import Case
from support.review_page import Reader


def viewer(reader: Reader, script: str, *given):
    """Run a script on the page's viewer ``v``."""
    whole = f"async (given) => {{ const v = (await import('/static/js/app.js')).now().viewer; return ({script}); }}"
    return reader.page.evaluate(whole, list(given))


def on_screen(reader: Reader, point, plane: str) -> tuple[float, float]:
    """Return where an LPS point lies on the screen in a plane."""
    place = viewer(reader, "v.place(given[0], given[1])", [float(p) for p in point], plane)
    box = reader.page.locator("#planes").bounding_box()
    return box["x"] + place["x"], box["y"] + place["y"]


def centroid(case: Case, deposit: int) -> list[float]:
    """Return the LPS centroid of a deposit as the server has it now."""
    return [row_of(case, deposit)[f"centroid_{axis}_mm"] for axis in "xyz"]


def row_of(case: Case, deposit: int) -> dict:
    return next(row for row in case.described()["deposits"] if row["deposit_id"] == deposit)


def readout(reader: Reader) -> dict[str, str]:
    """Return what is said to lie under the cursor."""
    names, values = (reader.page.locator(f"#readout {tag}").all_inner_texts() for tag in ("dt", "dd"))
    return dict(zip(names, values, strict=True))


def select(reader: Reader, deposit: int) -> None:
    reader.page.click(f"#deposits tr[data-deposit='{deposit}'] button")


def said_at(reader: Reader, point: list[float]) -> dict[str, str]:
    viewer(reader, "v.moveTo(given[0])", point)
    return readout(reader)


def use_on(reader: Reader, key: str, where: str) -> None:
    """Use a brush once at the cursor."""
    reader.key(key)
    reader.page.select_option("#tool [name=where]", where)
    reader.page.focus("#planes")
    reader.key("Space")
    reader.key("Escape")
