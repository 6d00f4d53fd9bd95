"""What the anatomy room gives: ``HandAnatomy``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calcidect.anatomy._expected_surface import ExpectedSurface
from calcidect.errors import Notice
from calcidect.geometry import FloatArray, Volume

Side = Literal["left", "right"]
OtherKind = Literal["vascular", "cartilage", "surface"]
OTHER_KINDS: tuple[OtherKind, ...] = ("vascular", "cartilage", "surface")
"""Mineral that is neither bone nor deposit: a calcified artery, calcified cartilage, an object on the skin."""

BONES: tuple[str, ...] = (
    *(f"distal_phalanx_{ray}" for ray in range(1, 6)),
    *(f"middle_phalanx_{ray}" for ray in range(2, 6)),
    *(f"proximal_phalanx_{ray}" for ray in range(1, 6)),
    *(f"metacarpal_{ray}" for ray in range(1, 6)),
    "scaphoid", "lunate", "triquetrum", "pisiform", "trapezium", "trapezoid", "capitate", "hamate",
    "radius", "ulna",
)  # fmt: skip
"""The 29 named bones of a side, in the result contract's order."""
CARPALS = BONES[19:27]


QUALITY_CODES = ("side_uncertain", "side_conflict", "fingers_cut_off", "hand_cut_off", "position_against_anatomy")
"""The notices of this room that tell of the scan rather than of what was found in it."""


@dataclass(frozen=True)
class BoneLabel:
    """What one label of the bone volume means.

    ``bone`` is one of ``BONES``, ``sesamoid_<joint>``, ``ossicle``, or ``unnamed``: bone of that side whose name is
    not sure.
    """

    side: Side
    bone: str


@dataclass(frozen=True, eq=False)
class BoneFrame:
    """Where one named bone lies, as the fitted hand has it.

    Parameters
    ----------
    joint_mm : array, shape (3,)
        Centre of its proximal joint (of a carpal: its middle), LPS.
    along, palmar : array, shape (3,)
        Unit vectors in LPS: towards its distal end, and to its palmar side.
    confidence : float
        0 to 1, that bone found there is this bone: by the fit, or by the network's reading.
    seen : float
        Share of it that lies in the scan.
    surface_mm : array, shape (n, 3)
        Points about 2 mm apart on the fitted surface, LPS: the bone as it would be without loss.
    fitted : float
        0 to 1, that the fitted surface lies where this bone does.
    expected : ExpectedSurface
        That surface as a distance, of points in LPS.
    """

    joint_mm: FloatArray
    along: FloatArray
    palmar: FloatArray
    confidence: float
    seen: float
    surface_mm: FloatArray
    fitted: float
    expected: ExpectedSurface


@dataclass(frozen=True, eq=False)
class Tendon:
    """Where one tendon runs, as the fitted hand has it.

    Parameters
    ----------
    name : str
        As anatomists shorten it, with the digit: ``FDP2``, ``EPL``.
    kind : {"flexor", "extensor"}
    path_mm : array, shape (n, 3)
        Points about a millimetre apart on its middle line, proximal first.
    radius_mm : float
        Of its section.
    """

    name: str
    kind: Literal["flexor", "extensor"]
    path_mm: FloatArray
    radius_mm: float


@dataclass(frozen=True, eq=False)
class Hand:
    """One hand in the scan.

    Parameters
    ----------
    side : {"left", "right"}
        Told from the anatomy.
    side_confidence : float
        0.5 (a guess) to 1.
    start, size : tuple of int
        Box on the study's grid: first voxel (i, j, k) and voxels along i, j, k.
    body : bool array, shape of the box (k, j, i)
        Everything inside this hand's skin.
    distal, dorsal, radial : array, shape (3,)
        Unit vectors in LPS: towards the fingertips, the back of the hand, the thumb.
    radiocarpal_mm : float or None
        Position of the radiocarpal joint line along ``distal``, as the dot product of an LPS point with it.
    bones : dict
        Name to where that bone lies; empty if no model fits the hand.
    tendons : tuple of Tendon
        In LPS; empty if no model fits the hand.
    muscle_mm : Volume or None
        Distance to muscle, negative inside, on cells of about a millimetre; None if it was not looked for.
    """

    side: Side
    side_confidence: float
    start: tuple[int, int, int]
    size: tuple[int, int, int]
    body: NDArray[np.bool_]
    distal: FloatArray
    dorsal: FloatArray
    radial: FloatArray
    radiocarpal_mm: float | None = None
    bones: dict[str, BoneFrame] = field(default_factory=dict)
    tendons: tuple[Tendon, ...] = ()
    muscle_mm: Volume | None = None


@dataclass(frozen=True)
class CutOff:
    """A place where the scan cuts a hand off.

    Parameters
    ----------
    side : {"left", "right"}
        The hand's.
    part : {"fingers", "side", "forearm"}
        What is cut: the fingers across, the hand at a side, or the forearm alone, as usual.
    at : str
        Where: ``right``, ``left``, ``front``, ``back``, ``feet``, ``head`` of the patient, or ``round field``.
    area_mm2 : float
        Of the section.
    """

    side: Side
    part: Literal["fingers", "side", "forearm"]
    at: str
    area_mm2: float


@dataclass(frozen=True)
class FieldOfView:
    """How many hands the scan holds, and where it cuts them off."""

    hands: int
    cut_at: tuple[CutOff, ...] = ()


@dataclass(frozen=True, eq=False)
class HandAnatomy:
    """The hands and bones of a scan, and the mineral that is not bone.

    Parameters
    ----------
    hands : tuple of Hand
        One or two.
    bones : Volume
        uint8, on the study's grid; 0 is no bone. Filled: cortex, marrow and canals.
    bone_labels : dict
        Label to meaning.
    deposit_mineral : Volume
        bool: mineral outside bone, before it is gathered into deposits.
    other_mineral : Volume or None
        uint8: mineral that is neither bone nor deposit, by its place in ``OTHER_KINDS``, from 1; None is none.
    notices : tuple of Notice
        What the reader should know.
    field_of_view : FieldOfView or None
        Where the scan cuts the hands off; None where it was not looked at.
    """

    hands: tuple[Hand, ...]
    bones: Volume
    bone_labels: dict[int, BoneLabel]
    deposit_mineral: Volume
    notices: tuple[Notice, ...] = field(default=())
    field_of_view: FieldOfView | None = None
    other_mineral: Volume | None = None
