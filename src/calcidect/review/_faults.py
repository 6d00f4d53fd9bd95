"""Why a request is refused, in the one form that every answer of the server has."""

from __future__ import annotations

from typing import Any

from calcidect.errors import CalcidectError


class RequestRefusedError(CalcidectError):
    """A request can't be answered; nothing was changed.

    Parameters
    ----------
    status : int
        HTTP status.
    code, found, expected, remedy : str
        As of every error of calcidect. None of them quotes what was asked.
    **more
        What else the answer holds, such as the events that are in the way.
    """

    def __init__(self, status: int, code: str, *, found: str, expected: str, remedy: str, **more: Any) -> None:
        super().__init__(code, found=found, expected=expected, remedy=remedy)
        self.status, self.more = status, more


def error_document(error: CalcidectError) -> dict[str, Any]:
    """Return ``{error, found, expected, remedy}``, and what else a refused request tells."""
    more = error.more if isinstance(error, RequestRefusedError) else {}
    return {"error": error.code, "found": error.found, "expected": error.expected, "remedy": error.remedy, **more}


def status_of(error: CalcidectError) -> int:
    """Return the HTTP status of an error; of one of the rooms below 422."""
    return error.status if isinstance(error, RequestRefusedError) else 422


def not_found(what: str) -> RequestRefusedError:
    """Return the error that there is no such thing."""
    return RequestRefusedError(
        404,
        "not_found",
        found=f"There is no such {what}.",
        expected="One that the server has named.",
        remedy="Load the page anew.",
    )


def another_review() -> RequestRefusedError:
    """Return the error of an edit that was made on what this server does not have at that address."""
    return RequestRefusedError(
        409,
        "another_review",
        found="The server was started anew, and this address is now that of another result or reader.",
        expected="An edit of what the page was shown.",
        remedy="Nothing was changed. Load the page anew.",
    )


def refused(code: str, found: str, expected: str, remedy: str = "Correct it and send it again.") -> RequestRefusedError:
    """Return the error of a request that makes no sense for what it is about."""
    return RequestRefusedError(422, code, found=found, expected=expected, remedy=remedy)


def not_kept(found: str) -> RequestRefusedError:
    """Return the error of what could not be written."""
    return RequestRefusedError(
        507,
        "not_kept",
        found=found,
        expected="A place with room where this account may write.",
        remedy="Nothing was changed. Make room, then send it again.",
    )
