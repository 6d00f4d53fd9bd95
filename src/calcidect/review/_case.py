"""One result under review: what the algorithm found, and what readers made of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

from calcidect.geometry import Volume
from calcidect.report import PlaneView
from calcidect.result import Result, read_document, read_result
from calcidect.review._bodies import EventBody, StateBody
from calcidect.review._catalogue import catalogue
from calcidect.review._edits import Ground
from calcidect.review._events import in_force
from calcidect.review._faults import RequestRefusedError, not_found, refused
from calcidect.review._folders import read_inside, refuse_links, review_folder
from calcidect.review._history import Done, History
from calcidect.review._pictures import MAP_WINDOW_MG_PER_CM3, overview, thumbnail
from calcidect.review._rows import rows_of
from calcidect.review._state import Start, State
from calcidect.review._volumes import CONCENTRATIONS, LABELS, coarse, listed, of_hand, packed
from calcidect.review._voxels import SparseLabels


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
    """

    def __init__(self, index: str, folder: Path, reader: str = "", *, read_only: bool = False) -> None:
        refuse_links(folder)
        self.index, self.folder, self.reader, self.read_only = index, folder, reader, read_only
        self.document = read_document(folder)
        self._lock = RLock()
        own = review_folder(folder)
        refuse_links(own)
        self.history = History(own / "events.jsonl", lambda: self._ground)
        self._measured: dict[int, tuple[tuple[int, ...], dict[str, Any]]] = {}

    @cached_property
    def _loaded(self) -> Result:
        return read_result(self.folder)

    @property
    def result(self) -> Result:
        """What the algorithm found; read when it is first needed."""
        with self._lock:
            return self._loaded

    @cached_property
    def _ground(self) -> tuple[Ground, Start]:
        result = self.result
        rows = {row["deposit_id"]: row for row in self.document["deposits"]}
        ground = Ground(result.bone_map.grid, result.hands, result.bone_map.array, result.bone_labels, rows)
        return ground, Start(result.deposit_map.array.shape, SparseLabels.of(result.deposit_map.array))

    def add(self, body: EventBody, browser: str) -> dict[str, Any]:
        """Take in what a reader did; return the number of its event, and the rows that it changed."""
        self._refuse_if_read_only()
        return self._answer(self.history.add(body, self.reader, browser))

    def set_state(self, body: StateBody, browser: str) -> dict[str, Any]:
        """Say where the review stands."""
        self._refuse_if_read_only()
        return {**self._answer(self.history.set_state(body, self.reader, browser)), "state": body.state}

    def _refuse_if_read_only(self) -> None:
        if self.read_only:
            raise RequestRefusedError(
                403, "read_only", found="The result is open to be looked at only.", expected="No edits.",
                remedy="Start without --read-only.",
            )  # fmt: skip

    def _answer(self, done: Done) -> dict[str, Any]:
        before, after = done.before.deposits, done.after.deposits
        changed = [n for n in sorted(after) if after[n] != before.get(n)]
        if done.event.made and done.before is done.after:  # sent again: what it made, as it is now
            changed = [n for n in done.event.made if n in after]
        return {
            "seq": done.event.seq,
            "state": self._rows(done.after, changed),
            "gone": [n for n in sorted(before) if n not in after],
        }

    def _rows(self, state: State, numbers: Iterable[int]) -> list[dict[str, Any]]:
        return rows_of(state, self._ground[0], numbers, self._measured)

    def events(self, after: int) -> list[dict[str, Any]]:
        """Return the events behind a number."""
        return [event.as_row() for event in self.history.events()[after:]]

    def row(self) -> dict[str, Any]:
        """Return the case's row of the work list."""
        burden = self.document["burden"]["all"]
        return {
            "id": self.index,
            "subject": self.document["study"]["subject_id"],
            "state": self.history.result_state(),
            "deposits": burden["number"],
            "ha_mass_mg": burden["ha_mass_mg"],
            "volume_mm3": burden["volume_mm3"],
            "thumbnail": f"/api/results/{self.index}/overview.png",
        }

    def described(self) -> dict[str, Any]:
        """Return all that the page shows of the case beside volumes and pictures."""
        document, result = self.document, self.result
        seq, state = self.history.state()
        events = self.history.events()[:seq]
        return {
            "id": self.index,
            "subject": document["study"]["subject_id"],
            "pair": document["study"]["pair"],
            "has_scan": False,
            "scan_state": "none",
            "scan_message": "",
            "progress": 0.0,
            "read_only": self.read_only,
            "reader": self.reader,
            "state": self.history.result_state(),
            "seq": seq,
            "events_in_force": [event.seq for event in in_force(events)],
            "dropped_bytes": self.history.dropped_bytes,
            "deposits": self._rows(state, sorted(state.deposits)),
            "bones": [
                {"label": label, "side": meaning.side, "bone": meaning.bone}
                for label, meaning in sorted(result.bone_labels.items())
            ],
            "hands": [{"side": hand.side, "start": hand.start, "size": hand.size} for hand in result.hands],
            "grid": document["grid"],
            "burden": document["burden"],
            "catalogue": catalogue(),
            "warnings": document["warnings"],
            "volumes": listed(
                result.bone_map.grid, result.hands, with_images=False, with_maps=result.concentrations is not None
            ),
        }

    def volume(self, name: str, level: str, hand: str | None) -> bytes:
        """Return a volume as ``.nii.gz``."""
        whole = self._whole(name)
        if level == "coarse":
            return packed(name, coarse(whole, labels=name in LABELS))
        facts = next((facts for facts in self.result.hands if facts.side == hand), None)
        if facts is None:
            raise not_found("hand")
        return packed(name, of_hand(whole, facts))

    def _whole(self, name: str) -> Volume:
        result = self.result
        if name == "deposits":
            _, state = self.history.state()
            return result.deposit_map.like(state.voxels.dense(state.start.shape))
        if name == "bones":
            return self._bones(self.history.state()[1])
        if name in CONCENTRATIONS and result.concentrations is not None:
            return result.concentrations.volume("hydroxyapatite" if name == "hydroxyapatite" else "urate")
        raise refused("no_scan", "The scan is not there.", "A volume that the result lists.", "Start with --scan.")

    def _bones(self, state: State) -> Volume:
        """Return the bones as readers left them."""
        bones = self.result.bone_map
        if not len(state.bones.voxels):
            return bones
        array = bones.array.copy()
        array.reshape(-1)[state.bones.voxels] = state.bones.labels
        return bones.like(array)

    def thumbnail(self, deposit_id: int, view: PlaneView, *, overlay: bool) -> bytes:
        """Return a picture of a deposit as PNG."""
        result = self.result
        _, state = self.history.state()
        if deposit_id not in state.deposits:
            raise not_found("deposit")
        (row,) = self._rows(state, [deposit_id])
        image = result.bone_map if result.concentrations is None else self._whole("hydroxyapatite")
        return thumbnail(
            image, self._bones(state), self._whole("deposits"), deposit_id, row["material"], view, overlay,
            MAP_WINDOW_MG_PER_CM3,
        )  # fmt: skip

    def overview(self) -> bytes:
        """Return a picture of the hands as PNG."""
        names = [path.name for path in sorted(self.folder.glob("images/coronal_*.png"), reverse=True)]
        return overview([read_inside(self.folder, "images", name) for name in names or ["hand_map.png"]])

    def report(self) -> bytes:
        """Return the report as one HTML page."""
        return read_inside(self.folder, "report.html")
