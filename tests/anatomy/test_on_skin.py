"""Objects on the skin are told from deposits under it, and from such as break through it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from calcidect.anatomy._on_skin import find_on_skin
from support.fitted import SPACING_MM, parts

SHAPE = (60, 60, 60)
K, J, I = np.indices(SHAPE) * SPACING_MM[0]  # noqa: E741
FINGER = np.hypot(J - 18, I - 18) < 9  # along k, its skin at j = 9 mm


def block(middle_j_mm: float, edges_mm: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Return a block over the finger's middle."""
    at = (K - 18, J - middle_j_mm, I - 18)
    return np.all([np.abs(a) < e / 2 for a, e in zip(at, edges_mm, strict=True)], axis=0)


def is_on_skin(mineral: NDArray[np.bool_]) -> bool:
    return len(find_on_skin(parts(mineral), FINGER | mineral, SPACING_MM)) == 1


@pytest.mark.parametrize(("middle_j_mm", "edges_mm"), [
    (7.0, (5.0, 4.0, 5.0)), (7.8, (12.0, 2.0, 7.0)), (6.0, (2.5, 5.0, 2.5)),
], ids=["lump", "dressing", "peg"])  # fmt: skip
def test_a_block_on_the_skin_is_an_object(middle_j_mm: float, edges_mm: tuple[float, float, float]) -> None:
    assert is_on_skin(block(middle_j_mm, edges_mm))


def test_a_ring_round_the_finger_is_an_object() -> None:
    away = np.hypot(J - 18, I - 18)
    assert is_on_skin((away > 9) & (away < 11.5) & (np.abs(K - 18) < 2.5))


@pytest.mark.parametrize(("middle_j_mm", "edges_mm"), [
    (13.0, (4.0, 4.0, 4.0)), (11.5, (4.0, 4.0, 4.0)), (10.5, (5.0, 5.0, 5.0)), (9.5, (5.0, 7.0, 5.0)),
], ids=["deep", "just below", "through", "half out"])  # fmt: skip
def test_a_deposit_in_the_skin_is_none(middle_j_mm: float, edges_mm: tuple[float, float, float]) -> None:
    assert not is_on_skin(block(middle_j_mm, edges_mm))
