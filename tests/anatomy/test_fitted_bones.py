"""Where beside a fitted bone something lies."""

from __future__ import annotations

import numpy as np
import pytest

from calcidect.anatomy import BONES
from calcidect.anatomy._fitted_bones import fitted_bones
from calcidect.anatomy._hand_model import load_hand_model, volumes_mm3
from calcidect.anatomy._name_bones import distance_to
from support.fitted import rest_hand, surface


@pytest.mark.parametrize("bone", ["capitate", "pisiform", "radius", "metacarpal_3", "distal_phalanx_2"])
def test_palmar_of_a_bone_is_palmar_and_distal_is_along(bone: str) -> None:
    fitted = fitted_bones(rest_hand())[bone]
    palmar, dorsal = fitted.beside(0.5, 0.0, 5.0), fitted.beside(0.5, 180.0, 5.0)
    assert dorsal[2] - palmar[2] > 8.0  # the hand at rest lies along radial, distal and dorsal
    assert fitted.axes[1][1] > 0.7


@pytest.mark.parametrize(("name", "about_mm3"), [("distal_phalanx_5", 146), ("pisiform", 466)])
def test_a_bone_has_its_size_on_the_models_coarse_and_fine_grids(name: str, about_mm3: float) -> None:
    """Expected: the volumes of the filled meshes (docs/method/phantom.md); rounding takes a tenth of a thin one."""
    model, hand, n = load_hand_model(), rest_hand(), BONES.index(name)
    assert volumes_mm3(model, hand.found.posed)[n] == pytest.approx(about_mm3, rel=0.15)
    away = distance_to(model, hand.found, n, surface(name))
    assert np.abs(away).max() < 0.5
    assert np.median(np.abs(away)) < 0.15
