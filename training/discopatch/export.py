"""The discriminator as an ONNX graph of portable operators, equal to PyTorch within 1e-5 on the logits.

Moments over a picture's patches are explicit means over height and width, then patches: BatchNormalization in training mode is refused by
the CUDA provider and would mix the pictures of a run. Frozen moments are folded into the convolutions. Heads and means over patches are convolutions,
which ONNX Runtime computes picture by picture, so that a record scores the same bits alone and in a batch.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from torch import Tensor, nn

from training.discopatch.network import VARIANCE_FLOOR, Discriminator, PatchNorm
from training.discopatch.settings import PATCH, Settings
from training.graph_writer import GraphWriter


def export(network: Discriminator, settings: Settings) -> onnx.ModelProto:
    """Input `patches` uint8 [G * P, 3, 64, 64]; outputs `logit` [G * P], `score` [G] = mean negative logit. P is fixed, G is free."""
    graph = DiscriminatorWriter(settings)
    x = graph.pixels("patches")
    parts = []
    for index, (conv, norm, activation) in enumerate(network.stages):
        x = graph.stage(f"s{index}", x, conv, norm, activation.negative_slope)
        if settings.recipe == "paired":
            parts += graph.pooled_heads(f"s{index}", x, network.mean_heads[index], network.spread_heads[index])
    graph.outputs(graph.map_head(x, network.map_head) if settings.recipe == "faithful" else graph.sum(parts))

    inputs = [helper.make_tensor_value_info("patches", TensorProto.UINT8, ["N", 3, PATCH, PATCH])]
    outputs = [helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["N"]), helper.make_tensor_value_info("score", TensorProto.FLOAT, ["G"])]
    description = f"DisCoPatch discriminator, {settings.recipe} recipe, {settings.normalisation} moments, {settings.patches} patches per picture"
    return graph.model("training.discopatch", "discopatch", inputs, outputs, description)


class DiscriminatorWriter(GraphWriter):
    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings

    def pixels(self, source: str) -> str:
        wide = self.node("Cast", [source], "pixels", to=TensorProto.FLOAT)
        scaled = self.node("Mul", [wide, self.constant("pixel_scale", np.float32(1 / 127.5))], "pixels_scaled")
        return self.node("Sub", [scaled, self.constant("one", np.float32(1))], "normalised")

    def stage(self, name: str, x: str, conv: nn.Conv2d, norm: PatchNorm, slope: float) -> str:
        weight, bias = array(conv.weight), array(conv.bias)
        if self.settings.normalisation == "frozen":
            gain = array(norm.weight) / np.sqrt(array(norm.running_var) + norm.eps)
            weight, bias = weight * gain[:, None, None, None], array(norm.bias) + (bias - array(norm.running_mean)) * gain
        x = self.conv(f"{name}_conv", x, weight, bias, strides=[2, 2], pads=[1, 1, 1, 1])
        if self.settings.normalisation == "picture":
            x = self.patch_norm(name, x, norm)
        return self.node("LeakyRelu", [x], f"{name}_out", alpha=slope)

    def conv(self, name: str, x: str, weight: NDArray[np.float64], bias: NDArray[np.float64] | None = None, **attributes: object) -> str:
        inputs = [x, self.constant(f"{name}_weight", weight.astype(np.float32))]
        if bias is not None:
            inputs.append(self.constant(f"{name}_bias", bias.astype(np.float32)))
        return self.node("Conv", inputs, name, kernel_shape=list(weight.shape[2:]), **attributes)

    def patch_norm(self, name: str, x: str, norm: PatchNorm) -> str:
        """gamma (x - mean) / sqrt(variance + eps) + beta with moments over the picture; the variance is the biased one."""
        channels, height, width = self.shape_after(name)
        centred, variance = self.moments(name, self.by_picture(name, x))
        floored = self.node("Add", [variance, self.constant(f"{name}_eps", np.float32(norm.eps))], f"{name}_floored")
        scaled = self.node("Div", [centred, self.node("Sqrt", [floored], f"{name}_sd")], f"{name}_scaled")
        per_channel = (channels, 1, 1)
        gained = self.node("Mul", [scaled, self.constant(f"{name}_gamma", array(norm.weight).astype(np.float32).reshape(per_channel))], f"{name}_gained")
        moved = self.node("Add", [gained, self.constant(f"{name}_beta", array(norm.bias).astype(np.float32).reshape(per_channel))], f"{name}_moved")
        return self.node("Reshape", [moved, self.constant(f"{name}_flat", np.array([-1, channels, height, width]))], f"{name}_norm")

    def by_picture(self, name: str, x: str) -> str:
        shape = np.array([-1, self.settings.patches, *self.shape_after(name)])
        return self.node("Reshape", [x, self.constant(f"{name}_shape", shape)], f"{name}_grouped")

    def shape_after(self, name: str) -> tuple[int, int, int]:
        """Channels, height and width after a stage, by a name that starts with the stage's."""
        index = int(name[1])
        return self.settings.widths[index], PATCH // 2 ** (index + 1), PATCH // 2 ** (index + 1)

    def moments(self, name: str, grouped: str) -> tuple[str, str]:
        """[G, P, C, H, W] -> centred values, variance [G, 1, C, 1, 1]. Two passes: E[x^2] - mean^2 would cancel."""
        centred = self.node("Sub", [grouped, self.mean(f"{name}_mean", grouped)], f"{name}_centred")
        return centred, self.mean(f"{name}_variance", self.node("Mul", [centred, centred], f"{name}_squared"))

    def mean(self, name: str, grouped: str) -> str:
        """Over places, then over patches: one float32 sum over all 65,536 values of a channel would be off by 1e-5.

        By GlobalAveragePool and a convolution with patches as channels: ReduceMean gives other bits in other batches.
        """
        channels, height, width = self.shape_after(name)
        count = self.settings.patches
        flat = self.node("Reshape", [grouped, self.constant(f"{name}_flat_shape", np.array([-1, channels, height, width]))], f"{name}_flat")
        per_patch = self.node("GlobalAveragePool", [flat], f"{name}_per_patch")
        as_channels = self.constant(f"{name}_by_patch_shape", np.array([-1, count, channels, 1]))
        by_patch = self.node("Reshape", [per_patch, as_channels], f"{name}_by_patch")
        mean = self.conv(f"{name}_over_patches", by_patch, np.full((1, count, 1, 1), 1 / count))
        return self.node("Reshape", [mean, self.constant(f"{name}_shape", np.array([-1, 1, channels, 1, 1]))], name)

    def map_head(self, x: str, head: nn.Conv2d) -> str:
        """-> logits as [G, P, 1, 1]."""
        return self.patches_as_channels("logits", self.conv("map_head", x, array(head.weight), array(head.bias)))

    def patches_as_channels(self, name: str, per_patch: str) -> str:
        """[G * P, 1, 1, 1] -> [G, P, 1, 1]."""
        return self.node("Reshape", [per_patch, self.constant(f"{name}_shape", np.array([-1, self.settings.patches, 1, 1]))], name)

    def pooled_heads(self, name: str, x: str, mean_head: nn.Conv2d, spread_head: nn.Conv2d) -> list[str]:
        """The patch's part [G, P, 1, 1], linear in its channel means, and the picture's [G, 1, 1, 1], linear in the channels' log sds."""
        means = self.node("GlobalAveragePool", [x], f"{name}_patch_means")
        per_patch = self.conv(f"{name}_mean_head", means, array(mean_head.weight), array(mean_head.bias))
        _, variance = self.moments(f"{name}_spread", self.by_picture(name, x))
        floored = self.node("Add", [variance, self.constant(f"{name}_variance_floor", np.float32(VARIANCE_FLOOR))], f"{name}_spread_floored")
        log_variance = self.node("Log", [floored], f"{name}_log_variance")
        shape = self.constant(f"{name}_by_channel", np.array([-1, mean_head.in_channels, 1, 1]))
        # ln sd = ln(variance) / 2; the half goes into the weights.
        spread = self.node("Reshape", [log_variance, shape], f"{name}_spread")
        return [self.patches_as_channels(f"{name}_patch_part", per_patch), self.conv(f"{name}_spread_head", spread, array(spread_head.weight) / 2)]

    def sum(self, parts: list[str]) -> str:
        total = parts[0]
        for index, part in enumerate(parts[1:], 1):
            total = self.node("Add", [total, part], f"sum{index}")
        return total

    def outputs(self, logits: str) -> None:
        count = self.settings.patches
        self.node("Reshape", [logits, self.constant("flat", np.array([-1]))], "logit")
        mean = self.conv("negative_mean", logits, np.full((1, count, 1, 1), -1 / count))
        self.node("Reshape", [mean, "flat"], "score")


def array(tensor: Tensor) -> NDArray[np.float64]:
    return tensor.detach().double().cpu().numpy()
