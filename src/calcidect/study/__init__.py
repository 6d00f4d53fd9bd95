"""A DICOM folder becomes a ``Study``."""

from calcidect.study._types import Energy, Pair, Study, Subject

__all__ = ["Energy", "Pair", "Study", "Subject"]
