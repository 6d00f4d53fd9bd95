"""The server's addresses: what the page can ask, and the one form in which it is refused."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Annotated, Any, Literal, Protocol

from fastapi import FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from calcidect.errors import CalcidectError
from calcidect.review import _shown as shown
from calcidect.review._bodies import EventBody, StateBody
from calcidect.review._case import Case
from calcidect.review._faults import (
    RequestRefusedError,
    another_review,
    error_document,
    not_found,
    refused,
    status_of,
)
from calcidect.review._gate import FAULT, browser_of
from calcidect.review._worklist import Recorded, worklist

REPORT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"
"""A report is one page without scripts; one that comes from elsewhere and holds some can't run them."""

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
"""Files of the page; what ends otherwise is not served."""


def make_app(cases: dict[str, Case], recorded: Callable[[], Recorded] | None = None) -> FastAPI:
    """Return the application behind the gate.

    Parameters
    ----------
    cases : dict
        Results under review, by the index that requests use.
    recorded : callable, optional
        Reads the scans of a registry.
    """
    app = FastAPI(title="calcidect review", openapi_url=None, docs_url=None, redoc_url=None)
    _add_errors(app)
    _add_page(app)

    def case_of(index: str, identity: str | None = None) -> Case:
        """Return a case; with an identity the one that the page was shown, which may not be what is here now."""
        case = cases.get(index)
        if identity is not None and (case is None or case.identity != identity):
            raise another_review()
        if case is None:
            raise not_found("result")
        return case

    @app.get("/api/worklist")
    def listed() -> list[dict[str, Any]]:
        return worklist(cases.values(), None if recorded is None else recorded())

    _add_reading(app, case_of)
    _add_writing(app, case_of)
    return app


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(CalcidectError)
    def of_ours(request: Request, error: CalcidectError) -> JSONResponse:
        return JSONResponse(error_document(error), status_of(error))

    @app.exception_handler(Exception)  # a fault's text may quote a path or the scan
    def of_a_fault(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse(FAULT, 500)

    @app.exception_handler(RequestValidationError)
    def of_a_form(request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse(error_document(_wrong_form(error)), 422)

    @app.exception_handler(HTTPException)
    def of_a_path(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:  # a body that could not be read as JSON at all
            return JSONResponse(error_document(_wrong("body: unreadable.")), 422)
        if error.status_code == 405:
            wrong = RequestRefusedError(
                405,
                "method_refused",
                found="The address does not take this method.",
                expected="Another.",
                remedy="Use it.",
            )
            return JSONResponse(error_document(wrong), 405)
        return JSONResponse(error_document(not_found("address")), error.status_code)


def _wrong_form(error: RequestValidationError) -> RequestRefusedError:
    """Return which part of a request is wrong, without its value."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if isinstance(part, str) and part.isidentifier()) or "body"
    return _wrong(f"{place}: {first['type']}.")


def _wrong(found: str) -> RequestRefusedError:
    return refused("wrong_form", found, "The form that docs/review.md states.")


def _add_page(app: FastAPI) -> None:
    @app.get("/")
    def page() -> Response:
        return _static("index.html")

    @app.get("/static/{path:path}")
    def static(path: str) -> Response:
        return _static(path)


def _static(path: str) -> Response:
    """Return a file of the page; a path that leads elsewhere finds nothing."""
    parts = path.split("/")
    kind = _TYPES.get("." + parts[-1].rpartition(".")[2])
    if kind is None or any(
        part in ("", ".", "..") or {"\\", ":"} & set(part) or part.startswith(".") for part in parts
    ):
        raise not_found("file")
    found = resources.files("calcidect.review").joinpath("static", *parts)
    if not found.is_file():
        raise not_found("file")
    return Response(found.read_bytes(), media_type=kind)


_IDENTITY = Header(alias="x-calcidect-review", pattern="^[0-9a-f]{64}$")
"""Which review the page was shown: ``Case.identity``. Indices are given anew when a server starts."""
Identity = Annotated[str, _IDENTITY]
IdentityIfKnown = Annotated[str | None, _IDENTITY]


class _CaseOf(Protocol):
    """Gives the case of an index; see ``make_app``."""

    def __call__(self, index: str, identity: str | None = None) -> Case: ...


def _add_writing(app: FastAPI, case_of: _CaseOf) -> None:
    @app.post("/api/results/{index}/events")
    def add(index: str, identity: Identity, body: EventBody, request: Request) -> dict[str, Any]:
        return case_of(index, identity).add(body, browser_of(request.scope))

    @app.post("/api/results/{index}/state")
    def set_state(index: str, identity: Identity, body: StateBody, request: Request) -> dict[str, Any]:
        return case_of(index, identity).set_state(body, browser_of(request.scope))

    @app.post("/api/results/{index}/save", status_code=202)
    def save(index: str, identity: Identity) -> dict[str, int]:
        return case_of(index, identity).save()


def _add_reading(app: FastAPI, case_of: _CaseOf) -> None:
    @app.get("/api/results/{index}/save")
    def saving(index: str) -> dict[str, Any]:
        return case_of(index).saving()

    @app.get("/api/results/{index}")
    def result(index: str) -> dict[str, Any]:
        return case_of(index).described()

    @app.get("/api/results/{index}/events")
    def events(
        index: str, after: Annotated[int, Query(ge=0)] = 0, identity: IdentityIfKnown = None
    ) -> list[dict[str, Any]]:
        return case_of(index, identity).events(after)

    @app.get("/api/results/{index}/volumes/{name}")
    def volume(
        index: str,
        name: str,
        level: Literal["coarse", "full"] = "coarse",
        hand: Literal["left", "right"] | None = None,
    ) -> Response:
        return Response(shown.volume(case_of(index), name, level, hand), media_type="application/gzip")

    @app.get("/api/results/{index}/thumbnails/{deposit_id}.png")
    def thumbnail(
        index: str,
        deposit_id: int,
        view: Literal["axial", "coronal"] = "axial",
        overlay: Literal["0", "1"] = "1",
    ) -> Response:
        return Response(
            shown.thumbnail(case_of(index), deposit_id, view, overlay=overlay == "1"), media_type="image/png"
        )

    @app.get("/api/results/{index}/overview.png")
    def overview(index: str) -> Response:
        return Response(shown.overview(case_of(index)), media_type="image/png")

    @app.get("/api/results/{index}/report.html")
    def report(index: str, version: Annotated[str, Query(pattern=r"^\d{0,6}$")] = "") -> Response:
        headers = {"content-security-policy": REPORT_POLICY}
        return Response(shown.report(case_of(index), version), media_type="text/html; charset=utf-8", headers=headers)
