"""One file that appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

from calcidect.errors import OutputError, UsageError
from calcidect.result import write_whole_file


def write_file(path: Path, data: bytes, *, force: bool) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    UsageError
        If the file exists and ``force`` is false.
    OutputError
        If it can't be written; an older file stays as it was.
    """
    if path.exists() and not force:
        raise UsageError(
            "file_exists",
            found="The file exists already.",
            expected="A name that is not taken.",
            remedy="Give another name, or replace it with --force.",
        )
    try:
        write_whole_file(path, data)
    except OSError as error:
        raise OutputError(
            "output_failed",
            found=f"The file could not be written: {error.strerror or type(error).__name__}.",
            expected="A place where this account may write.",
            remedy="Choose another place.",
        ) from None
