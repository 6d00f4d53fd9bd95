"""How likely mineral in contact with bone is a deposit: boosted trees that weigh its signs (`_mineral_signs`).

They were trained on simulated hands alone, whose truth is known; on which, and how, is in ``scripts/deposit_trees``.
"""

from __future__ import annotations

import numpy as np

from calcidect.anatomy._mineral_signs import Signs, Values
from calcidect.anatomy._trained import session_of


def deposit_likelihood(signs: Signs) -> Values:
    """Return, for every place, 0 (bone) to 1 (deposit)."""
    if not len(signs.values):
        return np.zeros(0, np.float32)
    (of_both,) = session_of("deposits.onnx").run(["probabilities"], {"signs": signs.values})
    return np.asarray(of_both[:, 1], np.float32)
