"""What the algorithm found: each part of a result folder is read when it is first asked for, and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, Literal, TypeVar, get_args

from calcidect.errors import InputRefusedError
from calcidect.result import Result, ResultParts, read_result
from calcidect.review._source import source_of
from calcidect.review._voxels import SparseLabels

Crystal = Literal["hydroxyapatite", "urate"]
CRYSTALS: tuple[Crystal, ...] = get_args(Crystal)
T = TypeVar("T")


class Once(Generic[T]):
    """What is worked out when it is first asked for, once, however many ask at the same time; a failure is tried again.

    Parameters
    ----------
    work : callable
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work, self._lock = work, Lock()
        self._made: tuple[T] | None = None

    def __call__(self) -> T:
        with self._lock:
            if self._made is None:
                self._made = (self._work(),)
            return self._made[0]


class Found:
    """What the algorithm found in one result.

    Volumes of a hand at full resolution take half a second each, and the first look at a list needs few of them.

    Parameters
    ----------
    folder : Path
        The result folder; never written to.

    Attributes
    ----------
    source : str
        Which result it is: SHA-256 of its ``findings.json``.
    document : dict
        ``findings.json``.
    bone_labels, bone_map, provenance : callable
        As of ``ResultParts``.
    deposits : callable
        Gives the voxels of deposits.
    concentration_steps : dict
        By crystal what gives its map, in steps of ``CONCENTRATION_STEP_MG_PER_CM3``.

    Raises
    ------
    InputRefusedError
        If the folder is no result; of each part if it is damaged, or ``result_changed``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self.source = folder, source_of(folder)
        parts = self._of_source(lambda: ResultParts(folder))
        self.document, self.grid = parts.document, parts.grid
        self.study, self.hands = parts.study, parts.hands
        self.bone_labels = self._once(parts.bone_labels)
        self.bone_map = self._once(parts.bone_map)
        self.provenance = self._once(parts.provenance)
        self.deposits = self._once(lambda: SparseLabels.of(parts.deposit_map().array))
        self.concentration_steps: dict[str, Once[SparseLabels]] = {}
        if not self.study.single_energy:
            self.concentration_steps = {crystal: self._steps(parts, crystal) for crystal in CRYSTALS}

    def whole(self) -> Result:
        """Return all of it, read anew."""
        return self._of_source(lambda: read_result(self._folder))

    def _steps(self, parts: ResultParts, crystal: Crystal) -> Once[SparseLabels]:
        return self._once(lambda: SparseLabels.of(parts.concentration_steps(crystal).array))

    def _once(self, read: Callable[[], T]) -> Once[T]:
        return Once(lambda: self._of_source(read))

    def _of_source(self, read: Callable[[], T]) -> T:
        """Return what is read, if the folder still holds the same result behind it: folders are replaced whole."""
        found = read()
        if source_of(self._folder) != self.source:
            raise InputRefusedError(
                "result_changed",
                found="The result is another one than when the server was started.",
                expected="The result that was opened.",
                remedy="Start calcidect review again.",
            )
        return found
