"""Writes folded convolutions as an ONNX graph of Conv, Clip and Add, with weights in as few bytes as asked for.

fp16 weights are initializers behind a Cast, int8 ones behind Cast and Mul by a scale per output channel. Not DequantizeLinear: ONNX Runtime folds
constant Cast and Mul once when it loads a model, but keeps DequantizeLinear in the graph and expands the weights anew in every run.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from training.backbone.lite0 import TAPS, Block, FoldedConv
from training.graph_writer import GraphWriter

Storage = Literal["fp32", "fp16", "int8"]
Precision = Literal["fp32", "mixed"]

INPUT = "input"


class TapWriter(GraphWriter):
    """Adds convolutions with stored weights."""

    def __init__(self) -> None:
        super().__init__()
        self.constant("zero", np.float32(0))
        self.constant("six", np.float32(6))

    def weight(self, name: str, value: NDArray[np.float32], storage: Storage) -> str:
        if storage == "fp32":
            return self.constant(name, value)
        if storage == "fp16":
            return self.node("Cast", [self.constant(f"{name}_fp16", value.astype(np.float16))], name, to=TensorProto.FLOAT)
        steps, scale = quantise(value)
        wide = self.node("Cast", [self.constant(f"{name}_int8", steps)], f"{name}_steps", to=TensorProto.FLOAT)
        return self.node("Mul", [wide, self.constant(f"{name}_scale", scale)], name)

    def conv(self, source: str, name: str, conv: FoldedConv, storage: Storage, output: str) -> str:
        kernel = conv.weight.shape[-1]
        self.node(
            "Conv",
            [source, self.weight(f"{name}_weight", conv.weight, storage), self.constant(f"{name}_bias", conv.bias)],
            f"{name}_conv" if conv.relu6 else output,
            kernel_shape=[kernel, kernel],
            strides=[conv.stride, conv.stride],
            group=conv.groups,
            pads=same_pads(kernel, conv.stride),
        )
        return self.node("Clip", [f"{name}_conv", "zero", "six"], output) if conv.relu6 else output


def quantise(weight: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Symmetric steps of one scale per output channel: weight ~ steps * scale, scale [out, 1, 1, 1]."""
    scale = np.abs(weight).max(axis=(1, 2, 3), keepdims=True).astype(np.float32) / np.float32(127)
    scale = np.where(scale > 0, scale, np.float32(1))
    return np.rint(weight / scale).astype(np.int8), scale


def same_pads(kernel: int, stride: int) -> list[int]:
    """TensorFlow's "SAME" as [top, left, bottom, right]; at stride 2 right for even sizes, so the input's must be multiples of 32."""
    total = kernel - stride if stride > 1 else kernel - 1
    before = total // 2
    return [before, before, total - before, total - before]


def storage_of(conv: FoldedConv, block: int, precision: Precision) -> Storage:
    """Mixed: errors of early layers reach every tap and their weights are few, so they get fp16, as depthwise kernels do."""
    if precision == "fp32":
        return "fp32"
    pointwise = conv.weight.shape[-1] == 1
    return "int8" if pointwise and block > TAPS["f16a"] else "fp16"


def tap_model(network: list[Block], precision: Precision) -> onnx.ModelProto:
    """Input `input` [N, 3, H, W] (RGB / 127.5 - 1; H, W multiples of 32); one output per tap, named and sized as in TAPS."""
    graph = TapWriter()
    names = {last: name for name, last in TAPS.items()}
    outputs: list[onnx.ValueInfoProto] = []
    x = INPUT
    for index, block in enumerate(network):
        source, last = x, len(block.convs) - 1
        result = names.get(index, f"block{index}")
        for step, conv in enumerate(block.convs):
            name = f"b{index}c{step}"
            output = result if step == last and not block.residual else f"{name}_out"
            x = graph.conv(x, name, conv, storage_of(conv, index, precision), output)
        if block.residual:
            x = graph.node("Add", [x, source], result)
        if index in names:
            stride = names[index].strip("fa")
            outputs.append(helper.make_tensor_value_info(x, TensorProto.FLOAT, ["N", len(block.convs[-1].bias), f"H{stride}", f"W{stride}"]))

    inputs = [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["N", 3, "H", "W"])]
    description = (
        "EfficientNet-Lite0 (ImageNet weights of tensorflow/tpu, converted by ML Illustrated; Apache-2.0), changed: BatchNorm folded, head cut off, "
        f"weights stored as {precision}, six feature maps as outputs."
    )
    return graph.model("training.backbone", "efficientnet-lite0-taps", inputs, outputs, description)
