"""Open results for review, and serve them on this machine alone."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from calcidect.errors import UsageError
from calcidect.review._app import make_app
from calcidect.review._case import Case, check_reader
from calcidect.review._gate import Gate, Keys
from calcidect.review._scan import ScanReading
from calcidect.review._worklist import recorded_scans, result_folders
from calcidect.settings import Settings

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class ReviewOptions:
    """How results are opened.

    Parameters
    ----------
    reader : str
        Pseudonym of who reviews; stands in every event.
    read_only : bool
        Whether edits are refused.
    blinded : bool
        Whether the reader is the second one, who does not see what the first did.
    scan : Path or None
        What the one result was made of; read in the background.
    settings : Settings or None
        Of the result, where they name files.
    registry : str or None
        Database whose people and visits the work list shows.
    port : int
        0: any free one.
    """

    reader: str = "reader"
    read_only: bool = False
    blinded: bool = False
    scan: Path | None = None
    settings: Settings | None = None
    registry: str | None = None
    port: int = 0


def serve(results: Sequence[Path], options: ReviewOptions, opened: Callable[[str], None]) -> None:
    """Serve results until the process is interrupted.

    Parameters
    ----------
    results : sequence of Path
        Result folders, or folders of them; never written to.
    options : ReviewOptions
    opened : callable
        Told the link that opens the application; again after each use, since a link works once.

    Raises
    ------
    InputRefusedError
        If a folder is no result.
    UsageError
        If the port is taken.
    """
    cases = open_cases(results, options)
    recorded = None if options.registry is None else recorded_scans(options.registry)
    with _listening(options.port) as listener:
        port = int(listener.getsockname()[1])
        keys = Keys()

        def tell() -> None:
            opened(f"http://{LOOPBACK}:{port}/open?token={keys.token}")

        gate = Gate(make_app(cases, recorded), port, keys, tell)
        if len(cases) == 1:  # the one that will be opened is read before it is asked for, and its scan begun
            cases["r1"].prepare()
        tell()
        config = uvicorn.Config(
            gate, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False,
            date_header=False, timeout_graceful_shutdown=5,
        )  # fmt: skip
        uvicorn.Server(config).run(sockets=[listener])


def open_cases(results: Sequence[Path], options: ReviewOptions) -> dict[str, Case]:
    """Return results as the server knows them, by the index that requests use."""
    reader = check_reader(options.reader)
    folders = result_folders(results)
    if options.scan is not None and len(folders) != 1:
        raise UsageError(
            "scan_of_one", found="A scan is given for several results.", expected="One result with its scan.",
            remedy="Review them one at a time, or leave --scan out.",
        )  # fmt: skip
    return {
        f"r{n}": Case(
            f"r{n}", folder, reader, read_only=options.read_only, blinded=options.blinded,
            scan=ScanReading(options.scan, options.settings),
        )
        for n, folder in enumerate(folders, start=1)
    }  # fmt: skip


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # a port whose last server ended a moment ago; elsewhere this would share a port in use
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen()  # before the link is told: a browser may be faster than the server
    except OSError:
        listener.close()
        raise UsageError(
            "port_taken", found="The port can't be used.", expected="A free port.", remedy="Leave --port out."
        ) from None
    return listener
