"""The 29 bone surfaces of myo-sim's right arm (Apache-2.0) at rest, in the hand's own frame.

Frame: x radial, y distal, z palmar (mm, right-handed); the origin is the centre of the capitate. In myo-sim's world the
arm hangs with its thumb forward (-y), so radial is -y, distal -z and palmar +x.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

CARPALS = ("scaphoid", "lunate", "triquetrum", "pisiform", "trapezium", "trapezoid", "capitate", "hamate")
_MESHES = {
    "radius": "radius_r",
    "ulna": "ulna_r",
    "metacarpal_1": "1mc_r",
    "proximal_phalanx_1": "thumbprox_r",
    "distal_phalanx_1": "thumbdist_r",
} | {name: f"{name}_r" for name in CARPALS}
for _ray in range(2, 6):
    _MESHES |= {f"metacarpal_{_ray}": f"{_ray}mc_r", f"proximal_phalanx_{_ray}": f"{_ray}proxph_r",
                f"middle_phalanx_{_ray}": f"{_ray}midph_r", f"distal_phalanx_{_ray}": f"{_ray}distph_r"}  # fmt: skip

BONES = tuple(_MESHES)


def ray(digit: int) -> tuple[str, ...]:
    """Return the bones of a ray, proximal first."""
    middle = () if digit == 1 else (f"middle_phalanx_{digit}",)
    return (f"metacarpal_{digit}", f"proximal_phalanx_{digit}", *middle, f"distal_phalanx_{digit}")


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles of one bone: ``vertices`` (n, 3) in mm, ``faces`` (m, 3), turned outwards."""

    vertices: np.ndarray
    faces: np.ndarray

    def moved(self, rotation: np.ndarray, shift: np.ndarray) -> Surface:
        return Surface(self.vertices @ rotation.T + shift, self.faces)

    def sampled(self, per_mm2: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return points (n, 3), outward unit normals (n, 3) and the area (mm2) that each stands for."""
        a, b, c = (self.vertices[self.faces[:, i]] for i in range(3))
        normal = np.cross(b - a, c - a)
        area = np.linalg.norm(normal, axis=1) / 2
        each = np.maximum(1, np.ceil(area * per_mm2).astype(int))
        index = np.repeat(np.arange(len(area)), each)
        u, v = rng.random((2, len(index), 1))
        u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
        points = a[index] + u * (b - a)[index] + v * (c - a)[index]
        unit = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        return points, unit[index], (area / each)[index]


@lru_cache(maxsize=1)
def rest() -> dict[str, Surface]:
    """Return the 29 bones at rest."""
    import mujoco
    from myo_sim.build.compose import build_spec

    mujoco.set_mju_user_warning(lambda message: None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mujoco remarks on how myo-sim composes its own parts
        model = build_spec("myoarm_r").compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    found = {}
    for geom, mesh in enumerate(model.geom_dataid):
        name = model.mesh(mesh).name if mesh >= 0 else ""
        if name in _MESHES.values():
            found[name] = _surface(model, data, geom, mesh)
    centre = found["capitate_r"].vertices.mean(0)
    return {bone: found[mesh].moved(np.eye(3), -centre) for bone, mesh in _MESHES.items()}


def _surface(model: object, data: object, geom: int, mesh: int) -> Surface:
    first, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
    first_face, faces = model.mesh_faceadr[mesh], model.mesh_facenum[mesh]
    world = model.mesh_vert[first : first + count] @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom]
    hand = 1000.0 * np.stack([-world[:, 1], -world[:, 2], world[:, 0]], axis=1)
    triangles = np.array(model.mesh_face[first_face : first_face + faces], np.int64)
    return Surface(hand, triangles if _volume(hand, triangles) > 0 else triangles[:, ::-1])


def _volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    """Return six times the signed volume (divergence theorem): positive where faces turn outwards."""
    a, b, c = (vertices[faces[:, i]] - vertices.mean(0) for i in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)))
