"""What was trained and is shipped."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray

from calcidect.anatomy import _trained
from calcidect.anatomy._deposit_trees import deposit_likelihood
from calcidect.anatomy._mineral_signs import Signs


def likelihood_of(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return deposit_likelihood(Signs(np.zeros((len(values), 3), int), (1, 1, 1), np.ones(3), values, ()))


def sign_count() -> int:
    (signs,) = _trained.session_of("deposits.onnx").get_inputs()
    return int(signs.shape[1])


def test_trees_give_likelihoods_also_where_signs_are_not_told() -> None:
    values = np.random.default_rng(1).normal(0, 1, (50, sign_count())).astype(np.float32)
    values[:5] = np.nan
    likelihood = likelihood_of(values)
    assert likelihood.shape == (50,)
    assert ((likelihood >= 0) & (likelihood <= 1)).all()
    assert np.ptp(likelihood) > 0


def test_trees_refuse_another_number_of_signs() -> None:
    with pytest.raises(Exception, match=r"(?i)invalid dimensions"):
        likelihood_of(np.zeros((2, sign_count() - 1), np.float32))


def test_no_mineral_has_no_likelihood() -> None:
    assert likelihood_of(np.zeros((0, sign_count()), np.float32)).shape == (0,)


def test_results_name_network_and_trees_by_one_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {"bones.onnx": b"network", "deposits.onnx": b"trees"}
    monkeypatch.setattr(_trained, "_contents", contents.__getitem__)
    assert _trained.network_sha256() == hashlib.sha256(b"networktrees").hexdigest()
