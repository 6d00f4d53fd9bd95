"""The folder in which the study is made: a case and a result for each person, each whole or not there.

::

    study.json          which scenarios, quick or not; another study is refused
    cases/P01/          dicom/ and truth/
    results/P01/        of `calcidect analyze`
    outcome/            record, tables, figures and the comparison; made anew each time
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from calcidect.errors import OutputError, UsageError
from calcidect.reproduction._people import PEOPLE, fingerprint
from calcidect.result import write_whole_file


@dataclass(frozen=True)
class Work:
    """Where a study is made, and of whom.

    Parameters
    ----------
    folder : Path
    people : tuple of str
        Of `PEOPLE`.
    quick : bool
        One hand in coarse slices instead of two.

    Raises
    ------
    UsageError
        If nobody, or somebody unknown, is named.
    """

    folder: Path
    people: tuple[str, ...] = PEOPLE
    quick: bool = False

    def __post_init__(self) -> None:
        if not self.people or not set(self.people) <= set(PEOPLE):
            raise UsageError(
                "people_unknown", found="Nobody, or somebody unknown, is named.",
                expected=f"Some of {', '.join(PEOPLE)}.", remedy="Change --people, or leave it away.",
            )  # fmt: skip

    def case(self, person: str) -> Path:
        """Return the place of a person's simulated scan."""
        return self.folder / "cases" / person

    def result(self, person: str) -> Path:
        """Return the place of its analysis."""
        return self.folder / "results" / person

    @property
    def outcome(self) -> Path:
        """The place of what comes out."""
        return self.folder / "outcome"

    @property
    def simulated(self) -> tuple[str, ...]:
        """Those whose scan is there."""
        return tuple(person for person in self.people if self.case(person).is_dir())

    @property
    def analysed(self) -> tuple[str, ...]:
        """Those whose result is there."""
        return tuple(person for person in self.people if self.result(person).is_dir())

    def claim(self) -> None:
        """Take the folder for this study.

        Raises
        ------
        UsageError
            If another study was begun in it: of other scenarios, or quick where this one is not.
        OutputError
            If it can't be written to.
        """
        wanted = {"quick": self.quick, "scenarios": {person: fingerprint(person) for person in PEOPLE}}
        path = self.folder / "study.json"
        try:
            if path.exists():
                begun = json.loads(path.read_text(encoding="utf-8"))
            else:
                begun = wanted
                write_whole_file(path, (json.dumps(wanted, indent=1) + "\n").encode())
        except (OSError, ValueError) as error:
            raise OutputError(
                "work_unusable", found="The folder of the study can't be used.",
                expected="A folder that can be written to, with a sound study.json or none.",
                remedy="Give another --work.",
            ) from error  # fmt: skip
        if begun != wanted:
            raise UsageError(
                "another_study", found="The folder holds a study of other scenarios, or of other hands.",
                expected="A folder of this study, quick or not as it was begun.", remedy="Give another --work.",
            )  # fmt: skip
