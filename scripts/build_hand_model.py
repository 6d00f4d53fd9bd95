"""Build the articulated hand that anatomy fits to a scan: ``src/calcidect/anatomy/data/hand.npz``.

Needs the extra ``phantom`` (myo-sim, Apache-2.0, and mujoco)::

    python scripts/build_hand_model.py

Of every one of the 29 bones of a right hand it writes points on the surface with their normals, a signed distance on
a grid of 1 mm (of distal phalanges, which are thin, 0.5 mm), the bone it hangs from, the centre of that joint and
three axes: flexion, abduction, long axis. The hand lies flat, fingers a little bent, as on a scanner's table; the
tree begins at the capitate, so that wrist, forearm and every ray move against the middle of the hand. Coordinates are
mm along radial, distal and dorsal; 0 is the capitate's centre. Of every tendon that passes the wrist it writes the
points that it runs through, and the bone each is fixed to.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from calcidect.anatomy import BONES
from calcidect.geometry import FloatArray, Grid
from calcidect.phantom._person import HandShape
from calcidect.phantom._pose import PosedHand, pose_hand
from calcidect.phantom._skeleton import CAVITIES_MM, load_skeleton
from calcidect.phantom._voxelise import Field, mesh_field

OUT = Path(__file__).resolve().parents[1] / "src" / "calcidect" / "anatomy" / "data" / "hand.npz"

FOREARM_MM = 150.0
"""Of radius and ulna that is kept: more than scans of the hands show."""
POINTS_APART_MM = 2.2
FINE_MM, COARSE_MM = 0.5, 1.0
MARGIN_MM = 6.0
STEP_MM = 0.05
"""Of the stored distance: one byte holds -6.4 to 6.35 mm."""
SMOOTH_MM = {"radius": 1.2, "ulna": 1.2}
"""The meshes of the forearm are coarse: facets of 10 mm."""

FLAT_HAND_DEGREES = {
    "pro_sup": -40.0, "cmc_flexion": 12.0, "cmc_abduction": -20.0,
    **{f"{joint}{ray}_flexion": 8.0 for joint in ("mcp", "pm", "md") for ray in range(2, 6)},
}  # fmt: skip
"""Our choice: a relaxed hand, palm down, thumb beside it."""

PARENT = {
    "capitate": "", "lunate": "capitate", "scaphoid": "capitate", "triquetrum": "capitate", "pisiform": "triquetrum",
    "trapezium": "capitate", "trapezoid": "capitate", "hamate": "capitate", "radius": "lunate", "ulna": "radius",
    "metacarpal_1": "trapezium", "metacarpal_2": "trapezoid", "metacarpal_3": "capitate", "metacarpal_4": "hamate",
    "metacarpal_5": "hamate", "proximal_phalanx_1": "metacarpal_1", "distal_phalanx_1": "proximal_phalanx_1",
    **{f"proximal_phalanx_{ray}": f"metacarpal_{ray}" for ray in range(2, 6)},
    **{f"middle_phalanx_{ray}": f"proximal_phalanx_{ray}" for ray in range(2, 6)},
    **{f"distal_phalanx_{ray}": f"middle_phalanx_{ray}" for ray in range(2, 6)},
}  # fmt: skip


TENDONS = (
    "FPL", *(f"{kind}{ray}" for kind in ("FDS", "FDP") for ray in range(2, 6)), "FCR", "FCU", "PL",
    "EPL", "EPB", "APL", *(f"EDC{ray}" for ray in range(2, 6)), "EIP", "EDM", "ECRL", "ECRB", "ECU",
)  # fmt: skip
INSERTION = 0.2
"""Of a distal phalanx's length: the tendons of flexor profundus and extensor end on the base; muscle models, which have
them for their lever arms, let them end anywhere."""


def main() -> None:
    """Write the model."""
    lengths = dict.fromkeys(BONES, 1.0)
    pose = {joint: float(np.radians(angle)) for joint, angle in FLAT_HAND_DEGREES.items()}
    shape = HandShape(1.0, lengths, lengths, pose, (0.0, 0.0, 0.0), 0)
    hand = pose_hand(load_skeleton(), shape, "right")
    frame = np.stack([hand.radial, hand.distal, hand.dorsal])
    origin = hand.bones["capitate"].vertices_mm.mean(0)
    arrays: dict[str, np.ndarray] = {}
    facts = {}
    for name in BONES:
        facts[name] = _bone(name, hand, frame, origin, arrays)
    OUT.parent.mkdir(exist_ok=True)
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    arrays["tendons"] = np.frombuffer(json.dumps(_tendons(hand, frame, origin, facts)).encode(), np.uint8)
    np.savez_compressed(OUT, **arrays)
    print(f"{OUT}: {OUT.stat().st_size / 1e6:.2f} MB, {sum(len(arrays[f'{n}.points']) for n in BONES)} points")


def _bone(name: str, hand: PosedHand, frame: FloatArray, origin: FloatArray, arrays: dict[str, np.ndarray]) -> dict:
    """Add a bone's arrays and return its tree and axes."""
    bone = hand.bones[name]
    vertices = (bone.vertices_mm - origin) @ frame.T
    wrist = ((hand.radiocarpal_mm - origin) @ frame.T)[1]
    low, high = vertices.min(0), vertices.max(0)
    low[1] = max(low[1], wrist - FOREARM_MM)
    grid, field = _field(name, vertices, bone.faces, low, high)
    points, normals = _surface(field, grid, low)
    arrays[f"{name}.points"] = points.astype(np.float32)
    arrays[f"{name}.normals"] = normals.astype(np.float32)
    grid_mm = FINE_MM if name.startswith("distal_phalanx") else COARSE_MM
    step = round(grid_mm / FINE_MM)
    coarse = np.clip(np.round(field.sdf_mm[::step, ::step, ::step] / STEP_MM), -128, 127).astype(np.int8)
    arrays[f"{name}.distance"] = coarse
    start = [part.start for part in field.box][::-1]
    joint, axes = _joint(name, hand, vertices, frame, origin)
    return {
        "parent": PARENT[name],
        "joint_mm": joint.tolist(),
        "axes": axes.tolist(),
        "first_mm": grid.point_of(start).tolist(),
        "grid_mm": grid_mm,
    }


