"""The scan that a result was made of, read again in the background, so that what readers change can be measured."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from calcidect._calibrating import calibrated
from calcidect._version import __version__
from calcidect.anatomy import HandAnatomy, find_hands, network_sha256
from calcidect.api import recorded_settings
from calcidect.errors import CalcidectError, InputRefusedError
from calcidect.materials import MaterialMaps, decompose
from calcidect.progress import Progress, silent
from calcidect.result import Provenance
from calcidect.settings import Settings
from calcidect.study import Study, read_study

ScanState = Literal["none", "loading", "ready", "failed"]

_SHARES = {"study": 0.2, "materials": 0.2, "anatomy": 0.6}
"""Of the time that reading takes, on a simulated hand; for the bar alone."""


@dataclass(frozen=True, eq=False)
class Scan:
    """A scan as the analysis saw it."""

    study: Study
    maps: MaterialMaps
    anatomy: HandAnatomy
    settings: Settings


def read_scan(
    source: Path, provenance: Provenance, settings: Settings | None = None, progress: Progress = silent
) -> Scan:
    """Read the scan of a result, with the result's own settings.

    Parameters
    ----------
    source : Path
        DICOM folder, archive or file.
    provenance : Provenance
        Of the result.
    settings : Settings, optional
        Needed where they name files, of which a result keeps the name alone.
    progress : callable
        Told ``study``, ``materials`` and ``anatomy`` with the fraction done.

    Raises
    ------
    InputRefusedError
        If it is another scan, or the result was made by other settings or another version.
    """
    settings = settings or settings_of(provenance.settings)
    _confirm_program(provenance, settings)
    study = read_study(source, settings.study, _part("study", progress))
    if study.input_hash != provenance.input_hash:
        raise _another(
            "scan_of_another_result", "The scan is not the one that the result was made of.", "Its own scan."
        )
    study, calibration = calibrated(study, settings)
    maps = decompose(study, settings, _part("materials", progress), calibration)
    return Scan(study, maps, find_hands(maps, settings, _part("anatomy", progress)), settings)


def _part(name: str, progress: Progress) -> Progress:
    return lambda step, fraction: progress(name, fraction)


def settings_of(rows: Sequence[dict[str, Any]]) -> Settings:
    """Return the settings that a result keeps.

    Raises
    ------
    InputRefusedError
        If they name a file: where it lies is not kept.
    """
    values: dict[str, Any] = {}
    for row in rows:
        if row["unit"] == "file" and row["value"]:
            raise _another(
                "settings_needed", "The result was made with a file of calibration or inserts.", "The settings with it."
            )
        *groups, name = str(row["name"]).split(".")
        place = values
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = row["value"]
    return Settings.model_validate(values)


def _confirm_program(provenance: Provenance, settings: Settings) -> None:
    """Refuse what would not give the numbers of the result for what nobody changed."""
    if (provenance.program_version, provenance.network) != (__version__, network_sha256()):
        raise _another("result_of_another_version", "Another version of calcidect made the result.", "This version.")
    kept, now = (
        json.dumps([[row["name"], row["value"]] for row in rows])
        for rows in (provenance.settings, recorded_settings(settings))
    )
    if kept != now:
        raise _another("other_settings", "The result was made with other settings.", "The settings of the result.")


def _another(code: str, found: str, expected: str) -> InputRefusedError:
    return InputRefusedError(
        code,
        found=found,
        expected=expected,
        remedy="Give --settings or --scan that belong to it, or analyse the scan again.",
    )


class ScanReading:
    """A scan on its way: read by a thread, asked for by others.

    Parameters
    ----------
    source : Path or None
        None: there is no scan.
    settings : Settings or None
        See ``read_scan``.
    """

    def __init__(self, source: Path | None = None, settings: Settings | None = None) -> None:
        self._source, self._settings = source, settings
        self.state: ScanState = "none" if source is None else "loading"
        self.message, self.fraction = "", 0.0
        self.scan: Scan | None = None

    def read(self, provenance: Callable[[], Provenance]) -> None:
        """Read it, if there is one; what hinders that is told by ``state``."""
        if self._source is None:
            return
        try:
            self.scan = read_scan(self._source, provenance(), self._settings, self._progress)
        except CalcidectError as error:
            self.state, self.message = "failed", str(error)
        except Exception as fault:  # its text may quote the scan
            self.state, self.message = "failed", f"calcidect failed by a fault of its own ({type(fault).__name__})."
        else:
            self.fraction, self.state = 1.0, "ready"

    def _progress(self, step: str, fraction: float) -> None:
        before = sum(share for name, share in _SHARES.items() if list(_SHARES).index(name) < list(_SHARES).index(step))
        self.fraction = before + _SHARES[step] * fraction
        self.message = step
