"""A result folder in parts: who needs little of it does not wait for the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from calcidect.anatomy import BoneLabel
from calcidect.geometry import Volume
from calcidect.result._document import grid_of, hands_of, study_of
from calcidect.result._nifti import read_labels
from calcidect.result._read import bone_labels_in, provenance_in, read_document, refusing_unreadable
from calcidect.result._types import Provenance, check_bones, check_deposits


class ResultParts:
    """The parts of a result folder. ``findings.json`` is read at once, each other part at every call.

    Parameters
    ----------
    folder : Path
        As ``write_result`` made it.

    Attributes
    ----------
    document : dict
        ``findings.json``.
    grid : Grid
        Of all volumes.
    study : StudyFacts
    hands : tuple of HandFacts

    Raises
    ------
    InputRefusedError
        As of ``read_result``; of each method if its part is missing, damaged, or does not belong to the rest.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.document: dict[str, Any] = read_document(folder)
        with refusing_unreadable():
            self.grid, self.study = grid_of(self.document), study_of(self.document)
            self.hands = hands_of(self.document)

    def bone_labels(self) -> dict[int, BoneLabel]:
        """Return what each label of a bone means."""
        with refusing_unreadable():
            return bone_labels_in(self._folder)

    def bone_map(self) -> Volume:
        """Return the labels of bones, uint8."""
        with refusing_unreadable():
            bones = read_labels(self._folder / "bones.nii.gz", self.grid)
            check_bones(bones, bone_labels_in(self._folder))
        return bones

    def deposit_map(self) -> Volume:
        """Return the deposits, uint16, voxel value = ``deposit_id``."""
        with refusing_unreadable():
            deposits = read_labels(self._folder / "deposits.nii.gz", self.grid)
            check_deposits(deposits, [row["deposit_id"] for row in self.document["deposits"]])
        return deposits

    def concentration_steps(self, crystal: Literal["hydroxyapatite", "urate"]) -> Volume:
        """Return a material map, uint16, in steps of ``CONCENTRATION_STEP_MG_PER_CM3``."""
        with refusing_unreadable():
            return read_labels(self._folder / "materials" / f"{crystal}.nii.gz", self.grid)

    def provenance(self) -> Provenance:
        """Return how the result came to be."""
        with refusing_unreadable():
            return provenance_in(self._folder)
