"""The bones, joints and tendon paths of a right arm, from the package ``myo-sim`` (Apache-2.0).

Loaded when the phantom is used, from the optional extra ``phantom``; nothing of it is stored in this package.
Lengths are converted to mm. Four of its 29 meshes are open (pisiform, fifth distal phalanx, radius, ulna) and are
closed here. Of two, pisiform and fifth distal phalanx, the surface goes through openings into the bone and round its
marrow: what is drawn of them is filled (``CAVITIES_MM``).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.errors import UsageError
from calcidect.geometry import FloatArray

MESH_OF_BONE: dict[str, str] = {
    "radius": "radius_r",
    "ulna": "ulna_r",
    "distal_phalanx_1": "thumbdist_r",
    "proximal_phalanx_1": "thumbprox_r",
    **{f"distal_phalanx_{ray}": f"{ray}distph_r" for ray in range(2, 6)},
    **{f"middle_phalanx_{ray}": f"{ray}midph_r" for ray in range(2, 6)},
    **{f"proximal_phalanx_{ray}": f"{ray}proxph_r" for ray in range(2, 6)},
    **{f"metacarpal_{ray}": f"{ray}mc_r" for ray in range(1, 6)},
    **{
        name: f"{name}_r"
        for name in (
            "scaphoid", "lunate", "triquetrum", "pisiform", "trapezium", "trapezoid", "capitate", "hamate",
        )
    },
}  # fmt: skip
"""Named bone to the name of its mesh in myo-sim."""

_M_TO_MM = 1000.0


CAVITIES_MM = {"pisiform": 2.0, "distal_phalanx_5": 1.0}
"""Radius of the ball that closes their openings: from 1.5 and 0.6 mm on, up to 3 mm, the volume is the same."""


@dataclass(frozen=True, eq=False)
class Joint:
    """One hinge of a segment: name, axis in the segment's frame (unit vector), range in radians."""

    name: str
    axis: FloatArray
    range_rad: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Segment:
    """A rigid part of the arm: one bone and what is fixed to it.

    Parameters
    ----------
    bone : str
        One of the 29 names.
    parent : str or None
        Bone it hangs from.
    offset_mm : array, shape (3,)
        Its origin in the parent's frame.
    rotation : array, shape (3, 3)
        Its rest orientation in the parent's frame.
    joints : tuple of Joint
        Applied in order about the origin.
    vertices_mm : array, shape (n, 3)
        Mesh vertices in its own frame.
    faces : int array, shape (m, 3)
        Closed surface.
    """

    bone: str
    parent: str | None
    offset_mm: FloatArray
    rotation: FloatArray
    joints: tuple[Joint, ...]
    vertices_mm: FloatArray
    faces: NDArray[np.int64]

    @property
    def long_axis(self) -> FloatArray:
        """Unit vector of the mesh's longest principal axis, in the segment's frame."""
        centred = self.vertices_mm - self.vertices_mm.mean(0)
        return np.asarray(np.linalg.eigh(centred.T @ centred)[1][:, -1])


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A right arm from the elbow down.

    Parameters
    ----------
    segments : dict
        Bone to segment, parents before children.
    tendons : dict
        Tendon name (``FDP2``, ``EDC3``, ...) to its path: (bone, point in that bone's frame in mm), proximal first.
    """

    segments: dict[str, Segment]
    tendons: dict[str, tuple[tuple[str, FloatArray], ...]]


@lru_cache(maxsize=1)
def load_skeleton() -> Skeleton:
    """Return the right arm of myo-sim, meshes closed, in mm.

    Raises
    ------
    UsageError
        If the extra ``phantom`` is not installed.
    """
    model, kind = _compiled_model()
    bone_of_mesh = {mesh: bone for bone, mesh in MESH_OF_BONE.items()}
    bone_of_body = {
        int(model.geom_bodyid[g]): (bone_of_mesh[name], g)
        for g in range(model.ngeom)
        if (name := model.mesh(model.geom_dataid[g]).name if model.geom_dataid[g] >= 0 else "") in bone_of_mesh
    }
    segments = {
        bone: _segment(model, body, geom, bone, bone_of_body) for body, (bone, geom) in sorted(bone_of_body.items())
    }
    tendons = {
        model.tendon(t).name.removesuffix("_tendon"): path
        for t in range(model.ntendon)
        if len(path := _path(model, t, kind, bone_of_body)) >= 2
    }
    return Skeleton(segments, tendons)


def _compiled_model() -> tuple[Any, Any]:
    try:
        import mujoco
        from myo_sim.build.compose import build_spec
    except ImportError as error:
        raise UsageError(
            "phantom_extra_missing",
            found="The packages of the digital hand (myo-sim, mujoco) are not installed.",
            expected="The extra 'phantom'.",
            remedy="Run: pip install 'calcidect[phantom]'.",
        ) from error
    handler = mujoco.get_mju_user_warning()
    mujoco.set_mju_user_warning(lambda message: None)  # else it writes a log file into the working folder
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # mujoco remarks on how myo-sim composes its own parts
            return build_spec("myoarm_r").compile(), mujoco.mjtWrap.mjWRAP_SITE
    finally:
        mujoco.set_mju_user_warning(handler)


def _segment(model: Any, body: int, geom: int, bone: str, bones: dict[int, tuple[str, int]]) -> Segment:
    parent = int(model.body_parentid[body])
    joints = tuple(
        Joint(model.jnt(j).name.removesuffix("_r"), model.jnt_axis[j].copy(), tuple(model.jnt_range[j]))
        for j in range(model.body_jntadr[body], model.body_jntadr[body] + model.body_jntnum[body])
    )
    mesh = int(model.geom_dataid[geom])
    first, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
    first_face, faces = int(model.mesh_faceadr[mesh]), int(model.mesh_facenum[mesh])
    place = _matrix(model.geom_quat[geom])
    vertices = model.mesh_vert[first : first + count] @ place.T + model.geom_pos[geom]
    vertices, triangles = closed(vertices * _M_TO_MM, model.mesh_face[first_face : first_face + faces].astype(np.int64))
    return Segment(
        bone,
        None if bone == "ulna" else bones[parent][0],
        model.body_pos[body] * _M_TO_MM,
        _matrix(model.body_quat[body]),
        () if bone == "ulna" else joints,
        vertices,
        triangles,
    )


def _path(model: Any, tendon: int, site: Any, bones: dict[int, tuple[str, int]]) -> tuple[tuple[str, FloatArray], ...]:
    start = int(model.tendon_adr[tendon])
    points = []
    for w in range(start, start + int(model.tendon_num[tendon])):
        if model.wrap_type[w] == site:
            s = int(model.wrap_objid[w])
            body = int(model.site_bodyid[s])
            if body in bones:
                points.append((bones[body][0], model.site_pos[s] * _M_TO_MM))
    return tuple(points)


def _matrix(quaternion: FloatArray) -> FloatArray:
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_quat(np.roll(np.asarray(quaternion), -1)).as_matrix())


def closed(vertices_mm: FloatArray, faces: NDArray[np.int64]) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return the surface with coincident vertices merged and every hole closed by a fan from its centre.

    Parameters
    ----------
    vertices_mm : array, shape (n, 3)
    faces : int array, shape (m, 3)

    Returns
    -------
    tuple
        Vertices and faces of a surface in which every edge belongs to an even number of faces, so that a ray
        from inside crosses it an odd number of times.
    """
    _, first, merged = np.unique(np.round(vertices_mm, 5), axis=0, return_index=True, return_inverse=True)
    vertices, faces = vertices_mm[first], merged.reshape(-1)[faces]
    faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 0] != faces[:, 2])]
    extra_vertices: list[FloatArray] = []
    extra_faces: list[tuple[int, int, int]] = []
    for ring in _holes(faces):
        centre = len(vertices) + len(extra_vertices)
        extra_vertices.append(vertices[ring].mean(0))
        extra_faces += [(b, a, centre) for a, b in zip(ring, np.roll(ring, -1), strict=True)]
    if not extra_faces:
        return vertices, faces
    return np.vstack([vertices, extra_vertices]), np.vstack([faces, np.array(extra_faces, np.int64)])


def _holes(faces: NDArray[np.int64]) -> list[list[int]]:
    """Return the rings of edges that belong to an odd number of faces; every vertex has an even number of them."""
    edges = np.sort(np.vstack([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    unique, count = np.unique(edges, axis=0, return_counts=True)
    neighbours: dict[int, list[int]] = {}
    for a, b in unique[count % 2 == 1].tolist():
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    rings = []
    for start in sorted(neighbours):
        while neighbours[start]:
            ring = [start]
            while (following := neighbours[ring[-1]].pop()) != start:
                neighbours[following].remove(ring[-1])
                ring.append(following)
            neighbours[start].remove(ring[-1])
            rings.append(ring)
    return rings
