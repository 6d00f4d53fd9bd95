"""Edits that change voxels: split, merge, paint, erase, and bones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcidect.review._bodies import EventBody
from calcidect.review._cut import nearer_to_second
from calcidect.review._drafts import Draft, Drafting, deposit_of, nothing_else
from calcidect.review._events import Event
from calcidect.review._faults import RequestRefusedError, refused
from calcidect.review._ground import Ground
from calcidect.review._labels import labels_of
from calcidect.review._state import State
from calcidect.review._voxels import Voxels, decode, encode

MOST_DEPOSITS = 65_535
"""The largest number that a uint16 label holds."""


def _split(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    nothing_else(body, "after")
    number = deposit_of(body.target, state)
    seeds, distance = _seeds(body.after or {})
    own = state.voxels.of_label(number)
    cut = nearer_to_second(own, ground.grid, seeds, geodesic=distance == "geodesic")
    made = _next_number(state, events)
    return Draft(
        before={"voxels": len(own)},
        after={"seeds": seeds.tolist(), "distance": distance},
        voxels=encode(cut, ground.grid.shape),
        made=(made,),
        touches=(f"d{number}", f"d{made}"),
    )


def _seeds(after: dict[str, Any]) -> tuple[NDArray[np.float64], str]:
    expected = 'after: {"seeds": [[x, y, z], [x, y, z]], "distance": "geodesic" or "straight"}; LPS, mm.'
    distance = after.get("distance", "geodesic")
    try:
        seeds = np.array(after["seeds"], np.float64)
    except (KeyError, ValueError, TypeError, OverflowError):
        raise refused("seeds_wrong", "The two points are missing, or no numbers.", expected) from None
    right = seeds.shape == (2, 3) and np.isfinite(seeds).all() and np.abs(seeds).max() < 1e5
    if not right or distance not in ("geodesic", "straight") or not set(after) <= {"seeds", "distance"}:
        raise refused("seeds_wrong", "The two points are not as they must be.", expected)
    return seeds, distance


def _merge(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    nothing_else(body)
    targets = body.target if isinstance(body.target, list) else []
    numbers = [deposit_of(target, state) for target in targets]
    if len(set(numbers)) < 2 or len(set(numbers)) < len(numbers):
        raise refused("merge_of_one", "Fewer than two deposits are named, or one twice.", "Two or more, each once.")
    if len({ground.label_of(state, number, "side") for number in numbers}) > 1:
        raise refused("merge_of_hands", "The deposits lie in different hands.", "Deposits of one hand.")
    before = {"voxels": [len(state.voxels.of_label(number)) for number in numbers]}
    return Draft(before=before, touches=tuple(f"d{number}" for number in numbers))


def _paint(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    voxels, box = _stroke(body, ground)
    there = state.voxels.at(voxels)
    taken = tuple(f"d{n}" for n in sorted(set(there.tolist()) - {0}))
    bones = tuple(f"b{n}" for n in sorted(set(ground.bone_at(state, voxels).tolist()) - {0}))
    if body.target == "new":
        nothing_else(body, "voxels", "after")
        made = _next_number(state, events)
        after = {"side": ground.side_at(voxels), **labels_of(body.after)}
        if after["side"] is None:
            raise refused("outside", "The voxels lie in no hand.", "Voxels in the box of a hand.")
        return Draft(None, after, box, (made,), (f"d{made}", *taken, *bones))
    nothing_else(body, "voxels")
    number = deposit_of(body.target, state)
    if (there == number).all():
        raise _nothing_changes()
    before = {"voxels": len(state.voxels.of_label(number))}
    return Draft(before, None, box, (), tuple(dict.fromkeys((f"d{number}", *taken, *bones))))


def _erase(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    nothing_else(body, "voxels")
    number = deposit_of(body.target, state)
    voxels, box = _stroke(body, ground)
    if not (state.voxels.at(voxels) == number).any():
        raise _nothing_changes()
    return Draft({"voxels": len(state.voxels.of_label(number))}, None, box, (), (f"d{number}",))


def _bone_paint(body: EventBody, ground: Ground, state: State, events: Sequence[Event]) -> Draft:
    nothing_else(body, "voxels")
    voxels, box = _stroke(body, ground)
    label = body.target
    if not isinstance(label, int) or (label and label not in ground.bone_labels):
        raise refused("bone_unknown", "There is no such bone.", "A label of `bones`, or 0 for none.")
    there = ground.bone_at(state, voxels)
    if (there == label).all():
        raise _nothing_changes()
    bones = [f"b{n}" for n in sorted({*there.tolist(), label} - {0})]
    deposits = [f"d{n}" for n in sorted(set(state.voxels.at(voxels).tolist()) - {0})] if label else []
    return Draft(None, None, box, (), (*bones, *deposits))


def _stroke(body: EventBody, ground: Ground) -> tuple[Voxels, dict[str, Any]]:
    if body.voxels is None:
        raise refused("voxels_wrong", "No voxels are given.", "A box on the grid with runs that fill it.")
    box = body.voxels
    return decode(box.start, box.shape, box.rle, ground.grid.shape), box.model_dump()


def _nothing_changes() -> RequestRefusedError:
    return refused("nothing_changes", "The voxels are so already.", "Voxels of which some change.")


def _next_number(state: State, events: Sequence[Event]) -> int:
    """Return a number that no deposit ever had, undone ones included, so that a number means one thing for ever."""
    used = {*state.start.voxels.present(), *(made for event in events for made in event.made)}
    number = max(used, default=0) + 1
    if number > MOST_DEPOSITS:
        raise refused("too_many", "There are too many deposits.", f"At most {MOST_DEPOSITS}.")
    return number


OF_SHAPES: dict[str, Drafting] = {
    "split": _split,
    "merge": _merge,
    "paint": _paint,
    "erase": _erase,
    "bone_paint": _bone_paint,
}
