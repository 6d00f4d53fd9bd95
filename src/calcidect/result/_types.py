"""The ``Result`` of one study: everything that goes to disk, valid by construction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from calcidect._version import __version__
from calcidect.anatomy import BoneLabel, Side
from calcidect.errors import Notice
from calcidect.findings import Findings
from calcidect.geometry import Volume
from calcidect.materials import Concentrations

if TYPE_CHECKING:
    import pandas as pd

RESEARCH_USE_ONLY = "Research use only. Not a medical device."

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class StudyFacts:
    """What may be known of who was scanned and how. No identifiers.

    Parameters
    ----------
    subject_id : str
        Pseudonym.
    study_date : str or None
        YYYY-MM-DD.
    age_years : float or None
        Age at the scan.
    sex : str or None
        As the scan states it.
    study_uid_hash : str
        SHA-256 of the study's UID.
    pair : str
        Short name of the two energies, ``80/Sn150``; of a single-energy scan its energy, ``120 kV``.
    single_energy : bool
        Whether the scan has one energy only.
    """

    subject_id: str
    study_date: str | None
    age_years: float | None
    sex: str | None
    study_uid_hash: str
    pair: str
    single_energy: bool = False


@dataclass(frozen=True)
class HandFacts:
    """One hand in the scan: its box on the grid and its three axes.

    Parameters
    ----------
    side : {"left", "right"}
        Told from the anatomy.
    side_confidence : float
        0.5 (a guess) to 1.
    start, size : tuple of int
        First voxel (i, j, k) and voxels along i, j, k.
    distal, dorsal, radial : tuple of float
        Unit vectors in LPS: towards the fingertips, the back of the hand, the thumb.
    radiocarpal_mm : float or None
        Position of the radiocarpal joint line along ``distal``.
    """

    side: Side
    side_confidence: float
    start: tuple[int, int, int]
    size: tuple[int, int, int]
    distal: Triple
    dorsal: Triple
    radial: Triple
    radiocarpal_mm: float | None = None


@dataclass(frozen=True)
class StepCost:
    """What one step of the analysis took. ``peak_mib`` is None where it was not measured."""

    step: str
    seconds: float
    peak_mib: float | None = None


@dataclass(frozen=True)
class NotAssessed:
    """Something that the result contract names and this result does not answer, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class ReviewRecord:
    """How readers changed what the program had found.

    Parameters
    ----------
    readers : tuple of str
        Pseudonyms, as given.
    events : int
        Edits in force.
    last_event : int
        The last event that the version holds.
    source_hash : str
        SHA-256 of the result folder that was reviewed.
    with_scan : bool
        Whether deposits were measured anew; else rows were dropped and relabelled alone.
    accepted, rejected, unreviewed : tuple of int
        Deposits by what was said of them. Rejected ones are not in the tables.
    shaped_by : dict
        Number of a deposit to the events that changed its voxels.
    labels : dict
        Number of a deposit to the columns of its row that a reader told.
    """

    readers: tuple[str, ...]
    events: int
    last_event: int
    source_hash: str
    with_scan: bool
    accepted: tuple[int, ...] = ()
    rejected: tuple[int, ...] = ()
    unreviewed: tuple[int, ...] = ()
    shaped_by: dict[str, list[int]] = field(default_factory=dict)
    labels: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Provenance:
    """How the result came to be.

    Parameters
    ----------
    settings : tuple of dict
        Settings in force, as ``Settings.described()`` gives them.
    input_hash : str
        SHA-256 over the files that were read.
    calibration : str
        Where the sensitivities come from.
    steps : tuple of StepCost
        Seconds and peak memory per step.
    warnings : tuple of Notice
        Filled by ``assemble`` from every room.
    program_version : str
        Of calcidect.
    network : str
        SHA-256 of what was trained, network and trees; empty in results from before there was any.
    review : ReviewRecord or None
        How readers changed the result; None of one as the program left it.
    """

    settings: tuple[dict[str, Any], ...]
    input_hash: str
    calibration: str
    steps: tuple[StepCost, ...] = ()
    warnings: tuple[Notice, ...] = ()
    program_version: str = __version__
    network: str = ""
    review: ReviewRecord | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """Everything found in one study, as it lies on disk. Made by ``assemble``, read by ``Result.load``.

    Parameters
    ----------
    study : StudyFacts
        Who and what, without identifiers.
    findings : Findings
        Deposits, bones, damage, burden, quality; ``findings.deposit_labels`` is uint16.
    hands : tuple of HandFacts
        The hands in the scan.
    bone_map : Volume
        uint8 labels on the grid of the low-energy series.
    bone_labels : dict
        What each label means.
    concentrations : Concentrations or None
        Hydroxyapatite and urate, each with its standard deviation. On disk in steps of 0.1 mg/cm3. None, and not on
        disk, of a single-energy scan.
    provenance : Provenance
        How it came to be.
    not_assessed : tuple of NotAssessed
        What this result does not answer.

    Raises
    ------
    ValueError
        If volumes do not share a grid, a label is unknown, a deposit has no voxel, or a single-energy scan
        has material maps.
    """

    study: StudyFacts
    findings: Findings
    hands: tuple[HandFacts, ...]
    bone_map: Volume
    bone_labels: dict[int, BoneLabel]
    concentrations: Concentrations | None
    provenance: Provenance
    not_assessed: tuple[NotAssessed, ...] = field(default=())

    def __post_init__(self) -> None:
        maps = self.concentrations
        if (maps is None) != self.study.single_energy:
            raise ValueError("A scan of two energies has both material maps, one of a single energy neither.")
        grids = (self.deposit_map.grid, *([] if maps is None else [maps.grid]))
        if not all(grid.is_same_as(self.bone_map.grid) for grid in grids):
            raise ValueError("Bones, deposits and material maps must lie on the same grid.")
        check_deposits(self.deposit_map, [deposit.deposit_id for deposit in self.findings.deposits])
        check_bones(self.bone_map, self.bone_labels)

    @property
    def deposit_map(self) -> Volume:
        """uint16, voxel value = ``deposit_id``."""
        return self.findings.deposit_labels

    @property
    def hydroxyapatite(self) -> Volume | None:
        """Dense, float32, mg/cm3, made anew at each call; None of a single-energy scan."""
        return None if self.concentrations is None else self.concentrations.volume("hydroxyapatite")

    @property
    def urate(self) -> Volume | None:
        """Dense, float32, mg/cm3, made anew at each call; None of a single-energy scan."""
        return None if self.concentrations is None else self.concentrations.volume("urate")

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """Every coded warning of every room."""
        return self.provenance.warnings

    @property
    def deposits(self) -> pd.DataFrame:
        """A row per deposit, with the columns of ``deposits.csv``."""
        from calcidect.findings import Deposit
        from calcidect.result._tables import as_frame

        return as_frame(Deposit, self.findings.deposits)

    @property
    def bones(self) -> pd.DataFrame:
        """A row per bone, with the columns of ``bones.csv``."""
        from calcidect.findings import Bone
        from calcidect.result._tables import as_frame

        return as_frame(Bone, self.findings.bones)

    @property
    def burden(self) -> pd.DataFrame:
        """A row per hand in the scan, and one for ``all``."""
        from calcidect.findings import Burden
        from calcidect.result._tables import as_frame

        hands = [hand for hand in ("right", "left", "all") if hand in self.findings.burden]
        frame = as_frame(Burden, [self.findings.burden[hand] for hand in hands])
        frame.index = frame.index.map(dict(enumerate(hands)))
        return frame.rename_axis("hand")

    def save(self, path: str | Path, force: bool = False) -> Path:
        """Write the result folder, whole or not at all, without a report. See ``write_result``."""
        from calcidect.result._write import write_result

        return write_result(self, Path(path), force=force)

    @classmethod
    def load(cls, path: str | Path) -> Result:
        """Read a result folder back. See ``read_result``."""
        from calcidect.result._read import read_result

        return read_result(Path(path))

    def __repr__(self) -> str:
        from calcidect.result._notebook import one_line

        return one_line(self)

    def _repr_html_(self) -> str:
        from calcidect.result._notebook import as_html

        return as_html(self)


