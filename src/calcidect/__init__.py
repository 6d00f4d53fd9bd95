"""calcidect: dual-energy CT of the hands, read in milligrams of hydroxyapatite. Research use only."""

from calcidect._version import __version__

__all__ = ["__version__"]
