"""The second set shares no code with the phantom, and its parts do what they say."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks.other_hands import __main__ as runner
from benchmarks.other_hands.deposits import Deposit, _erode
from benchmarks.other_hands.meshes import Surface, ray
from benchmarks.other_hands.physics import beam
from benchmarks.other_hands.poisson import indicator
from benchmarks.other_hands.pose import posed_hand
from benchmarks.other_hands.scanner import draw_scanner, image, noise, slice_weights
from benchmarks.other_hands.score import Figures, summary
from benchmarks.other_hands.solid import Frame, Solid, distance_mm, keep_away
from benchmarks.other_hands.truth import Raster, Sampler

FOLDER = Path(runner.__file__).parent
MODULES = sorted(FOLDER.glob("*.py"))
MAY_KNOW_THE_PROGRAM = {"__main__.py", "score.py"}  # they analyse and score; all others make hands and scans


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return names


def icosahedron_sphere(radius: float, rounds: int = 4) -> Surface:
    """Return a ball's surface of triangles, turned outwards."""
    from scipy.spatial import ConvexHull

    n = 4**rounds * 4
    k = np.arange(n) + 0.5
    polar, turn = np.arccos(1 - 2 * k / n), np.pi * (1 + 5**0.5) * k  # Fibonacci's lattice
    points = radius * np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)
    faces = ConvexHull(points).simplices
    a, b, c = (points[faces[:, i]] for i in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), a) < 0
    faces[inward] = faces[inward][:, ::-1]
    return Surface(points, faces)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_module_knows_the_phantom(path):
    names = imported(path)
    assert not any(name.startswith("calcidect.phantom") for name in names)
    if path.name not in MAY_KNOW_THE_PROGRAM:
        assert not any(name.split(".")[0] == "calcidect" for name in names)


def test_development_and_held_back_seeds_do_not_meet():
    ranges = json.loads((FOLDER / "seeds.json").read_text())
    first, second = (range(ranges[n]["first"], ranges[n]["last"] + 1) for n in ("development", "held_back"))
    assert not set(first) & set(second)
    assert runner.set_of([first[0], first[-1]]) == "development"
    assert runner.set_of([second[0]]) == "held_back"
    with pytest.raises(ValueError, match="one range"):
        runner.set_of([first[0], second[0]])


@pytest.mark.parametrize(("low", "high", "ratio"), [("80", "Sn150", 2.37), ("80", "140", 1.46), ("100", "Sn150", 1.97)])
def test_hydroxyapatite_has_the_ratio_of_its_pair(low, high, ratio):
    one, other = (beam(name, 0.0).ha_hu - 1000 / 3160 for name in (low, high))  # what displaces water
    assert one / other == pytest.approx(ratio, rel=0.015)


def test_tissues_have_textbook_hu():
    hu = beam("80", 0.0).tissue_hu
    assert -130 < hu["fat"] < -80
    assert 40 < hu["muscle"] < 75
    assert 80 < hu["tendon"] < 145
    assert 240 < hu["nail"] < 290
    assert hu["water"] == pytest.approx(0)


@pytest.mark.parametrize("lost", [0, 30], ids=["closed", "with a hole"])
def test_the_indicator_fills_a_ball(lost):
    ball = icosahedron_sphere(8.0)
    top = np.argsort(ball.vertices[ball.faces].mean(1)[:, 2])
    open_ball = Surface(ball.vertices, ball.faces[top[: len(top) - lost]])
    potential, level = indicator(open_ball, np.full(3, -12.0), (48, 48, 48), 0.5, np.random.default_rng(0))
    assert (potential > level).sum() * 0.5**3 == pytest.approx(4 / 3 * np.pi * 8**3, rel=0.04)


def test_an_erosion_says_how_much_it_took_and_how_deep():
    """A ball of 3 mm whose middle lies on the surface of one of 8 mm takes a lens, 3 mm deep, to a voxel."""
    frame = Frame((-10.0, -10.0, -10.0), (50, 50, 50), 0.4)
    points = frame.points((slice(0, 50),) * 3)
    box = (slice(0, 50),) * 3
    bones = {"radius": Solid(box, (np.linalg.norm(points, axis=-1) - 8).astype(np.float32))}
    ball = np.clip(0.5 + (3 - np.linalg.norm(points - [8.0, 0, 0], axis=-1)) / 0.4, 0, 1).astype(np.float32)
    eroded = _erode(Deposit("eroding", "radius", box, ball, ball, True), bones, frame).eroded
    lens_mm3 = 2 * np.pi / 3 * 3**3 * (1 - 3 * 3 / (8 * 8))  # of a small ball about a point of a large one's surface
    volume, depth = eroded["radius"]
    assert volume == pytest.approx(lens_mm3, rel=0.05)
    assert depth == pytest.approx(3.0, abs=0.5)


