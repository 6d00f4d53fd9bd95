"""The page's pure modules, run where they run: in the browser, on its own files."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.geometry import Grid
from calcidect.review._voxels import decode
from support.review_page import Reader


@pytest.fixture
def page(context, server, without_viewer):
    return Reader(context, server).page


def turned_grid() -> Grid:
    """Return a grid with unequal spacing, whose axes are those of the body in another order."""
    return Grid((20, 30, 40), (0.5, 0.7, 1.1), (3.0, -4.0, 9.0), np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]]))


def described(grid: Grid) -> dict:
    names = ("size", "spacing_mm", "origin_mm")
    return {**{name: getattr(grid, name) for name in names}, "direction": grid.direction.tolist()}


def test_points_and_voxels_agree_with_the_servers_geometry(page) -> None:
    grid = turned_grid()
    point = grid.point_of([4.25, 11.5, 7.0])
    script = "async ([grid, point]) => new (await import('/static/js/grid.js')).Grid(grid).indexOf(point)"
    assert page.evaluate(script, [described(grid), point.tolist()]) == pytest.approx([4.25, 11.5, 7.0])


def test_a_niftis_affine_is_inverted(page) -> None:
    affine = np.array([[-0.6, 0.1, 0, 12.0], [0.05, 0.7, 0, -3.0], [0, 0, 1.0, 40.0]])
    script = "async ([affine, mm]) => (await import('/static/js/grid.js')).voxelOf(affine)(mm)"
    mm = affine[:, :3] @ [5, 6, 7] + affine[:, 3]
    assert page.evaluate(script, [affine.tolist(), mm.tolist()]) == pytest.approx([5, 6, 7])


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_a_stroke_covers_the_discs_it_moved_through_on_one_slice(page, plane) -> None:
    grid = turned_grid()
    start, end = grid.point_of([8, 12, 15]), grid.point_of([8, 12, 15])
    along = {"axial": 0, "coronal": 2, "sagittal": 1}[plane]  # LPS axis in the plane
    end[along] += 4.0
    script = """async ([grid, plane, start, end]) => {
      const [{ Grid }, { Stroke }] = await Promise.all(["grid", "brush"].map((m) => import(`/static/js/${m}.js`)));
      const stroke = new Stroke(new Grid(grid), plane, 3);
      stroke.moveTo(start); stroke.moveTo(end);
      return [[...stroke.voxels.values()], stroke.packed()];
    }"""
    voxels, packed = page.evaluate(script, [described(grid), plane, start.tolist(), end.tolist()])
    points = grid.point_of(np.array(voxels))
    normal = {"axial": 2, "coronal": 1, "sagittal": 0}[plane]
    assert np.ptp(points[:, normal]) < 1e-6
    every = grid.point_of(np.stack(np.indices(grid.size), -1).reshape(-1, 3))
    in_slice = np.abs(every[:, normal] - start[normal]) < 1e-6
    beside = np.linalg.norm(every - np.clip(every, np.minimum(start, end), np.maximum(start, end)), axis=1)
    wanted = {tuple(np.round(p, 3)) for p in every[in_slice & (beside <= 1.3)]}  # 0.2 mm less: discs in steps
    allowed = {tuple(np.round(p, 3)) for p in every[in_slice & (beside <= 1.5 + 1e-9)]}
    assert wanted <= {tuple(np.round(p, 3)) for p in points} <= allowed
    assert {tuple(v) for v in inside(packed, grid)} == {tuple(v) for v in voxels}


def inside(packed: dict, grid: Grid) -> np.ndarray:
    """Return the voxels (i, j, k) of a stroke as the server reads it."""
    flat = decode(packed["start"], packed["shape"], packed["rle"], grid.shape)
    return np.stack(np.unravel_index(flat, grid.shape)[::-1], -1)


def test_undo_and_redo_go_back_and_forth_through_ones_own_edits(page) -> None:
    done = [("me", "accept", 1), ("other", "accept", 2), ("me", "reject", 3), ("me", "undo", 3), ("me", "undo", 1)]
    events = [
        {"seq": seq, "who": who, "kind": kind, "target": target}
        for seq, (who, kind, target) in enumerate(done, start=1)
    ]
    script = """async (events) => {
      const { lastDone, lastUndone } = await import("/static/js/undo.js");
      const more = (...added) => [...events, ...added];
      const redone = { seq: 6, who: "me", kind: "redo", target: 1 };
      const fresh = { seq: 6, who: "me", kind: "note", target: 1 };
      return [events, more(redone), more(fresh)].map((all) => [lastDone(all, "me"), lastUndone(all, "me")]);
    }"""
    assert page.evaluate(script, events) == [[None, 1], [1, 3], [6, None]]
