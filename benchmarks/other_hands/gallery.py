"""A picture of results: ``python -m benchmarks.other_hands.gallery --cache DIR --out FILE.png healthy_500 mixed_502``.

Each hand is seen along its thinnest side, what lies nearest on top: every ray of bones has a hue, darker from
metacarpal to tip; carpals and forearm are shades of brown, deposits magenta; darker is farther away.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import nibabel as nib
import numpy as np
from PIL import Image, ImageDraw

from .meshes import CARPALS
from .score import load

_RAYS = {1: (230, 159, 0), 2: (86, 180, 233), 3: (0, 158, 115), 4: (240, 228, 66), 5: (0, 114, 178)}
"""Okabe and Ito's colours, which the colour-blind tell apart."""
_SHADES = {"metacarpal": 1.0, "proximal": 0.8, "middle": 0.62, "distal": 0.45}
_BROWN = (*CARPALS, "radius", "ulna")
_DEPOSIT, _SMALL_BONE, _UNNAMED = (220, 0, 160), (140, 70, 20), (255, 255, 255)
_HEIGHT, _COLUMNS, _CAPTION = 420, 5, 46


def colour_of(bone: str) -> tuple[int, int, int]:
    """Return the colour of a bone."""
    kind = bone.split("_")[0]
    if kind in _SHADES:
        red, green, blue = (round(c * _SHADES[kind]) for c in _RAYS[int(bone[-1])])
        return red, green, blue
    if bone in _BROWN:
        grey = 110 + 18 * (_BROWN.index(bone) % 8)
        return grey, grey - 25, grey - 50
    return _UNNAMED if bone == "unnamed" else _SMALL_BONE


def picture(result: Path) -> Image.Image:
    """Return a hand's bones and deposits as seen from one side."""
    bones, deposits = (nib.load(result / f"{name}.nii.gz") for name in ("bones", "deposits"))
    labels = np.asarray(bones.dataobj).astype(int)
    names = json.loads((result / "labels.json").read_text())["bones"]
    colours = np.zeros((max(map(int, names), default=0) + 2, 3))
    for number, entry in names.items():
        colours[int(number)] = colour_of(entry["bone"])
    colours[-1] = _DEPOSIT
    labels[np.asarray(deposits.dataobj) > 0] = len(colours) - 1
    spacing = np.abs(np.diag(bones.affine)[:3])
    first = (labels > 0).argmax(1)  # along patient's back to front, hands lie palm down or up
    seen = np.take_along_axis(labels, first[:, None], 1)[:, 0]
    near = 1 - 0.5 * (first - first.min()) / max(float(np.ptp(first[seen > 0])), 1.0) if (seen > 0).any() else 1.0
    image = np.where(seen[..., None] > 0, colours[seen] * np.asarray(near)[..., None], 0)
    rows = image.transpose(1, 0, 2)[::-1].clip(0, 255).astype(np.uint8)
    whole = Image.fromarray(rows)
    box = whole.getbbox()
    whole = whole.crop(box) if box else whole
    width = max(round(_HEIGHT * whole.width * spacing[0] / (whole.height * spacing[2])), 1)
    return whole.resize((width, _HEIGHT), Image.Resampling.BILINEAR)


def caption(result: Path) -> str:
    """Return two lines of figures."""
    figures = load(result.with_suffix(".json"))
    mean, found = float(np.mean(list(figures.bones.values()))), f"{figures.found}/{figures.deposits} found"
    first = f"{figures.kind} {figures.seed}: Dice {mean:.3f}"
    return f"{first}\n{figures.names_right}/{len(figures.bones)} names, {found}, {figures.false} false"


def main() -> None:
    """Parse, draw, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="+", help="such as healthy_500; the latest result of each is shown")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    results = [
        max(given.cache.glob(f"results/*/{case}"), key=lambda path: path.stat().st_mtime) for case in given.cases
    ]
    pictures = [picture(result) for result in results]
    width = max(one.width for one in pictures) + 10
    rows = -(-len(results) // _COLUMNS)
    sheet = Image.new("RGB", (width * min(_COLUMNS, len(results)), rows * (_HEIGHT + _CAPTION)))
    draw = ImageDraw.Draw(sheet)
    for n, (result, one) in enumerate(zip(results, pictures, strict=True)):
        x, y = width * (n % _COLUMNS), (_HEIGHT + _CAPTION) * (n // _COLUMNS)
        sheet.paste(one, (x, y))
        draw.text((x + 4, y + _HEIGHT + 4), caption(result), fill=(255, 255, 255), font_size=14)
    sheet.save(given.out, optimize=True)


if __name__ == "__main__":
    main()
