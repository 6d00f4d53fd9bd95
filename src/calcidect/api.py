"""From a scan to its result: the one walk through the rooms."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from calcidect._calibrating import calibrated
from calcidect.anatomy import find_hands, network_sha256
from calcidect.findings import measure
from calcidect.materials import decompose
from calcidect.progress import Progress, silent
from calcidect.report import write_report
from calcidect.result import Provenance, Result, StepCost, assemble, check_target, write_images, write_result
from calcidect.settings import Settings
from calcidect.study import Study, read_study


def analyze(study: Study, settings: Settings | None = None, progress: Progress = silent) -> Result:
    """Measure one study. Nothing is written.

    Parameters
    ----------
    study : Study
        A scan of two energies, or of one, from ``read_study``.
    settings : Settings, optional
        The defaults if not given.
    progress : callable
        Told the name of each step and the fraction of it that is done.

    Raises
    ------
    StudyRefusedError
        If the scan does not show what is needed, such as a hand.
    InputRefusedError
        If a file of a calibration or of inserts that the settings name can't be used.
    """
    return _walk(study, settings or Settings(), progress, _Costs())[0]


def analyze_folder(
    source: Path,
    out: Path,
    settings: Settings | None = None,
    *,
    force: bool = False,
    progress: Progress = silent,
) -> Result:
    """Read a DICOM folder, measure it, and write the result folder with its report, whole or not at all.

    Parameters
    ----------
    source : Path
        Folder, zip archive or enhanced CT file with one study. It is never written to.
    out : Path
        Result folder to make.
    settings : Settings, optional
        The defaults if not given.
    force : bool
        Replace an existing result folder.
    progress : callable
        Told the name of each step and the fraction of it that is done.

    Raises
    ------
    UsageError
        If ``out`` exists and ``force`` is false, or it touches the input.
    StudyRefusedError
        If the scan can't be used.
    OutputError
        If the result could not be written whole.
    """
    settings = settings or Settings()
    check_target(out, force=force, input_folder=source)
    costs = _Costs()
    with costs.of("study"):
        study = read_study(source, settings.study, progress)
    result, paths_cm = _walk(study, settings, progress, costs)
    progress("result and report", 0.0)

    def add(folder: Path) -> None:
        write_images(study, paths_cm, settings.materials, folder)
        write_report(result, study.low, folder)

    write_result(
        result,
        out,
        force=force,
        extra=add,
        input_folder=source,
    )
    progress("result and report", 1.0)
    return result


def _walk(study: Study, settings: Settings, progress: Progress, costs: _Costs) -> tuple[Result, tuple[float, ...]]:
    """Return the result, and the water path in each slice."""
    with costs.of("materials"):
        study, calibration = calibrated(study, settings)
        maps = decompose(study, settings, progress, calibration)
    with costs.of("anatomy"):
        anatomy = find_hands(maps, settings, progress)
    with costs.of("findings"):
        findings = measure(maps, anatomy, settings, progress)
    provenance = Provenance(
        settings=tuple(recorded_settings(settings)),
        input_hash=study.input_hash,
        calibration=maps.sensitivity.source
        if maps.sensitivity
        else "none (one energy gives no concentration and no mass)",
        steps=tuple(costs.steps),
        network=network_sha256(),
    )
    return assemble(study, maps, anatomy, findings, provenance), maps.slice_path_cm


def recorded_settings(settings: Settings) -> list[dict[str, Any]]:
    """Return the settings for the result: of files the name alone, since folders may be named after people."""
    return [{**row, "value": Path(row["value"]).name} if row["unit"] == "file" else row for row in settings.described()]


class _Costs:
    """Collects what each step took."""

    def __init__(self) -> None:
        self.steps: list[StepCost] = []

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        """Time a step; its memory is the most that the process has held up to its end."""
        start = time.perf_counter()
        yield
        self.steps.append(StepCost(step, time.perf_counter() - start, _peak_mib()))


def _peak_mib() -> float | None:
    """Return the most memory that this process has held so far, or None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 2**20 if sys.platform == "darwin" else 2**10  # getrusage(2): bytes on macOS, KiB elsewhere
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
