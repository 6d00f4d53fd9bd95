"""What was trained and is shipped."""

from __future__ import annotations

import numpy as np

from calcidect.anatomy._deposit_trees import deposit_likelihood
from calcidect.anatomy._mineral_signs import Signs
from calcidect.anatomy._trained import network_sha256, session_of


def test_trees_take_the_signs_that_are_told_and_give_likelihoods() -> None:
    (signs,) = session_of("deposits.onnx").get_inputs()
    values = np.random.default_rng(1).normal(0, 1, (50, signs.shape[1])).astype(np.float32)
    values[:5, 3] = np.nan
    likelihood = deposit_likelihood(Signs(np.zeros((50, 3), int), (1, 1, 1), np.ones(3), values, ()))
    assert likelihood.shape == (50,)
    assert ((likelihood >= 0) & (likelihood <= 1)).all()


def test_no_mineral_has_no_likelihood() -> None:
    nothing = np.zeros((0, 55), np.float32)
    assert deposit_likelihood(Signs(np.zeros((0, 3), int), (1, 1, 1), np.ones(3), nothing, ())).shape == (0,)


def test_results_name_what_was_trained_by_one_hash() -> None:
    assert len(network_sha256()) == 64
