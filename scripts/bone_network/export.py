"""Write the network as onnx: labels out, weights in half precision, which halves the file."""

from __future__ import annotations

import io
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from calcidect.anatomy._bone_network import DEPOSIT

from .network import UNet


class _Labels(nn.Module):
    """The most likely class; scores are made in three, so that no copy of them all is needed to compare them."""

    def __init__(self, net: UNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> Tensor:
        features, weight, bias = self.net.features(image), self.net.scores.weight, self.net.scores.bias
        assert bias is not None
        nothing, bones, deposit = (
            functional.conv3d(features, weight[part], bias[part])
            for part in (slice(0, 1), slice(1, DEPOSIT), slice(DEPOSIT, None))
        )
        nothing, deposit, likeliest = nothing[:, 0], deposit[:, 0], bones.amax(1)
        label = torch.where(deposit > likeliest, DEPOSIT, bones.argmax(1) + 1)
        return torch.where(nothing >= torch.maximum(likeliest, deposit), 0, label).to(torch.uint8)


def export(net: UNet, path: Path) -> None:
    """Write a trained network; batch normalisation is folded into the convolutions."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    buffer = io.BytesIO()
    torch.onnx.export(
        _Labels(net.eval().float()), (torch.zeros(1, 1, 32, 32, 32),), buffer,
        input_names=["image"], output_names=["labels"],
        dynamic_axes={"image": {2: "k", 3: "j", 4: "i"}, "labels": {1: "k", 2: "j", 3: "i"}},
        opset_version=17, dynamo=False,
    )  # fmt: skip
    model = onnx.load_from_string(buffer.getvalue())
    graph, casts = model.graph, []
    for weights in list(graph.initializer):
        if weights.data_type != TensorProto.FLOAT:
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(weights).astype("float16"), weights.name + ".half")
        casts.append(helper.make_node("Cast", [half.name], [weights.name], to=TensorProto.FLOAT))
        graph.initializer.remove(weights)
        graph.initializer.append(half)
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
