"""Forward kinematics: a person's bones and tendons, shaped, posed and laid in the scanner (LPS, mm)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy import Side
from calcidect.geometry import FloatArray
from calcidect.phantom._person import HandShape
from calcidect.phantom._skeleton import Segment, Skeleton


@dataclass(frozen=True, eq=False)
class PosedBone:
    """One bone where it lies.

    Parameters
    ----------
    name : str
    vertices_mm : array, shape (n, 3)
        LPS.
    faces : int array, shape (m, 3)
    joint_mm : array, shape (3,)
        Centre of the joint at its proximal end.
    palmar : array, shape (3,)
        Unit vector to its palmar side; a bent finger's, and the thumb's, is not the palm's.
    """

    name: str
    vertices_mm: FloatArray
    faces: NDArray[np.int64]
    joint_mm: FloatArray
    palmar: FloatArray

    @property
    def axis(self) -> tuple[FloatArray, FloatArray]:
        """Ends (proximal, distal) of the bone's long axis: the centroids of its outermost 6 % of vertices."""
        centre = self.vertices_mm.mean(0)
        direction = np.linalg.eigh(np.cov((self.vertices_mm - centre).T))[1][:, -1]
        along = (self.vertices_mm - centre) @ direction
        ends = [self.vertices_mm[along <= np.quantile(along, 0.06)].mean(0),
                self.vertices_mm[along >= np.quantile(along, 0.94)].mean(0)]  # fmt: skip
        if np.linalg.norm(ends[0] - self.joint_mm) > np.linalg.norm(ends[1] - self.joint_mm):
            ends.reverse()
        return ends[0], ends[1]


@dataclass(frozen=True, eq=False)
class PosedHand:
    """One hand's skeleton in the scanner.

    Parameters
    ----------
    side : {"left", "right"}
    bones : dict
        The 29 names to posed bones.
    tendons_mm : dict
        Name to path, shape (n, 3), proximal first.
    distal, dorsal, radial : array, shape (3,)
        Unit vectors towards fingertips, back of the hand and thumb.
    radiocarpal_mm : array, shape (3,)
        A point on the radiocarpal joint line.
    """

    side: Side
    bones: dict[str, PosedBone]
    tendons_mm: dict[str, FloatArray]
    distal: FloatArray
    dorsal: FloatArray
    radial: FloatArray
    radiocarpal_mm: FloatArray


_METACARPALS = tuple(f"metacarpal_{ray}" for ray in range(1, 6))
_ARMS_OVERHEAD_PRONE = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]])
"""Rows: patient x, y, z of the hand frame (radial, distal, dorsal) of a right hand: thumb medial, fingertips to
the head end, back of the hand towards posterior, as palms lie on the table."""


def pose_hand(skeleton: Skeleton, shape: HandShape, side: Side) -> PosedHand:
    """Return the hand of a shape, palm down with the arm overhead; its third MCP joint lies at the origin.

    A left hand is the mirror image of a right one.
    """
    frames = _frames(skeleton, shape)
    bones = {
        name: PosedBone(
            name,
            _shaped(segment, shape) @ frames[name][0].T + frames[name][1],
            segment.faces,
            frames[name][1],
            frames[name][0] @ palmar_of(skeleton, name),
        )
        for name, segment in skeleton.segments.items()
    }
    tendons = {
        name: np.array([frames[b][0] @ _stretch(skeleton.segments[b], shape) @ p + frames[b][1] for b, p in path])
        for name, path in skeleton.tendons.items()
    }
    origin, hand_frame = _hand_frame(bones)
    place = _ARMS_OVERHEAD_PRONE @ hand_frame
    place = _turn(shape.tilt_rad) @ place
    mirror = np.diag([1.0 if side == "right" else -1.0, 1, 1])
    return _laid(side, bones, tendons, origin, mirror @ place, mirror)


def _laid(
    side: Side, bones: dict[str, PosedBone], tendons: dict[str, FloatArray], origin: FloatArray,
    place: FloatArray, mirror: FloatArray,
) -> PosedHand:  # fmt: skip
    def to_lps(points: FloatArray) -> FloatArray:
        return np.asarray((points - origin) @ place.T)

    _, frame = _hand_frame(bones)
    radial, distal, dorsal = (place @ axis for axis in frame)
    posed = {
        name: PosedBone(name, to_lps(bone.vertices_mm), bone.faces, to_lps(bone.joint_mm), place @ bone.palmar)
        for name, bone in bones.items()
    }
    posed |= {name: _with_base(posed[name], posed[f"proximal_phalanx_{name[-1]}"]) for name in _METACARPALS}
    joint = 0.5 * (posed["lunate"].vertices_mm.mean(0) + posed["scaphoid"].vertices_mm.mean(0)) - 8.0 * distal
    return PosedHand(side, posed, {n: to_lps(p) for n, p in tendons.items()}, distal, dorsal, radial, joint)


