"""A DICOM folder becomes a ``Study``."""

from calcidect.study._inspect import Inspection, PairFound, SeriesFound, inspect_folder
from calcidect.study._quality import SeriesQuality, StudyQuality
from calcidect.study._read import read_study
from calcidect.study._types import Energy, Pair, Study, Subject

__all__ = [
    "Energy",
    "Inspection",
    "Pair",
    "PairFound",
    "SeriesFound",
    "SeriesQuality",
    "Study",
    "StudyQuality",
    "Subject",
    "inspect_folder",
    "read_study",
]
