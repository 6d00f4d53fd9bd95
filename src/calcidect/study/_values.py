"""Plain values of a header's elements, each run of bytes converted once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom import Dataset

_LARGEST_NUMBER = 1e9  # no length, voltage or size of a CT image comes near: beyond it, the file is damaged

Numbers = tuple[float, ...]


class Values:
    """Plain values of one header, or of one frame of it.

    Converting an element is what costs time in reading thousands of headers, and nearly all elements of a series
    are equal: each run of bytes is converted once, and the result remembered in ``memory``.

    Parameters
    ----------
    dataset : Dataset
        The header.
    memory : dict
        What was converted before; shared by all headers of a folder.
    elsewhere : mapping of int to (Dataset, int), optional
        Tags whose value stands in another dataset, and under which tag: the functional groups of a multi-frame object.
    """

    def __init__(
        self,
        dataset: Dataset,
        memory: dict[tuple[object, ...], Any],
        elsewhere: Mapping[int, tuple[Dataset, int]] | None = None,
    ) -> None:
        self.dataset, self.memory = dataset, memory
        self._elements = {int(tag): element for tag, element in dataset.items()}  # not yet converted
        self._elsewhere = elsewhere or {}
        for tag, (owner, own_tag) in self._elsewhere.items():
            self._elements[tag] = owner.get_item(own_tag)

    def text(self, tag: int) -> str:
        """Return the value as text, several joined by backslashes; empty if absent."""
        text: str = self._remembered("text", tag, _as_text)
        return text

    def numbers(self, tag: int) -> Numbers | None:
        """Return finite numbers, or None if absent or no numbers."""
        numbers: Numbers | None = self._remembered("numbers", tag, _as_numbers)
        return numbers

    def vector(self, tag: int, length: int) -> Numbers | None:
        """Return so many finite numbers, or None."""
        numbers = self.numbers(tag)
        return numbers if numbers and len(numbers) == length else None

    def number(self, tag: int) -> float | None:
        """Return one finite number, or None."""
        numbers = self.vector(tag, 1)
        return numbers[0] if numbers else None

    def items(self, tag: int) -> list[Dataset]:
        """Return the items of a sequence; none if absent."""
        return list(self._value(tag) or ()) if tag in self._elements else []

    def _value(self, tag: int) -> Any:
        owner, own_tag = self._elsewhere.get(tag, (self.dataset, tag))
        return owner[own_tag].value

    def _remembered(self, kind: str, tag: int, convert: Callable[[Any], Any]) -> Any:
        element = self._elements.get(tag)
        if element is None:
            return convert(None)
        key = kind, tag, str(element.VR), _bytes_of(element)
        if key not in self.memory:
            self.memory[key] = convert(self._value(tag))
        return self.memory[key]


def _bytes_of(element: Any) -> bytes | str:
    """Return what tells two values of one element apart."""
    value = getattr(element, "value", None)
    return value if isinstance(value, bytes) else str(value)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    is_list = isinstance(value, list | tuple) or type(value).__name__ == "MultiValue"
    return "\\".join(map(str, value)) if is_list else str(value).strip()


def _as_numbers(value: Any) -> Numbers | None:
    if value is None or value == "":
        return None
    several = value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
    try:
        numbers = tuple(float(item) for item in several)
    except (TypeError, ValueError):
        return None
    return numbers if all(abs(number) < _LARGEST_NUMBER for number in numbers) else None  # false of NaN, too
