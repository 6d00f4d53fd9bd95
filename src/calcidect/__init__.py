"""calcidect: dual-energy CT of the hands, read in milligrams of hydroxyapatite. Research use only.

>>> from calcidect import analyze, read_study
>>> result = analyze(read_study("dicom-folder"))  # doctest: +SKIP
>>> result.deposits  # a pandas table  # doctest: +SKIP

Names are loaded when they are first used, so that ``import calcidect`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from calcidect._version import __version__

if TYPE_CHECKING:
    from calcidect.api import analyze, analyze_folder
    from calcidect.errors import CalcidectError, InputRefusedError, OutputError, StudyRefusedError, UsageError
    from calcidect.result import Result
    from calcidect.settings import Settings, load_settings
    from calcidect.study import Study, read_study

__all__ = [
    "CalcidectError",
    "InputRefusedError",
    "OutputError",
    "Result",
    "Settings",
    "Study",
    "StudyRefusedError",
    "UsageError",
    "__version__",
    "analyze",
    "analyze_folder",
    "load_settings",
    "read_study",
]

_HOMES = {
    "CalcidectError": "errors",
    "InputRefusedError": "errors",
    "OutputError": "errors",
    "Result": "result",
    "Settings": "settings",
    "Study": "study",
    "StudyRefusedError": "errors",
    "UsageError": "errors",
    "analyze": "api",
    "analyze_folder": "api",
    "load_settings": "settings",
    "read_study": "study",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its room (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'calcidect' has no attribute {name!r}")
    return getattr(import_module(f"calcidect.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
