"""How far compressed data may expand: what states more is refused before it is expanded."""

from __future__ import annotations

from calcidect.settings import StudySettings

_ALWAYS_ALLOWED_BYTES = 2**26
"""64 MiB: the largest image that `maximum_matrix` allows by default takes 32 MiB, however well it compresses."""


def allowed_bytes(compressed_bytes: int, settings: StudySettings) -> int:
    """Return what some bytes may expand to.

    Parameters
    ----------
    compressed_bytes : int
        Size of the file, of the files of a series, or of the archive.
    settings : StudySettings
        With the largest factor of expansion.
    """
    return _ALWAYS_ALLOWED_BYTES + int(settings.maximum_expansion * compressed_bytes)
