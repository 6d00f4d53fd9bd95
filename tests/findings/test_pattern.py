"""Patterns of drawn bodies."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.findings._inside import inside_of
from calcidect.findings._pattern import BARTOLI, Traits, pattern_of, traits_of
from calcidect.settings import PatternSettings
from support.shapes import BLUR_MM, HOST_HU, SHAPE, SPACING_MM, ball, points

RULES = PatternSettings()


def traits(sdf: np.ndarray) -> Traits:
    low = (HOST_HU + 1000 * np.clip(0.5 - sdf / 0.5, 0, 1)).astype(np.float32)
    return traits_of(inside_of(low, sdf < 0.3, np.ones(SHAPE, bool), SPACING_MM), RULES, BLUR_MM)


def shapes() -> dict[str, np.ndarray]:
    x, y, z = np.moveaxis(points(), -1, 0)
    strands = np.minimum(np.hypot((x + 2) % 4 - 2, z), np.hypot((y + 2) % 4 - 2, z))
    clump = np.minimum.reduce([ball(-2.4, 4), ball(2.4, 4), np.linalg.norm(points() - [0, 3, 2], axis=-1) - 2])
    plate = np.maximum(np.abs(z) - 0.8, np.hypot(x, y) - 7)
    large = np.maximum(np.abs(z) - 0.8, np.hypot(x / 1.5, y) - 8)
    holes = [np.hypot(x - 3, y), np.hypot(x + 2, y - 3), np.hypot(x + 2, y + 3)]
    return {
        "nodule": ball(0, 6),
        "nodule, egg-shaped and flattened": (np.linalg.norm(points() / [4.0, 3.0, 2.0], axis=-1) - 1) * 2.0,
        "sheet, round a forearm": np.maximum.reduce(
            [np.abs(np.hypot(x, z - 20) - 20) - 0.8, np.abs(x) - 7, np.abs(y) - 5, z - 19]
        ),
        "sheet, small": np.maximum(np.abs(z) - 0.8, np.hypot(x, y / 0.6) - 6),
        "sheet, with three holes": np.maximum(large, 1.2 - np.minimum.reduce(holes)),
        "linear, short": np.maximum(np.hypot(y, z) - 1.0, np.abs(x) - 4),
        "linear": np.maximum(np.hypot(y - 0.03 * x**2, z) - 1.0, np.abs(x) - 10),
        "sheet": plate,
        "reticular": np.maximum(strands - 0.6, np.hypot(x, y) - 8.5),
        "conglomerate": clump,
    }


@pytest.mark.parametrize("name", shapes())
def test_a_drawn_shape_has_its_pattern(name: str) -> None:
    sdf = shapes()[name]
    volume_mm3 = float((sdf < 0).sum()) * float(np.prod(SPACING_MM))
    found = traits(sdf)
    assert pattern_of(found, volume_mm3, 12.0, 700.0, RULES) == name.split(",")[0], found


def test_traits_of_a_sheet_are_its_measures() -> None:
    found = traits(shapes()["sheet"])
    assert found.thickness_mm == pytest.approx(1.6, abs=0.35)
    assert found.elongation == pytest.approx(1.2, abs=0.3)  # 1 in the middle, more along the rim
    assert found.flatness > 3
    assert found.number_of_holes == 0
    assert found.number_of_parts == 1


def test_a_body_with_a_hole_has_one() -> None:
    x, y, z = np.moveaxis(points(), -1, 0)
    assert traits(np.hypot(np.hypot(x, y) - 5, z) - 1.2).number_of_holes == 1


def test_paste_is_amorphous_and_dots_are_punctate() -> None:
    nodule = traits(ball(0, 6))
    assert pattern_of(nodule, 113.0, 6.0, 150.0, RULES) == "amorphous"
    assert pattern_of(nodule, 113.0, 6.0, None, RULES) == "nodule"
    assert pattern_of(nodule, 3.0, 2.2, 900.0, RULES) == "punctate"


def test_every_class_of_bartoli_has_a_pattern_and_lines_have_no_class() -> None:
    assert set(BARTOLI.values()) == {"mousse", "stone", "net", "plate"}
    assert "linear" not in BARTOLI
