"""Train and export: ``python -m scripts.deposit_trees --cache DIR --out DIR`` on a processor, with LightGBM 4.

Needs lightgbm, onnx, onnxmltools and skl2onnx beside this package; none is needed to use what it makes. Each hand of
``HANDS`` is simulated and walked once and kept in ``DIR/cases`` and ``DIR/signs``: some two minutes each, so that a
run that was cut off goes on. Training takes minutes. ``--test`` holds back one hand in four, four times, and prints
what the trees call each. ``OUT/deposits.onnx`` belongs into ``src/calcidect/anatomy/data``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .export import export
from .hands import collected

HANDS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("apart", (1, 2, 5)), ("contact", (1, 2, 3, 4, 5, 6, 7, 8)), ("destructive", (1, 2, 3, 4, 5, 6, 7, 8)),
    ("erosions", (1, 2, 3, 4, 5, 6, 7, 8, 9)), ("healthy", (1, 2, 4, 7)), ("mixed", (1, 2, 3, 4, 5, 6, 7, 8)),
    ("fine erosions", (22,)), ("other healthy", (100, 102, 103, 104, 105, 106)),
    ("other lysis", (100, 101, 102, 103, 104, 105, 106, 107)), ("other mixed", (100, 101, 102, 103, 104, 106)),
    ("other touching", (100, 101, 102, 103, 104, 105, 106, 107, 121, 123, 125, 127)),
)  # fmt: skip
"""Kinds and seeds; each is a scan of one hand."""
_MOST_DEPOSIT, _MOST_OTHER = 12_000, 25_000
"""Places of a hand that are kept; they weigh as much as all would."""
_DEPOSIT_WEIGHT = 3.0
"""Our choice: a deposit called bone is as bad as three times its volume of bone called a deposit."""
_ROUNDS = 200
_PARAMETERS = {
    "objective": "binary", "learning_rate": 0.08, "num_leaves": 63, "min_data_in_leaf": 300, "feature_fraction": 0.5,
    "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0, "max_bin": 127, "seed": 1, "deterministic": True,
    "force_row_wise": True, "verbose": -1,
}  # fmt: skip
_FOLDS = 4

Sample = tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float64]]


def main() -> None:
    """Parse, collect, train, export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="folder for hands and signs")
    parser.add_argument("--out", type=Path, help="folder for deposits.onnx")
    parser.add_argument("--test", action="store_true", help="hold hands back, and print what is called what")
    given = parser.parse_args()
    kept = [collected(kind, seed, given.cache) for kind, seeds in HANDS for seed in seeds]
    if given.test:
        test(kept)
    if given.out:
        trees = train(kept)
        export(trees, given.out / "deposits.onnx")


def train(kept: list[Path]) -> Any:
    """Return trees trained on hands."""
    import lightgbm

    samples = [_sample(path, np.random.default_rng(n)) for n, path in enumerate(kept)]
    values, is_deposit, weight = (np.concatenate(parts) for parts in zip(*samples, strict=True))
    return lightgbm.train(_PARAMETERS, lightgbm.Dataset(values, is_deposit, weight=weight), _ROUNDS)


def test(kept: list[Path]) -> None:
    """Print, for every hand, what trees that were trained on others call it."""
    for fold in range(_FOLDS):
        trees = train([path for n, path in enumerate(kept) if n % _FOLDS != fold])
        for path in kept[fold::_FOLDS]:
            hand = np.load(path)
            called = trees.predict(hand["values"]) > 0.5
            deposit, other = hand["is_deposit"] == 1, hand["is_deposit"] == 0
            print(
                f"{path.stem}: of the deposits' {deposit.sum()} places {called[deposit].sum()} are called deposit, "
                f"of {other.sum()} others {called[other].sum()}",
                flush=True,
            )


def _sample(path: Path, rng: np.random.Generator) -> Sample:
    """Return the signs of some places of a hand, whether each is deposit, and its weight."""
    hand = np.load(path)
    is_deposit = hand["is_deposit"]
    picked, weights = [], []
    for kind, most, weight in ((1, _MOST_DEPOSIT, _DEPOSIT_WEIGHT), (0, _MOST_OTHER, 1.0)):
        of = np.nonzero(is_deposit == kind)[0]
        some = rng.choice(of, min(len(of), most), replace=False)
        picked.append(some)
        weights.append(np.full(len(some), weight * len(of) / max(len(some), 1)))
    index = np.concatenate(picked)
    return hand["values"][index], is_deposit[index] == 1, np.concatenate(weights)


if __name__ == "__main__":
    main()
