"""What reading a DICOM folder gives: a ``Study``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from calcidect.errors import Notice
from calcidect.geometry import Volume
from calcidect.study._quality import StudyQuality


@dataclass(frozen=True)
class Energy:
    """What X-rays made an image.

    Parameters
    ----------
    kind : {"kv", "kev"}
        Tube voltage of a polychromatic beam, or the energy of a virtual monoenergetic image (VMI).
    value : float
        kV or keV.
    filter : {"", "Au", "Sn"}
        Metal that filtered the beam beside what every tube has: tin, or the gold half of a split filter (TwinBeam).
    """

    kind: Literal["kv", "kev"]
    value: float
    filter: Literal["", "Au", "Sn"] = ""

    @property
    def beam(self) -> str:
        """Name in tables of beams: ``80``, ``Sn150``, ``Au120``."""
        return f"{self.filter}{self.value:g}"

    def __str__(self) -> str:
        return f"{self.value:g} keV" if self.kind == "kev" else f"{self.beam} kV"


@dataclass(frozen=True)
class Pair:
    """The two energies in hand, low first."""

    low: Energy
    high: Energy

    @property
    def name(self) -> str:
        """Short name as in the tables: ``80/Sn150`` for kV, ``50/100keV`` for VMI."""
        if self.low.kind == "kev":
            return f"{self.low.value:g}/{self.high.value:g}keV"
        return f"{self.low.beam}/{self.high.beam}"


@dataclass(frozen=True)
class Subject:
    """Who was scanned, without identifiers: a pseudonym, age and sex only."""

    subject_id: str
    age_years: float | None = None
    sex: str | None = None


@dataclass(frozen=True)
class Motion:
    """How one hand moved from the low- to the high-energy image, and what became of it.

    Parameters
    ----------
    centroid_mm : tuple of float
        Where the hand lies in the low-energy image (LPS); rotation is about it.
    shift_mm, rotation_degrees : tuple of float or None
        Shift of the centroid, and rotation vector (its direction is the axis, its length the angle), along x, y, z
        (LPS). None, as every number below, where motion could not be measured.
    largest_displacement_mm, standard_error_mm : float or None
        Of the edge of bone that moved farthest, and how uncertain that is.
    corrected : bool
        Whether the hand's high-energy image was moved back.
    residual_mm : float or None
        Largest displacement that is left, measured anew where it was corrected.
    remainder_mm : float or None
        Largest shift of a part of the hand against the whole: fingers that moved by themselves. It is not corrected.
    """

    centroid_mm: tuple[float, float, float]
    shift_mm: tuple[float, float, float] | None = None
    rotation_degrees: tuple[float, float, float] | None = None
    largest_displacement_mm: float | None = None
    standard_error_mm: float | None = None
    corrected: bool = False
    residual_mm: float | None = None
    remainder_mm: float | None = None


@dataclass(frozen=True, eq=False)
class Study:
    """A scan, ready to be analysed: of two energies, or of one.

    Parameters
    ----------
    low : Volume
        Hounsfield units, int16 or float32; of a single-energy scan its only image.
    high : Volume or None
        The same at the higher energy, on the same grid; None of a single-energy scan.
    pair : Pair or None
        The energies of ``low`` and ``high``; None of a single-energy scan.
    subject : Subject
        Pseudonym, age and sex.
    study_date : str or None
        YYYY-MM-DD.
    study_uid_hash : str
        SHA-256 of the study's UID.
    input_hash : str
        SHA-256 over the files that were read, in order of slices, low then high.
    maximum_hu : tuple of float
        Highest value that each image can hold, low first; infinite where it was computed.
    manufacturer : str
        As the scan states it, or empty.
    notices : tuple of Notice
        What the reader should know.
    quality : StudyQuality or None
        What the scan allows; None where it was not looked at.
    single_energy : Energy or None
        The one energy of a single-energy scan; None of a pair.
    motion : tuple of Motion
        Of each hand between the energies; ``high`` is free of what was corrected.

    Raises
    ------
    ValueError
        If the two volumes do not share a grid, or the scan is neither of one energy nor of two.
    """

    low: Volume
    high: Volume | None
    pair: Pair | None
    subject: Subject
    study_date: str | None
    study_uid_hash: str
    input_hash: str
    maximum_hu: tuple[float, ...] = (3071.0, 3071.0)
    manufacturer: str = ""
    notices: tuple[Notice, ...] = field(default=())
    quality: StudyQuality | None = None
    single_energy: Energy | None = None
    motion: tuple[Motion, ...] = ()

    def __post_init__(self) -> None:
        if (self.pair is None) == (self.single_energy is None) or (self.high is None) != (self.pair is None):
            raise ValueError("A study has either a pair of energies and two images, or one of each.")
        if self.high is not None and not self.low.grid.is_same_as(self.high.grid):
            raise ValueError("The low and the high energy image must lie on the same grid.")
        if len(self.maximum_hu) != (1 if self.high is None else 2):
            raise ValueError("Every image needs its highest value.")

    @property
    def energies(self) -> str:
        """The energies in short: ``80/Sn150``, ``50/100keV``, or of a single-energy scan ``120 kV``."""
        return self.pair.name if self.pair is not None else str(self.single_energy)