def check_deposits(deposit_map: Volume, deposit_ids: Sequence[int]) -> None:
    """Refuse a volume that does not hold just these deposits, each once, by a ``ValueError``."""
    if deposit_map.array.dtype != np.uint16:
        raise ValueError("Deposit labels must be uint16.")
    if _labels_in(deposit_map.array) != set(deposit_ids) or len(set(deposit_ids)) < len(deposit_ids):
        raise ValueError("Every deposit needs its own label in the deposit volume, and every label a deposit.")


def check_bones(bone_map: Volume, bone_labels: Collection[int]) -> None:
    """Refuse a volume that holds bones without a meaning, by a ``ValueError``."""
    if bone_map.array.dtype != np.uint8:
        raise ValueError("Bone labels must be uint8.")
    if not _labels_in(bone_map.array) <= set(bone_labels):
        raise ValueError("The bone volume holds a label without a meaning.")


def _labels_in(array: NDArray[Any]) -> set[int]:
    """Return the labels above 0 in an array of unsigned integers, skipping empty slices (fast)."""
    seen = np.zeros(np.iinfo(array.dtype).max + 1, bool)
    for plane in array:
        if plane.any():
            seen[plane] = True
    seen[0] = False
    return {int(label) for label in np.flatnonzero(seen)}
