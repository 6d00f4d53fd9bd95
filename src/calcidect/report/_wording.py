"""How names and numbers read in a report: every text comes from one catalogue, ``texts/LANGUAGE.toml``."""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from calcidect.anatomy import Side
from calcidect.findings import Deposit


@dataclass(frozen=True)
class Wording:
    """The texts of one language by name (``section.name``), and the rules by which numbers and names are written."""

    texts: Mapping[str, str]

    def __call__(self, name: str, /, **values: object) -> str:
        """Return a text with its values filled in. Values are never read as patterns.

        Raises
        ------
        KeyError
            If the catalogue has no such text, or the text wants a value that is not given.
        """
        return self.texts[name].format(**values)

    def section(self, name: str) -> dict[str, str]:
        """Return the texts of a section by their own names."""
        start = f"{name}."
        return {key.removeprefix(start): text for key, text in self.texts.items() if key.startswith(start)}

    def count(self, name: str, n: int, /, **values: object) -> str:
        """Return a number of things in words: '1 deposit', '3 deposits'."""
        return self(f"count.{name}.{'one' if n == 1 else 'other'}", n=self.number(n, 0), **values)

    def listed(self, items: Iterable[str]) -> str:
        """Return items in a row."""
        return self("words.list").join(items)

    def counted(self, names: Iterable[str]) -> str:
        """Return each name with how often it is there, in the order of their first ones: 'nodule 6, sheet 1'."""
        return self.listed(self("words.counted", name=name, n=n) for name, n in Counter(names).items())

    def term(self, name: str | None) -> str:
        """Return a word of the result contract as people write it; one that is not known, with spaces."""
        if name is None:
            return self.missing
        if (key := f"terms.{name}") in self.texts:
            return self.texts[key]
        base, _, ray = name.rpartition("_")
        if ray.isdigit() and f"terms.{base}" in self.texts:
            return self("words.of_ray", bone=self.term(base), ray=ray)
        return name.replace("_", " ")

    @property
    def missing(self) -> str:
        """What stands in the place of a value that is not there."""
        return self.texts["words.missing"]

    def number(self, value: float | None, decimals: int = 1) -> str:
        """Return a number with a fixed count of decimals, so that columns align.

        A dash where it is missing; ``<0.1`` where it would be rounded to a zero that it is not.
        """
        if value is None:
            return self.missing
        if value > 0 and round(value, decimals) == 0:
            return self("words.less_than", value=self._as_here(f"{10.0**-decimals:.{decimals}f}"))
        return self._as_here(f"{value:,.{decimals}f}")

    def confidence(self, value: float | None) -> str:
        """Return a probability to two decimals; ``>0.99`` where it would be rounded to certainty."""
        if value is None or round(value, 2) < 1:
            return self.number(value, 2)
        return self("words.more_than", value=self.number(0.99, 2))

    def significant(self, value: float, digits: int = 3) -> str:
        """Return a number with so many digits that count, without zeros at its end; all those before the point."""
        if not value:
            return self.number(value, 0)
        decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
        text = f"{value:,.{decimals}f}"
        return self._as_here(text.rstrip("0").rstrip(".") if decimals else text)

    def _as_here(self, text: str) -> str:
        signless = text.removeprefix("-") if not text.strip("-0.,") else text  # no negative zero
        marks = {",": self.texts["language.thousands"], ".": self.texts["language.decimal"]}
        return "".join(marks.get(letter, letter) for letter in signless)

    def times(self, values: Iterable[float]) -> str:
        """Return ``0.4 × 0.4 × 0.6``."""
        return self("words.times").join(self.significant(value) for value in values)

    def with_sd(self, value: float | None, sd: float | None, decimals: int = 1) -> str:
        """Return ``51.6 ± 3.1``."""
        if value is None or sd is None:
            return self.number(value, decimals)
        return self("words.plus_minus", value=self.number(value, decimals), sd=self.number(sd, decimals))

    def yes_no(self, value: bool | None) -> str:
        """Return yes, no, or a dash where it was not assessed."""
        return self.missing if value is None else self("words.yes" if value else "words.no")

    def hand(self, side: Side | str) -> str:
        """Return 'Right hand'."""
        return self(f"words.{side}_hand")

    def digit(self, side: Side | str, digit: int) -> str:
        """Return 'right index finger'."""
        return self(f"words.of_digit.{side}", digit=self(f"words.digit_{digit}"))

    def bone(self, side: Side | str, bone: str) -> str:
        """Return 'right distal phalanx 2'."""
        return self(f"words.of_bone.{side}", bone=self.term(bone))

    def site(self, deposit: Deposit) -> str:
        """Return where a deposit lies: 'right index finger, distal phalanx, fingertip fat pad'."""
        if deposit.digit:
            first = self.digit(deposit.side, deposit.digit)
        else:
            whole = "words.of_forearm" if deposit.level == "forearm" else "words.of_hand"
            first = self(f"{whole}.{deposit.side}")
        parts = [self.term(part) for part in (deposit.level, deposit.compartment) if part is not None]
        return self.listed([first, *(part for part in dict.fromkeys(parts) if part not in first)])


def load_wording(language: str = "en") -> Wording:
    """Return the wording of a language that has a catalogue.

    Raises
    ------
    FileNotFoundError
        If there is no such catalogue.
    """
    file = resources.files("calcidect.report").joinpath("texts", f"{language}.toml")
    return Wording(dict(_flat("", tomllib.loads(file.read_text(encoding="utf-8")))))


def _flat(start: str, tree: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(f"{start}{name}.", value)
        else:
            yield f"{start}{name}", str(value)
