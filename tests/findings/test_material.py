"""What a deposit is made of, where its host is not the same on both sides."""

from __future__ import annotations

import pytest

from calcidect.findings._region import amounts
from calcidect.phantom._attenuation import Tissue
from calcidect.phantom._scenario import parse_pair
from calcidect.settings import FindingsSettings
from support.deposits import block


@pytest.mark.parametrize(("pair", "diameter_mm", "crystal", "told"), [
    ("40/140keV", 3.8, {"msu": 800.0}, "urate"), ("80/140", 3.6, {"msu": 500.0}, "urate"),
    ("80/140", 3.6, {"ha": 200.0}, "hydroxyapatite"),
])  # fmt: skip
def test_on_a_border_of_fat_and_tendon_the_crystal_is_told(
    pair: str, diameter_mm: float, crystal: dict[str, float], told: str
) -> None:
    """The line from fat to tendon runs through the deposit's own voxels, and at 40/140 keV bends urate's."""
    one = block(
        parse_pair(pair), diameter_mm, host=Tissue.FAT, beyond=Tissue.TENDON, noise_hu=(20.0, 15.0), seed=2, **crystal
    )
    found = amounts(one.around, one.line, one.sensitivity, one.tissue, FindingsSettings())
    assert found.classification is not None
    assert found.classification.material == told
