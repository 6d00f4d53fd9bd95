"""Write trees as onnx: signs in; the likelihoods of bone and of a deposit out."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def export(trees: Any, path: Path) -> None:
    """Write trained trees."""
    import onnx
    import onnxmltools
    from onnxmltools.convert.common.data_types import FloatTensorType

    given = [("signs", FloatTensorType([None, trees.num_feature()]))]
    model = onnxmltools.convert_lightgbm(trees, initial_types=given, zipmap=False, target_opset=15)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(path))
