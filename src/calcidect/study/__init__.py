"""A DICOM folder becomes a ``Study``."""

from calcidect.study._bodies import coarse_hands, depth_mm
from calcidect.study._inspect import Inspection, PairFound, SeriesFound, inspect_folder
from calcidect.study._read import read_study
from calcidect.study._types import Energy, Motion, Pair, Study, Subject

__all__ = [
    "Energy",
    "Inspection",
    "Motion",
    "Pair",
    "PairFound",
    "SeriesFound",
    "Study",
    "Subject",
    "coarse_hands",
    "depth_mm",
    "inspect_folder",
    "read_study",
]
