"""One result under review: what the algorithm found, and what readers made of it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any

from calcidect.geometry import Volume
from calcidect.report import PlaneView
from calcidect.result import Result, read_document, read_result
from calcidect.review._catalogue import catalogue
from calcidect.review._faults import not_found, refused
from calcidect.review._folders import read_inside, refuse_links
from calcidect.review._pictures import MAP_WINDOW_MG_PER_CM3, overview, thumbnail
from calcidect.review._volumes import CONCENTRATIONS, LABELS, coarse, listed, of_hand, packed


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

    @cached_property
    def _loaded(self) -> Result:
        return read_result(self.folder)

    @property
    def result(self) -> Result:
        """What the algorithm found; read when it is first needed."""
        with self._lock:
            return self._loaded

    def row(self) -> dict[str, Any]:
        """Return the case's row of the work list."""
        burden = self.document["burden"]["all"]
        return {
            "id": self.index,
            "subject": self.document["study"]["subject_id"],
            "state": "new",
            "deposits": burden["number"],
            "ha_mass_mg": burden["ha_mass_mg"],
            "volume_mm3": burden["volume_mm3"],
            "thumbnail": f"/api/results/{self.index}/overview.png",
        }

    def described(self) -> dict[str, Any]:
        """Return all that the page shows of the case beside volumes and pictures."""
        document, result = self.document, self.result
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
            "state": "new",
            "seq": 0,
            "deposits": [{**row, "review": {"state": "unreviewed", "changed": []}} for row in document["deposits"]],
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
            return result.deposit_map
        if name == "bones":
            return result.bone_map
        if name in CONCENTRATIONS and result.concentrations is not None:
            return result.concentrations.volume("hydroxyapatite" if name == "hydroxyapatite" else "urate")
        raise refused("no_scan", "The scan is not there.", "A volume that the result lists.", "Start with --scan.")

    def thumbnail(self, deposit_id: int, view: PlaneView, *, overlay: bool) -> bytes:
        """Return a picture of a deposit as PNG."""
        result = self.result
        row = next((row for row in self.document["deposits"] if row["deposit_id"] == deposit_id), None)
        if row is None:
            raise not_found("deposit")
        image = result.bone_map if result.concentrations is None else self._whole("hydroxyapatite")
        return thumbnail(
            image, result.bone_map, result.deposit_map, deposit_id, row["material"], view, overlay,
            MAP_WINDOW_MG_PER_CM3,
        )  # fmt: skip

    def overview(self) -> bytes:
        """Return a picture of the hands as PNG."""
        names = [path.name for path in sorted(self.folder.glob("images/coronal_*.png"), reverse=True)]
        return overview([read_inside(self.folder, "images", name) for name in names or ["hand_map.png"]])

    def report(self) -> bytes:
        """Return the report as one HTML page."""
        return read_inside(self.folder, "report.html")
