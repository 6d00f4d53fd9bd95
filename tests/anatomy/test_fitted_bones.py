"""Where beside a fitted bone something lies."""

from __future__ import annotations

import pytest

from calcidect.anatomy._fitted_bones import fitted_bones
from support.fitted import rest_hand


@pytest.mark.parametrize("bone", ["capitate", "pisiform", "radius", "metacarpal_3", "distal_phalanx_2"])
def test_palmar_of_a_bone_is_palmar_and_distal_is_along(bone: str) -> None:
    fitted = fitted_bones(rest_hand())[bone]
    palmar, dorsal = fitted.beside(0.5, 0.0, 5.0), fitted.beside(0.5, 180.0, 5.0)
    assert dorsal[2] - palmar[2] > 8.0  # the hand at rest lies along radial, distal and dorsal
    assert fitted.axes[1][1] > 0.7
