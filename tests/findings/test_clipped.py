"""Stones that end at the top of the stored range keep their mass, and are told."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.findings._clipped import Clipping, clipped_both_notices, fill_clipped, with_clipping
from calcidect.findings._region import Amounts, amounts
from calcidect.phantom._attenuation import Tissue
from calcidect.phantom._scenario import parse_pair
from calcidect.settings import FindingsSettings
from support.deposits import Block, block


def measured(stone: Block, maximum_hu: float = 3071.0) -> tuple[Amounts, Clipping]:
    around, clipping = fill_clipped(
        stone.around, stone.sensitivity, (maximum_hu, maximum_hu), stone.tissue.host_hu
    )  # fmt: skip
    found = amounts(around, stone.line, stone.sensitivity, stone.tissue, FindingsSettings())
    return with_clipping(found, clipping), clipping


@pytest.mark.parametrize(("name", "host", "thickness_mm"), [
    ("70/Sn150", Tissue.FAT, 0.6), ("70/Sn150", Tissue.MUSCLE, 1.0), ("80/Sn150", Tissue.FAT, 1.0),
    ("80/140", Tissue.FAT, 1.0), ("80/140", Tissue.MUSCLE, 0.6),
])  # fmt: skip
def test_a_stone_of_1500_mg_keeps_its_mass_and_is_never_urate(name: str, host: Tissue, thickness_mm: float) -> None:
    stone = block(parse_pair(name), 5.0, ha=1500.0, host=host, thickness_mm=thickness_mm)
    found, clipping = measured(stone)
    assert clipping.flags == ("clipped",)
    assert found.ha_mass_mg == pytest.approx(stone.mass_mg, rel=0.05)
    assert found.classification is not None
    assert found.classification.material == "hydroxyapatite"
    lost, _ = measured(stone, np.inf)
    assert found.ha_mass_mg is not None
    assert lost.ha_mass_mg is not None
    assert lost.ha_mass_mg < found.ha_mass_mg


def test_the_standard_deviation_holds_what_was_filled_in() -> None:
    stone = block(parse_pair("70/Sn150"), 5.0, ha=1500.0)
    filled, clipping = measured(stone)
    whole, _ = measured(block(parse_pair("70/Sn150"), 5.0, ha=1500.0, maximum_hu=9999.0), 9999.0)
    assert clipping.share > 0.3
    assert filled.ha_mass_sd_mg is not None
    assert whole.ha_mass_sd_mg is not None
    assert filled.ha_mass_sd_mg > 1.1 * whole.ha_mass_sd_mg
    assert filled.ha_mass_mg == pytest.approx(whole.ha_mass_mg, rel=0.03)


def test_where_both_energies_end_the_mass_is_told_to_be_a_lower_bound() -> None:
    stone = block(parse_pair("80/140"), 5.0, ha=2400.0)
    found, clipping = measured(stone)
    assert clipping.flags == ("clipped", "clipped_both")
    assert found.ha_mass_mg is not None
    assert found.ha_mass_mg < stone.mass_mg
    (notice,) = clipped_both_notices([(), clipping.flags])
    assert notice.code == "deposits_clipped"
    assert "1 deposit reaches" in notice.message


def test_what_is_not_clipped_is_left_as_it_is() -> None:
    stone = block(parse_pair("80/140"), 4.0, ha=800.0)
    around, clipping = fill_clipped(stone.around, stone.sensitivity, (3071.0, 3071.0), stone.tissue.host_hu)
    assert around is stone.around
    assert clipping.flags == ()
    assert clipped_both_notices([()]) == ()


def test_one_energy_tells_that_a_stone_is_clipped_but_fills_nothing_in() -> None:
    from dataclasses import replace

    stone = block(parse_pair("80/140"), 4.0, ha=1500.0)
    around, clipping = fill_clipped(replace(stone.around, high=None), None, (3071.0,), (50.0,))
    assert clipping.flags == ("clipped",)
    assert float(around.low.max()) == 3071.0
