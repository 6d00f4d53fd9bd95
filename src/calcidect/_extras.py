"""A room's public names, loaded when they are first used: what they import comes with an extra."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from calcidect.errors import UsageError


def name_of(package: str, homes: Mapping[str, tuple[str, ...]], name: str, extra: str) -> Any:
    """Return a public name of a package from its module (PEP 562).

    Parameters
    ----------
    package : str
        Such as ``calcidect.registry``.
    homes : mapping
        Module to the names that it holds.
    name : str
    extra : str
        Of calcidect, that brings what the modules import.

    Raises
    ------
    AttributeError
        If the package has no such name.
    UsageError
        If the extra is not installed.
    """
    for module, names in homes.items():
        if name in names:
            return getattr(_loaded(f"{package}.{module}", extra), name)
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


def _loaded(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "calcidect":
            raise
        raise UsageError(
            f"{extra}_extra_missing",
            found=f"The package {error.name} is not installed.",
            expected=f"The extra '{extra}'.",
            remedy=f"Run: pip install 'calcidect[{extra}]'.",
        ) from None
