"""A DICOM folder becomes a ``Study``."""

from calcidect.study._bodies import MOST_HAND_THICKNESS_MM, coarse_hands, depth_mm
from calcidect.study._inspect import Inspection, PairFound, SeriesFound, inspect_folder
from calcidect.study._motion_notices import misfit_mm
from calcidect.study._quality import SeriesQuality, StudyQuality
from calcidect.study._read import read_study
from calcidect.study._types import Energy, Motion, Pair, Study, Subject

__all__ = [
    "MOST_HAND_THICKNESS_MM",
    "Energy",
    "Inspection",
    "Motion",
    "Pair",
    "PairFound",
    "SeriesFound",
    "SeriesQuality",
    "Study",
    "StudyQuality",
    "Subject",
    "coarse_hands",
    "depth_mm",
    "inspect_folder",
    "misfit_mm",
    "read_study",
]
