"""A ``Study`` becomes ``MaterialMaps``."""

from calcidect.materials._types import MaterialMaps, Sensitivity

__all__ = ["MaterialMaps", "Sensitivity"]
