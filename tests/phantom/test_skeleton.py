"""The bones of myo-sim, closed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_fill_holes

from calcidect.anatomy import BONES
from calcidect.geometry import FloatArray, Grid
from calcidect.phantom._skeleton import CAVITIES_MM, Segment, closed, load_skeleton
from calcidect.phantom._voxelise import mesh_field

# Enclosed volumes of the meshes that myo-sim delivers closed, mm3.
DELIVERED_MM3 = {"capitate": 1836.4, "metacarpal_2": 4450.2, "proximal_phalanx_1": 1535.9, "distal_phalanx_3": 245.7}


def volume_mm3(vertices: FloatArray, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, n]] for n in range(3))
    return abs(float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum()) / 6)


def odd_edges(faces: np.ndarray) -> int:
    edges = np.sort(np.vstack([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    return int((np.unique(edges, axis=0, return_counts=True)[1] % 2).sum())


def segments() -> list[Segment]:
    return list(load_skeleton().segments.values())


def test_has_the_29_bones_of_a_side() -> None:
    assert set(load_skeleton().segments) == set(BONES)


@pytest.mark.parametrize("segment", segments(), ids=lambda segment: segment.bone)
def test_every_surface_is_closed(segment: Segment) -> None:
    assert odd_edges(segment.faces) == 0


@pytest.mark.parametrize(("bone", "expected_mm3"), DELIVERED_MM3.items())
def test_volumes_are_those_delivered(bone: str, expected_mm3: float) -> None:
    segment = load_skeleton().segments[bone]
    assert volume_mm3(segment.vertices_mm, segment.faces) == pytest.approx(expected_mm3, rel=0.001)


@pytest.mark.parametrize(
    ("bone", "about_mm3", "voxel_mm"),
    [("pisiform", 356, 0.3), ("distal_phalanx_5", 139, 0.3), ("radius", 36350, 0.8), ("ulna", 39450, 0.8)],
)
def test_open_meshes_are_closed_without_changing_their_size(bone: str, about_mm3: float, voxel_mm: float) -> None:
    """Expected: the enclosed volume after another program (trimesh) turned all faces outward."""
    segment = load_skeleton().segments[bone]
    low, high = segment.vertices_mm.min(0) - 3, segment.vertices_mm.max(0) + 3
    size = np.ceil((high - low) / voxel_mm).astype(int)
    grid = Grid((size[0], size[1], size[2]), (voxel_mm,) * 3, (low[0], low[1], low[2]))
    field = mesh_field(segment.vertices_mm, segment.faces, grid, 2.0)
    assert field is not None
    assert (field.sdf_mm < 0).sum() * grid.voxel_volume_mm3 == pytest.approx(about_mm3, rel=0.04)


@pytest.mark.parametrize(("bone", "about_mm3"), [("pisiform", 466), ("distal_phalanx_5", 146)])
@pytest.mark.parametrize("voxel_mm", [0.3, 0.5])
def test_bones_whose_surface_goes_round_their_marrow_are_filled(bone: str, about_mm3: float, voxel_mm: float) -> None:
    segment = load_skeleton().segments[bone]
    low, high = segment.vertices_mm.min(0) - 3, segment.vertices_mm.max(0) + 3
    size = np.ceil((high - low) / voxel_mm).astype(int)
    grid = Grid((size[0], size[1], size[2]), (voxel_mm,) * 3, (low[0], low[1], low[2]))
    field = mesh_field(segment.vertices_mm, segment.faces, grid, 2.0, cavity_mm=CAVITIES_MM[bone])
    assert field is not None
    assert (field.sdf_mm < 0).sum() * grid.voxel_volume_mm3 == pytest.approx(about_mm3, rel=0.04)
    assert (binary_fill_holes(field.sdf_mm < 0) == (field.sdf_mm < 0)).all()


def test_closing_a_box_without_a_lid_gives_its_volume() -> None:
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4)]  # all but x-y at z = 1
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    vertices, faces = closed(corners, faces)
    assert odd_edges(faces) == 0
    assert len(vertices) == 9


def test_flexor_tendons_reach_the_fingertips() -> None:
    tendons = load_skeleton().tendons
    for ray in range(2, 6):
        assert tendons[f"FDP{ray}"][-1][0] == f"distal_phalanx_{ray}"
    assert tendons["FPL"][-1][0] == "distal_phalanx_1"
