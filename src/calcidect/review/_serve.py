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
from calcidect.review._case import Case
from calcidect.review._gate import Gate, Keys

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
    port : int
        0: any free one.
    """

    reader: str = "reader"
    read_only: bool = False
    port: int = 0


def serve(results: Sequence[Path], options: ReviewOptions, opened: Callable[[str], None]) -> None:
    """Serve results until the process is interrupted.

    Parameters
    ----------
    results : sequence of Path
        Result folders; never written to.
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
    cases = {f"r{n}": _case(n, folder, options) for n, folder in enumerate(results, start=1)}
    with _listening(options.port) as listener:
        port = int(listener.getsockname()[1])
        keys = Keys()

        def tell() -> None:
            opened(f"http://{LOOPBACK}:{port}/open?token={keys.token}")

        gate = Gate(make_app(cases), port, keys, tell)
        tell()
        config = uvicorn.Config(
            gate, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False,
            date_header=False, timeout_graceful_shutdown=5,
        )  # fmt: skip
        uvicorn.Server(config).run(sockets=[listener])


def _case(number: int, folder: Path, options: ReviewOptions) -> Case:
    return Case(f"r{number}", folder.resolve(), options.reader, read_only=options.read_only)


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # a port whose last server ended a moment ago; elsewhere this would share a port in use
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError:
        listener.close()
        raise UsageError(
            "port_taken", found="The port can't be used.", expected="A free port.", remedy="Leave --port out."
        ) from None
    return listener
