"""The review application in the browser: a person looks at a result, corrects it, and saves a reviewed version.

The algorithm's result is never written to. What a reader does is a list of events beside it, and what is shown is the
fold of these events over the result. Names are loaded when they are first used: FastAPI, filelock and uvicorn come
with the extra ``review``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calcidect.review._agreement import agreement_of_readers
    from calcidect.review._serve import ReviewOptions, serve
    from calcidect.review._worklist import result_folders

__all__ = ["ReviewOptions", "agreement_of_readers", "result_folders", "serve"]

_HOMES = {
    "_agreement": ("agreement_of_readers",),
    "_worklist": ("result_folders",),
    "_serve": ("ReviewOptions", "serve"),
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module (PEP 562).

    Raises
    ------
    UsageError
        If the extra ``review`` is not installed.
    """
    for module, names in _HOMES.items():
        if name in names:
            return getattr(_loaded(f"calcidect.review.{module}"), name)
    raise AttributeError(f"module 'calcidect.review' has no attribute {name!r}")


def _loaded(module: str) -> Any:
    from calcidect.errors import UsageError

    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "calcidect":
            raise
        raise UsageError(
            "review_extra_missing",
            found=f"The package {error.name} is not installed.",
            expected="The extra 'review'.",
            remedy="Run: pip install 'calcidect[review]'.",
        ) from None
