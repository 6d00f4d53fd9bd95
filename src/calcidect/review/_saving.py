"""Save a reviewed version beside the result: in the background, whole or not at all, never over an older one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Literal

from calcidect.errors import CalcidectError, UsageError
from calcidect.progress import Progress
from calcidect.report import write_report
from calcidect.result import Result, write_images, write_result
from calcidect.review._faults import RequestRefusedError
from calcidect.review._scan import Scan
from calcidect.review._versions import version_names

SaveState = Literal["none", "running", "done", "failed"]
_MEASURING = 0.8
"""Share of the time, for the bar alone; the rest is the report."""


class Saving:
    """At most one version at a time on its way.

    Parameters
    ----------
    versions : Path
        Folder of versions; made with the first.
    """

    def __init__(self, versions: Path) -> None:
        self._versions = versions
        self._lock = Lock()
        self._job, self._state = 0, "none"
        self._fraction, self._step, self._message, self._version = 0.0, "", "", ""

    def described(self) -> dict[str, Any]:
        """Return how far it is."""
        return {
            "state": self._state,
            "fraction": self._fraction,
            "step": self._step,
            "version": self._version,
            "message": self._message,
        }

    def begin(self, make: Callable[[Progress], Result], scan: Scan | None, done: Callable[[], None]) -> int:
        """Start; return the number of the job.

        Raises
        ------
        RequestRefusedError
            409 if one is on its way.
        """
        with self._lock:
            if self._state == "running":
                raise RequestRefusedError(
                    409, "saving", found="A version is on its way.", expected="One at a time.",
                    remedy="Wait until it is done.", events=[],
                )  # fmt: skip
            self._job += 1
            self._state, self._fraction, self._step, self._message, self._version = "running", 0.0, "", "", ""
        Thread(target=self._run, args=(make, scan, done), daemon=True).start()
        return self._job

    def _run(self, make: Callable[[Progress], Result], scan: Scan | None, done: Callable[[], None]) -> None:
        try:
            result = make(self._progress)
            self._fraction, self._step = _MEASURING, "report"
            self._version = self._write(result, scan)
            done()
        except CalcidectError as error:
            self._message, self._state = str(error), "failed"
        except Exception as fault:  # its text may quote the scan
            self._message = f"calcidect failed by a fault of its own ({type(fault).__name__}); nothing was saved."
            self._state = "failed"
        else:
            self._fraction, self._state = 1.0, "done"

    def _progress(self, step: str, fraction: float) -> None:
        self._fraction, self._step = _MEASURING * fraction, step

    def _write(self, result: Result, scan: Scan | None) -> str:
        """Write the next version; another server may take a number first."""

        def add(folder: Path) -> None:
            if scan is not None:
                write_images(scan.study, scan.maps.slice_path_cm, scan.settings.materials, folder)
            write_report(result, None if scan is None else scan.study.low, folder)

        while True:
            name = f"{max(map(int, version_names(self._versions)), default=0) + 1:03d}"
            try:
                write_result(result, self._versions / name, extra=add)
            except UsageError as error:
                if error.code != "output_exists":
                    raise
            else:
                return name
