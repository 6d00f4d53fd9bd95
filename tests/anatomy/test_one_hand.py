"""Which pieces of mineral are bone: by their look, or as the network reads them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from calcidect.anatomy import BONES
from calcidect.anatomy._bone_network import DEPOSIT, ReadBox
from calcidect.anatomy._one_hand import _not_bone

SHAPE = (20, 20, 40)
TIP, SHAFT = (BONES.index(name) + 1 for name in ("distal_phalanx_4", "middle_phalanx_4"))
SHAFT_AT, PIECE_AT = np.s_[5:15, 5:15, 2:16], np.s_[5:15, 5:15, 22:32]


def is_bone(read_in_piece: dict[int, float], read_in_shaft: int = SHAFT) -> bool:
    """Return what a piece beside a bone is, shares of which are read as these classes; the rest is read as nothing."""
    labels, read = np.zeros(SHAPE, np.int32), np.zeros(SHAPE, np.uint8)
    labels[SHAFT_AT], labels[PIECE_AT] = 1, 2
    read[SHAFT_AT] = read_in_shaft
    within, start = np.zeros(labels[PIECE_AT].size, np.uint8), 0
    for label, share in read_in_piece.items():
        within[start : start + int(share * within.size)] = label
        start += int(share * within.size)
    read[PIECE_AT] = within.reshape(labels[PIECE_AT].shape)
    pieces = (SimpleNamespace(label=1, kind="bone"), SimpleNamespace(label=2, kind="deposit"))
    nothing = np.zeros(SHAPE, bool)
    scan = cast(Any, SimpleNamespace(labels=labels, pieces=pieces))
    left = [piece.label for piece in _not_bone(scan, ReadBox(read, nothing, nothing))]
    assert left in ([], [2])
    return not left


@pytest.mark.parametrize(("read", "expected"), [
    ({SHAFT: 0.95}, True), ({TIP: 0.5}, True), ({TIP: 0.5, DEPOSIT: 0.3}, False), ({TIP: 0.2}, False),
    ({SHAFT: 0.5}, False), ({DEPOSIT: 0.6}, False), ({}, False),
], ids=[
    "speck of spongy bone", "all of a fingertip", "in part a deposit", "little", "like the shaft", "deposit", "unread",
])  # fmt: skip
def test_a_piece_is_bone_if_read_so_throughout_or_if_it_is_most_of_a_bone(
    read: dict[int, float], expected: bool
) -> None:
    assert is_bone(read) == expected


def test_a_nodule_read_like_the_bone_beside_it_is_none() -> None:
    assert not is_bone({TIP: 0.4}, read_in_shaft=TIP)


def test_without_mineral_there_is_no_piece() -> None:
    nothing = np.zeros(SHAPE, np.uint8)
    scan = cast(Any, SimpleNamespace(labels=nothing.astype(np.int32), pieces=()))
    assert _not_bone(scan, ReadBox(nothing, nothing > 0, nothing > 0)) == []