def _with_base(metacarpal: PosedBone, phalanx: PosedBone) -> PosedBone:
    """Return a metacarpal whose joint is its base: in the model the third to fifth have their origin elsewhere."""
    base = max(metacarpal.axis, key=lambda end: float(np.linalg.norm(end - phalanx.joint_mm)))
    return replace(metacarpal, joint_mm=base)


def _hand_frame(bones: dict[str, PosedBone]) -> tuple[FloatArray, FloatArray]:
    """Return the third MCP joint and the rows radial, distal, dorsal of a right hand."""
    knuckle = {ray: bones[f"proximal_phalanx_{ray}"].joint_mm for ray in (2, 3, 5)}
    distal = knuckle[3] - bones["lunate"].vertices_mm.mean(0)
    distal = distal / np.linalg.norm(distal)
    radial = knuckle[2] - knuckle[5]
    radial = radial - (radial @ distal) * distal
    radial = radial / np.linalg.norm(radial)
    return knuckle[3], np.stack([radial, distal, np.cross(distal, radial)])


def palmar_of(skeleton: Skeleton, bone: str) -> FloatArray:
    """Return a bone's palmar direction in its own frame, shape (3,): where its ray's flexion moves the fingertip.

    All segments' frames are parallel at rest, so that one vector serves the whole ray; bones of no ray take the third
    ray's. The flexor tendon tells the sign, since not every flexion angle of the model counts the same way.
    """
    ray = bone[-1] if bone[-1].isdigit() else "3"
    phalanx = skeleton.segments[f"proximal_phalanx_{ray}"]
    middle = phalanx.vertices_mm.mean(0)
    direction = np.cross(phalanx.joints[0].axis, middle)
    tendon = skeleton.tendons["FPL" if ray == "1" else f"FDP{ray}"]
    sites = np.array([point for name, point in tendon if name == phalanx.bone])
    direction = direction * np.sign((sites.mean(0) - middle) @ direction)
    return np.asarray(direction / np.linalg.norm(direction))


def _frames(skeleton: Skeleton, shape: HandShape) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return rotation and origin of every segment, parents first."""
    from scipy.spatial.transform import Rotation

    frames: dict[str, tuple[FloatArray, FloatArray]] = {}
    for name, segment in skeleton.segments.items():
        if segment.parent is None:
            frames[name] = (np.eye(3), np.zeros(3))
            continue
        rotation, origin = frames[segment.parent]
        stretch = _stretch(skeleton.segments[segment.parent], shape)
        origin = origin + rotation @ stretch @ segment.offset_mm
        rotation = rotation @ segment.rotation
        for joint in segment.joints:
            angle = float(np.clip(shape.pose_rad.get(joint.name, 0.0), *joint.range_rad))
            rotation = rotation @ Rotation.from_rotvec(joint.axis * angle).as_matrix()
        frames[name] = (rotation, origin)
    return frames


def _stretch(segment: Segment, shape: HandShape) -> FloatArray:
    """Return the matrix that scales a segment along and across its long axis; carpals keep their places."""
    if not segment.bone[-1].isdigit() and segment.bone not in ("radius", "ulna"):
        return np.asarray(shape.size * np.eye(3))
    axis = np.outer(segment.long_axis, segment.long_axis)
    along = 1.0 if segment.bone in ("radius", "ulna") else shape.length[segment.bone]
    return np.asarray(shape.size * (along * axis + shape.width[segment.bone] * (np.eye(3) - axis)))


def _shaped(segment: Segment, shape: HandShape) -> FloatArray:
    """Return the segment's vertices, stretched and with smooth bumps of about 2 % of its width."""
    vertices = segment.vertices_mm @ _stretch(segment, shape).T
    centre = vertices.mean(0)
    if not segment.bone[-1].isdigit() and segment.bone not in ("radius", "ulna"):
        vertices = centre + (vertices - centre) * shape.width[segment.bone]
    width = 2 * float(np.sqrt(np.linalg.eigvalsh(np.cov(vertices.T))[0]))
    rng = np.random.default_rng([shape.seed, sum(segment.bone.encode())])
    waves = rng.normal(0, 1, (6, 3)) / (1.2 * width)  # wavelengths of several widths
    phases, amplitudes = rng.uniform(0, 2 * np.pi, 6), rng.normal(0, 0.015 * width, (6, 3))
    return np.asarray(vertices + np.sin((vertices - centre) @ waves.T + phases) @ amplitudes)


def _turn(angles_rad: tuple[float, float, float]) -> FloatArray:
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_euler("xyz", angles_rad).as_matrix())
