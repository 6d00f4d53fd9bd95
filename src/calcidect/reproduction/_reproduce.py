"""The study from end to end: simulate, analyse, join, compare."""

from __future__ import annotations

from calcidect.progress import Progress, silent
from calcidect.reproduction._cases import Refusal, analyze_people, simulate_people
from calcidect.reproduction._outcome import Outcome, make_outcome
from calcidect.reproduction._work import Work


def reproduce(
    work: Work, *, simulate_only: bool = False, processes: int = 2, progress: Progress = silent
) -> tuple[Outcome | None, list[Refusal]]:
    """Make the study, or go on where it was left.

    Scans and results that are there are kept; tables, figures and the comparison are made anew.

    Parameters
    ----------
    work : Work
    simulate_only : bool
        Stop once the scans are there.
    processes : int
        At a time; each may take 3 GB.
    progress : callable

    Returns
    -------
    Outcome or None
        None where only scans were made.
    list of dict
        Scans that could not be made or analysed: person, code, found, expected, remedy.

    Raises
    ------
    UsageError
        If the folder holds another study.
    InputRefusedError
        If no scan could be analysed.
    OutputError
        If something can't be written.
    """
    work.claim()
    refused = simulate_people(work, processes, progress)
    if simulate_only:
        return None, refused
    refused += analyze_people(work, processes, progress)
    progress("joining and comparing", 0.0)
    outcome = make_outcome(work)
    progress("joining and comparing", 1.0)
    return outcome, refused
