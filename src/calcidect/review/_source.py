"""Which result a review is of: kept beside its events, so that they are never read over another analysis.

Events name deposits by their numbers. A scan that is analysed again may number them otherwise, and every edit would
then be about another deposit.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from filelock import FileLock, Timeout

from calcidect.errors import InputRefusedError
from calcidect.result import write_whole_file
from calcidect.review._faults import not_kept
from calcidect.review._folders import refuse_link
from calcidect.review._log import LOCK_SECONDS

_FILE, _LOCK = "source.json", "source.json.lock"


def source_of(result: Path) -> str:
    """Return the SHA-256 of a result's ``findings.json``, empty without one; the same analysis gives the same bytes."""
    try:
        return hashlib.sha256((result / "findings.json").read_bytes()).hexdigest()
    except OSError:
        return ""


def identity_of(folder: Path, source: str, reader: str, *, blinded: bool) -> str:
    """Return what tells one review from another: its folder, the result in it, and who reads.

    Indices of results are given anew when a server starts. A page that goes on at the same address says with each edit
    which review it was shown, so that none reaches another.
    """
    names = (str(folder.resolve()), source, reader, "second" if blinded else "first")
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()


def confirm_source(reviews: Path, source: str) -> None:
    """Refuse a review that was made of another result.

    Raises
    ------
    InputRefusedError
        ``review_of_another_result``.
    """
    try:
        kept = json.loads((reviews / _FILE).read_text(encoding="utf-8"))["findings_sha256"]
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError):
        kept = None
    if kept != source:
        raise InputRefusedError(
            "review_of_another_result",
            found="The review beside the result was made of another one.",
            expected="The result that was reviewed, as it was then.",
            remedy="Put that result back, or move the folder of the review elsewhere and begin anew.",
        )


def keep_source(reviews: Path, source: str) -> None:
    """Write down which result is reviewed, before the first edit of it.

    Raises
    ------
    RequestRefusedError
        507 if it could not be written.
    InputRefusedError
        If a link would be written through, or another server has begun a review of another result there.
    """
    refuse_link(reviews, reviews / _FILE, reviews / _LOCK)
    if not (reviews / _FILE).exists():
        try:
            _write_once(reviews, source)
        except Timeout:
            raise not_kept("Another process begins the review, and does not end.") from None
        except OSError as error:
            raise not_kept(f"The review could not be begun: {error.strerror or 'the disk failed'}.") from error
    confirm_source(reviews, source)


def _write_once(reviews: Path, source: str) -> None:
    """Write it if nobody has: of several servers the first, so that none writes over what another began."""
    reviews.mkdir(parents=True, exist_ok=True)
    with FileLock(reviews / _LOCK, timeout=LOCK_SECONDS):
        if not (reviews / _FILE).exists():
            write_whole_file(reviews / _FILE, json.dumps({"findings_sha256": source}).encode() + b"\n")