def test_what_keeps_away_leaves_the_gap():
    x = np.arange(40)[:, None, None] + np.zeros((40, 8, 8))
    box = (slice(0, 40), slice(0, 8), slice(0, 8))
    first = Solid(box, (x - 20.0).astype(np.float32))  # fills x < 20
    kept = keep_away(box, np.full((40, 8, 8), -5.0), [first], 3.0)
    assert x[kept < 0].min() == 24


def test_an_even_body_keeps_its_hu_and_its_blurred_sum():
    scanner = draw_scanner(np.random.default_rng(3))
    hu = np.full((60, 50, 40), -1000.0, np.float32)
    hu[20:40, 15:35, 10:30] = 200
    places = tuple(np.arange(2.0, 0.4 * n - 2.0, 0.4) for n in hu.shape)
    seen = image(hu, 0.4, scanner, places)
    assert seen[25, 20, 15] == pytest.approx(200, abs=30)
    assert (seen + 1000).sum() == pytest.approx((hu + 1000).sum(), rel=0.01)


def test_slices_have_unit_weight_and_their_thickness():
    weights = slice_weights(100, 0.1, np.array([5.0]), 1.0, 0.5)
    assert weights.sum() == pytest.approx(1)
    assert (weights > weights.max() / 2).sum() * 0.1 == pytest.approx(1.0, abs=0.11)


def test_noise_has_the_stated_deviation_and_no_power_at_zero():
    scanner = draw_scanner(np.random.default_rng(5))
    found = noise((64, 64, 12), scanner, np.full(12, 20.0), np.random.default_rng(1))
    assert found.std() == pytest.approx(20, rel=0.05)
    assert abs(found.mean()) < 0.1


def test_the_sampler_keeps_volume():
    from benchmarks.other_hands.solid import Frame

    frame = Frame((0.0, 0.0, 0.0), (40, 40, 40), 0.4)
    raster = Raster(tuple(np.arange(0.3, 15, w) for w in (0.55, 0.55, 0.9)), (0.55, 0.55, 0.9))
    share = np.random.default_rng(0).random((10, 12, 8))
    _, filled = Sampler(frame, raster).share((slice(10, 20), slice(12, 24), slice(9, 17)), share)
    assert filled.sum() * 0.55**2 * 0.9 == pytest.approx(share.sum() * 0.4**3, rel=1e-5)
    assert filled.max() <= 1


def test_distance_is_negative_inside():
    inside = np.zeros((9, 9, 9), bool)
    inside[2:7, 2:7, 2:7] = True
    distance = distance_mm(inside, 0.5)
    assert distance[4, 4, 4] < -0.9
    assert distance[0, 4, 4] > 0.4


def test_another_hand_has_every_bone_and_joints_with_gaps():
    from scipy.spatial import cKDTree

    hand = posed_hand(np.random.default_rng(100))
    assert len(hand.bones) == 29
    for digit in range(1, 6):
        for one, other in zip(ray(digit), ray(digit)[1:], strict=False):
            gap = cKDTree(hand.bones[one].vertices).query(hand.bones[other].vertices)[0].min()
            assert 0.5 < gap < 3, (one, other)


def test_a_summary_counts_bones_without_a_name_as_zero():
    case = Figures(
        "healthy", 1, True, {"lunate": 0.9, "hamate": 0.0}, 1, 2, 1, 1, ["away 3 mm3"], 10, 4, 100, 1, 5.0, 4.0
    )
    row = summary([case])
    assert row["dice_mean"] == "0.450"
    assert row["names_right"] == "1/2"
    assert row["found"] == "1/2"
    assert row["touching_mineral_called_bone_percent"] == "40.00"
    assert row["worst_bones"].startswith("hamate@1=0.00")
