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
    return {
        "nodule": ball(0, 6),
        "linear": np.maximum(np.hypot(y - 0.03 * x**2, z) - 1.0, np.abs(x) - 10),
        "sheet": np.maximum(np.abs(z) - 0.8, np.hypot(x, y) - 7),
        "reticular": np.maximum(strands - 0.6, np.hypot(x, y) - 8.5),
        "conglomerate": clump,
    }


@pytest.mark.parametrize("name", ["nodule", "linear", "sheet", "reticular", "conglomerate"])
def test_a_drawn_shape_has_its_pattern(name: str) -> None:
    found = traits(shapes()[name])
    assert pattern_of(found, 200.0, 12.0, 700.0, RULES) == name, found


def test_traits_of_a_sheet_are_its_measures() -> None:
    found = traits(shapes()["sheet"])
    assert found.thickness_mm == pytest.approx(1.6, abs=0.35)
    assert found.elongation * found.thickness_mm == pytest.approx(14, abs=1)
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