def _tendons(hand: PosedHand, frame: FloatArray, origin: FloatArray, facts: dict[str, dict]) -> dict[str, list]:
    """Return tendon to its points at rest, proximal first: (bone, mm); of the forearm what the model's bones hold."""
    wrist = ((hand.radiocarpal_mm - origin) @ frame.T)[1]
    tendons = {}
    for name in TENDONS:
        points = (hand.tendons_mm[name] - origin) @ frame.T
        bones = [bone for bone, _ in load_skeleton().tendons[name]]
        tendons[name] = [
            (bone, np.round(_inserted(bone, point, hand, facts), 2).tolist())
            for bone, point in zip(bones, points, strict=True)
            if point[1] > wrist - FOREARM_MM
        ]
    return tendons


def _inserted(bone: str, point: FloatArray, hand: PosedHand, facts: dict[str, dict]) -> FloatArray:
    """Return a point of a tendon, drawn back to where tendons end on a distal phalanx: its base."""
    if not bone.startswith("distal_phalanx"):
        return point
    start, end = hand.bones[bone].axis
    along = np.array(facts[bone]["axes"][2])
    beyond_mm = (point - facts[bone]["joint_mm"]) @ along - INSERTION * float(np.linalg.norm(end - start))
    return point - max(beyond_mm, 0.0) * along


def _field(name: str, vertices: FloatArray, faces: np.ndarray, low: FloatArray, high: FloatArray) -> tuple[Grid, Field]:
    margin = MARGIN_MM + 1.0
    size = np.ceil((high - low + 2 * margin) / FINE_MM).astype(int)
    grid = Grid((size[0], size[1], size[2]), (FINE_MM,) * 3, tuple(low - margin))
    field = mesh_field(vertices, faces, grid, MARGIN_MM, SMOOTH_MM.get(name, 0.0), CAVITIES_MM.get(name, 0.0))
    assert field is not None
    return grid, field


def _surface(field: Field, grid: Grid, low: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return points about 2.2 mm apart on the surface, and their normals; none on the cut of the forearm."""
    gradient = np.stack(np.gradient(field.sdf_mm, FINE_MM), -1)
    near = np.stack(np.nonzero(np.abs(field.sdf_mm) < FINE_MM), -1)
    normals = gradient[tuple(near.T)]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    start = np.array([part.start for part in field.box])
    normals = normals[:, ::-1]
    points = grid.point_of((near + start)[:, ::-1]) - field.sdf_mm[tuple(near.T)][:, None] * normals
    order = np.random.default_rng(0).permutation(len(points))
    points, normals = points[order], normals[order]
    kept: list[int] = []
    free = points[:, 1] > low[1] + 0.5
    while free.any():
        n = int(np.argmax(free))
        kept.append(n)
        free &= np.linalg.norm(points - points[n], axis=1) > POINTS_APART_MM
    return points[kept], normals[kept]


def _joint(
    name: str, hand: PosedHand, vertices: FloatArray, frame: FloatArray, origin: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return a bone's joint centre and its axes (rows): flexion, abduction, along."""
    bone = hand.bones[name]
    centre = vertices.mean(0)
    if name[-1].isdigit():
        start, end = bone.axis
        if (end - start) @ frame[1] < 0:  # metacarpals 3 to 5 have their origin at no joint
            start, end = end, start
        along = frame @ (end - start)
        along /= np.linalg.norm(along)
        palmar = frame @ bone.palmar
        palmar -= (palmar @ along) * along
        palmar /= np.linalg.norm(palmar)
        joint = (bone.joint_mm - origin) @ frame.T
        if name.startswith("metacarpal"):
            joint = (start - origin) @ frame.T
        return joint, np.stack([np.cross(along, palmar), palmar, along])
    if name in ("radius", "ulna"):
        along = vertices[vertices[:, 1] > np.quantile(vertices[:, 1], 0.8)].mean(0) - vertices.mean(0)
        along /= np.linalg.norm(along)
        tip = vertices[vertices[:, 1] > vertices[:, 1].max() - 8].mean(0)
        if name == "radius":
            tip = (hand.bones["lunate"].vertices_mm.mean(0) - origin) @ frame.T
        across = np.cross(along, [0.0, 0.0, 1.0])
        across /= np.linalg.norm(across)
        return tip, np.stack([across, np.cross(along, across), along])
    return centre, np.eye(3)


if __name__ == "__main__":
    main()
