from dataclasses import replace

import numpy as np
import pytest

from calcidect.geometry import Grid
from calcidect.materials import QUANTITIES, Concentrations

GRID = Grid((4, 3, 2), (1.0, 1.0, 1.0))
ONE, TWO = (np.array([value, value], np.float32) for value in (1.0, 2.0))
FOUND = Concentrations(GRID, np.array([3, 17]), ONE, TWO, 3 * ONE, 4 * ONE)


@pytest.mark.parametrize(("quantity", "value"), list(zip(QUANTITIES, (1, 2, 3, 4), strict=True)))
def test_each_quantity_lies_at_its_voxels(quantity, value) -> None:
    array = FOUND.volume(quantity).array
    assert (array.reshape(-1)[[3, 17]] == value).all()
    assert np.count_nonzero(array) == 2


def test_a_part_lies_at_its_place_in_the_whole() -> None:
    whole = Grid((9, 8, 7), (1.0, 1.0, 1.0))
    array = FOUND.placed_in(whole, (3, 2, 1)).volume("urate").array
    assert np.array_equal(array[1:3, 2:5, 3:7], FOUND.volume("urate").array)
    assert np.count_nonzero(array) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"voxels": np.array([17, 3])},
        {"voxels": np.array([3, 24])},
        {"voxels": np.array([3, 4, 5])},
        {"urate": ONE.astype(float)},
        {"urate": -ONE},
        {"hydroxyapatite_sd": np.float32(np.nan) * ONE},
    ],
)
def test_what_cannot_be_is_refused(change) -> None:
    with pytest.raises(ValueError, match=r"must rise|solved voxel needs|negative"):
        replace(FOUND, **change)
