"""The review application in the browser: a person looks at a result, corrects it, and saves a reviewed version.

The algorithm's result is never written to. What a reader does is a list of events beside it, and what is shown is the
fold of these events over the result. Names are loaded when they are first used: FastAPI, filelock and uvicorn come
with the extra ``review``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from calcidect._extras import name_of

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
    return name_of(__name__, _HOMES, name, "review")
