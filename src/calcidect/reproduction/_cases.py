"""The long steps: simulate each scan, analyse each scan. What is there already is not made again.

Each case and each result appears whole or not at all, so that a killed run goes on with the next one. A process makes
one of them and ends: its memory, up to 3 GB, is then free.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from calcidect.api import analyze_folder
from calcidect.errors import CalcidectError
from calcidect.phantom import simulate
from calcidect.progress import Progress
from calcidect.reproduction._people import scenario_of
from calcidect.reproduction._work import Work

Refusal = dict[str, str]
"""What a `CalcidectError` says, with the person."""


def simulate_people(work: Work, processes: int, progress: Progress) -> list[Refusal]:
    """Simulate the scans that are not there; return what was refused."""
    jobs = [(person, work.quick, work.case(person)) for person in work.people if not work.case(person).is_dir()]
    return _in_processes(_simulate, jobs, "simulating", processes, progress)


def analyze_people(work: Work, processes: int, progress: Progress) -> list[Refusal]:
    """Analyse the scans whose result is not there; return what was refused."""
    waiting = [p for p in work.people if work.case(p).is_dir() and not work.result(p).is_dir()]
    jobs = [(person, work.case(person) / "dicom", work.result(person)) for person in waiting]
    return _in_processes(_analyze, jobs, "analysing", processes, progress)


def _simulate(person: str, quick: bool, case: Path) -> Refusal | None:
    case.parent.mkdir(parents=True, exist_ok=True)
    return _told(person, lambda: simulate(scenario_of(person, quick=quick), case))


def _analyze(person: str, dicom: Path, result: Path) -> Refusal | None:
    return _told(person, lambda: analyze_folder(dicom, result))


def _told(person: str, work: Callable[[], object]) -> Refusal | None:
    """Do it; return what was refused, as plain values, which go from one process to another."""
    try:
        work()
    except CalcidectError as error:
        return {"person": person, **error.as_dict()}
    return None


def _in_processes(
    function: Callable[..., Refusal | None],
    jobs: Sequence[tuple[object, ...]],
    step: str,
    processes: int,
    progress: Progress,
) -> list[Refusal]:
    """Do the jobs, some at a time, each in a process of its own."""
    if not jobs:
        return []
    progress(step, 0.0)
    fresh = multiprocessing.get_context("spawn")  # forked processes may hang in libraries that have threads
    with ProcessPoolExecutor(min(processes, len(jobs)), fresh, max_tasks_per_child=1) as pool:
        running = [pool.submit(function, *job) for job in jobs]
        try:
            refused = []
            for done, one in enumerate(as_completed(running), start=1):
                refused.append(one.result())
                progress(step, done / len(jobs))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [refusal for refusal in refused if refusal is not None]
