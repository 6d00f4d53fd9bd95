"""One result under review: what the algorithm found, what readers made of it, and the versions they saved."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from calcidect.errors import InputRefusedError
from calcidect.geometry import Volume
from calcidect.progress import Progress
from calcidect.result import Result
from calcidect.review._bodies import EventBody, StateBody
from calcidect.review._catalogue import catalogue
from calcidect.review._events import in_force
from calcidect.review._faults import RequestRefusedError
from calcidect.review._folders import folder_hash, refuse_links, review_folder
from calcidect.review._found import Found, Once
from calcidect.review._ground import Ground
from calcidect.review._history import Done, History
from calcidect.review._measured import record_of, reviewed_result
from calcidect.review._rows import rows_of
from calcidect.review._saving import Saving
from calcidect.review._scan import Scan, ScanReading
from calcidect.review._source import confirm_source, identity_of, keep_source
from calcidect.review._state import Start, State
from calcidect.review._versions import last_version, version_names
from calcidect.review._volumes import listed

LONGEST_READER = 64
"""Characters. Our choice: a pseudonym is short."""


class Case:
    """One result under review.

    Parameters
    ----------
    index : str
        By which requests name it: ``r1``.
    folder : Path
        The result folder; never written to.
    reader : str
        Pseudonym of who reviews.
    read_only : bool
        Whether edits are refused.
    blinded : bool
        Whether this is the second reader, who does not see what the first did: another file of events, other versions.
    scan : ScanReading, optional
        The scan, on its way.

    Raises
    ------
    InputRefusedError
        If the folder is no result, it or its review holds links or is damaged, or the review is of another result.
    """

    def __init__(
        self, index: str, folder: Path, reader: str = "reader", *, read_only: bool = False, blinded: bool = False,
        scan: ScanReading | None = None,
    ) -> None:  # fmt: skip
        self.index, self.folder, self.reader = index, folder, reader
        self.read_only, self.blinded = read_only, blinded
        self.reviews = review_folder(folder)
        for part in (folder, self.reviews):
            refuse_links(part)
        self.found = Found(folder)
        self.document = self.found.document
        confirm_source(self.reviews, self.found.source)
        self.identity = identity_of(folder, self.found.source, reader, blinded=blinded)
        self.scan = scan or ScanReading()
        self.versions = self.reviews / ("versions-2" if blinded else "versions")
        self._ground = Once(self._ground_and_start)
        self.history = History(events_file(folder, blinded=blinded), self._ground)
        self._saving = Saving(self.versions)
        self.last_version = last_version(self.versions)
        self._prepared = Once(lambda: Thread(target=self._read_ahead, daemon=True).start())

    def prepare(self) -> None:
        """Begin to read what pictures need, so that nobody waits for it; then the scan."""
        self._prepared()

    def _read_ahead(self) -> None:
        found = self.found
        with suppress(Exception):  # told to whoever asks for it
            found.bone_map()
            if "hydroxyapatite" in found.concentration_steps:
                found.concentration_steps["hydroxyapatite"]()
            found.deposits()
        self.scan.read(found.provenance)

    def _ground_and_start(self) -> tuple[Ground, Start]:
        found = self.found
        rows = {row["deposit_id"]: row for row in self.document["deposits"]}
        ground = Ground(found.grid, found.hands, lambda: found.bone_map().array, found.bone_labels(), rows)
        return ground, Start(found.grid.shape, found.deposits())

    # what readers do

    def add(self, body: EventBody, browser: str) -> dict[str, Any]:
        """Take in what a reader did; return the number of its event, and the rows that it changed."""
        self._begin_to_write()
        return self._answer(self.history.add(body, self.reader, browser))

    def set_state(self, body: StateBody, browser: str) -> dict[str, Any]:
        """Say where the review stands."""
        self._begin_to_write()
        return {**self._answer(self.history.set_state(body, self.reader, browser)), "state": body.state}

    def _begin_to_write(self) -> None:
        """Refuse edits of what is to be looked at only; else keep which result they are about."""
        if self.read_only:
            raise RequestRefusedError(
                403, "read_only", found="The result is open to be looked at only.", expected="No edits.",
                remedy="Start without --read-only.",
            )  # fmt: skip
        keep_source(self.reviews, self.found.source)

    def _answer(self, done: Done) -> dict[str, Any]:
        before, after = done.before.deposits, done.after.deposits
        changed = [n for n in sorted(after) if after[n] != before.get(n)]
        if done.before is done.after:  # sent again: what it made, as it is now
            changed = [n for n in done.event.made if n in after]
        return {
            "seq": done.event.seq,
            "state": self.rows(done.after, changed),
            "gone": [n for n in sorted(before) if n not in after],
        }

    # what is shown

    def events(self, after: int) -> list[dict[str, Any]]:
        """Return the events behind a number."""
        return [event.as_row() for event in self.history.events()[after:]]

    def rows(self, state: State, numbers: Iterable[int]) -> list[dict[str, Any]]:
        """Return rows of deposits as readers left them."""
        return rows_of(state, self._ground()[0], numbers, self.last_version.measured)

    def listed(self) -> dict[str, Any]:
        """Return the case's row of the work list."""
        burden = self._burden()["all"]
        return {
            "id": self.index,
            "identity": self.identity,
            "subject": self.document["study"]["subject_id"],
            "state": self.history.result_state(),
            "deposits": burden["number"],
            "ha_mass_mg": burden["ha_mass_mg"],
            "volume_mm3": burden["volume_mm3"],
            "thumbnail": f"/api/results/{self.index}/overview.png",
        }

    def _burden(self) -> Any:
        return (self.last_version.document or self.document)["burden"]

    def described(self) -> dict[str, Any]:
        """Return all that the page shows of the case beside volumes and pictures."""
        self.prepare()
        document, found = self.document, self.found
        seq, state = self.history.state()
        events = self.history.events()[:seq]
        return {
            "id": self.index,
            "identity": self.identity,
            "subject": document["study"]["subject_id"],
            "pair": document["study"]["pair"],
            "has_scan": self.scan.state != "none",
            "scan_state": self.scan.state,
            "scan_message": self.scan.message,
            "progress": self.scan.fraction,
            "read_only": self.read_only,
            "reader": self.reader,
            "state": self.history.result_state(),
            "seq": seq,
            "events_in_force": [event.seq for event in in_force(events)],
            "dropped_bytes": self.history.dropped_bytes,
            "deposits": self.rows(state, sorted(state.deposits)),
            "bones": [
                {"label": label, "side": meaning.side, "bone": meaning.bone}
                for label, meaning in sorted(found.bone_labels().items())
            ],
            "hands": [{"side": hand.side, "start": hand.start, "size": hand.size} for hand in found.hands],
            "grid": document["grid"],
            "burden": self._burden(),
            "versions": version_names(self.versions),
            "catalogue": catalogue(),
            "warnings": document["warnings"],
            "volumes": listed(
                found.grid,
                found.hands,
                with_low=self.scan.scan is not None,
                with_high=not found.study.single_energy,
            ),
        }

    def bones(self, state: State) -> Volume:
        """Return the bones as readers left them."""
        found = self.found.bone_map()
        array = found.array.copy()
        array.reshape(-1)[state.bones.voxels] = state.bones.labels
        return found.like(array)

    def deposits(self, state: State) -> Volume:
        """Return the deposits as readers left them, rejected ones included."""
        return Volume(state.voxels.dense(state.start.shape), self.found.grid)

    # versions

    def save(self) -> dict[str, int]:
        """Begin to save what was done so far as a version; return the number of the job."""
        self._begin_to_write()
        self.prepare()
        scan = self._scan_to_measure()
        seq, state = self.history.state()
        events = self.history.events()[:seq]

        def make(progress: Progress) -> Result:
            record = record_of(state, events, folder_hash(self.folder), with_scan=scan is not None)
            return reviewed_result(self.found.whole(), self.bones(state), state, scan, record, progress)

        return {"job": self._saving.begin(make, scan, self._saved)}

    def _scan_to_measure(self) -> Scan | None:
        if self.scan.state == "loading":
            raise RequestRefusedError(
                409, "scan_loading", found="The scan is still being read.", expected="A scan that is ready.",
                remedy="Wait until it is, then save again.", events=[],
            )  # fmt: skip
        return self.scan.scan

    def _saved(self) -> None:
        self.last_version = last_version(self.versions)

    def saving(self) -> dict[str, Any]:
        """Return how far the version on its way is."""
        return self._saving.described()


def events_file(folder: Path, *, blinded: bool) -> Path:
    """Return the file of events of a result: the readers' who see each other's, or the blinded second reader's."""
    return review_folder(folder) / ("events-2.jsonl" if blinded else "events.jsonl")


def check_reader(name: str) -> str:
    """Return the name by which a reader is known.

    Raises
    ------
    InputRefusedError
        If it is empty, long, or holds what can't be printed.
    """
    if not name.isprintable() or not 1 <= len(name.strip()) <= LONGEST_READER:
        raise InputRefusedError(
            "reader_unusable",
            found="The name of the reader can't be used.",
            expected=f"A pseudonym of 1 to {LONGEST_READER} printable characters.",
            remedy="Change --reader.",
        )
    return name.strip()
