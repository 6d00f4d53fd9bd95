"""The exception tree.

::

    CalcidectError
    ├── UsageError            exit code 2   the call itself is wrong
    ├── InputRefusedError     exit code 3   the scan, case or settings can't be used; nothing was written
    │   └── StudyRefusedError               the same, of a DICOM study
    └── OutputError           exit code 3   the result could not be written whole, so it was not written

Every error carries a stable ``code`` and says what was found, what was expected and what to do. No message
holds a patient's name, id or date.
"""

from __future__ import annotations

from dataclasses import dataclass

EXIT_DONE, EXIT_FAULT, EXIT_USAGE, EXIT_REFUSED, EXIT_PARTLY = 0, 1, 2, 3, 4


class CalcidectError(Exception):
    """Root of all errors that calcidect raises on purpose.

    Parameters
    ----------
    code : str
        Stable, machine-readable name, snake_case.
    found, expected, remedy : str
        One sentence each: what was found, what was expected, what to do.
    """

    exit_code = EXIT_FAULT

    def __init__(self, code: str, *, found: str, expected: str, remedy: str) -> None:
        self.code, self.found, self.expected, self.remedy = code, found, expected, remedy
        super().__init__(f"{found} Expected: {expected} What to do: {remedy}")

    def as_dict(self) -> dict[str, str]:
        """Return the error as the JSON object printed with ``--json``."""
        return {"code": self.code, "found": self.found, "expected": self.expected, "remedy": self.remedy}


class UsageError(CalcidectError):
    """The call itself is wrong."""

    exit_code = EXIT_USAGE


class InputRefusedError(CalcidectError):
    """The input can't be used; nothing was written."""

    exit_code = EXIT_REFUSED


class StudyRefusedError(InputRefusedError):
    """A DICOM study can't be used; nothing was written."""


class OutputError(CalcidectError):
    """The result could not be written whole, so none of it was kept."""

    exit_code = EXIT_REFUSED


@dataclass(frozen=True)
class Notice:
    """A coded warning that travels with the result.

    Parameters
    ----------
    code : str
        Stable name, snake_case.
    message : str
        One sentence for people, without identifiers.
    effect : str
        Which number it touches, and how.
    """

    code: str
    message: str
    effect: str = ""
