"""The discriminator against PyTorch's own BatchNorm, and its exported graph against itself in PyTorch."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from torch.nn import functional as F

from training.discopatch.export import export
from training.discopatch.network import Discriminator, PatchNorm, score
from training.discopatch.settings import Recipe, Settings

PATCHES = 9


def trained(recipe: Recipe, grid: int = 3) -> tuple[Discriminator, Settings]:
    """Random weights, with running moments and affine parameters that are not the initial ones."""
    torch.manual_seed(5)
    settings = Settings(recipe=recipe, width=4, grid=grid)
    network = Discriminator(settings.widths, recipe)
    for _ in range(3):
        network(torch.rand(16, 3, 64, 64) * 2 - 1, 4)
    for module in network.modules():
        if isinstance(module, PatchNorm):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias)
    return network.use(settings.normalisation, settings.patches), settings


def pictures(count: int, patches: int = PATCHES) -> np.ndarray:
    """Patches of pictures that differ in level and contrast: uint8 [count * patches, 3, 64, 64]."""
    random = np.random.default_rng(11)
    levels = random.uniform(60, 190, (count, 1, 3, 1, 1)) + random.uniform(5, 60, (count, 1, 1, 1, 1)) * random.normal(size=(count, patches, 3, 64, 64))
    return np.clip(levels, 0, 255).astype(np.uint8).reshape(-1, 3, 64, 64)


def test_patch_norm_is_batch_norm_on_each_picture_alone() -> None:
    norm = PatchNorm(5).eval()
    norm.patches = PATCHES
    torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
    torch.nn.init.normal_(norm.bias)
    x = torch.randn(4, PATCHES, 5, 6, 7) * torch.rand(4, 1, 5, 1, 1) * 9 + torch.randn(4, 1, 5, 1, 1)
    alone = torch.cat([F.batch_norm(picture, None, None, norm.weight, norm.bias, training=True, eps=norm.eps) for picture in x])
    torch.testing.assert_close(norm(x.flatten(0, 1)), alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("recipe", ["faithful", "paired"])
def test_exported_graph_equals_pytorch(recipe: Recipe) -> None:
    network, settings = trained(recipe, grid=8)
    pixels = pictures(5, settings.patches)
    logit, scores = run(network, settings, pixels)
    expected_logit, expected_scores = score(network, torch.from_numpy(pixels), settings.patches)
    assert np.ptp(scores) > 0.01
    np.testing.assert_allclose(logit, expected_logit, rtol=0, atol=1e-5)
    np.testing.assert_allclose(scores, expected_scores, rtol=0, atol=1e-5)


@pytest.mark.parametrize("recipe", ["faithful", "paired"])
def test_a_picture_scores_the_same_bits_alone_and_in_any_batch(recipe: Recipe) -> None:
    network, settings = trained(recipe)
    pixels = pictures(7)
    logit, scores = run(network, settings, pixels)
    for first, last in [(0, 1), (3, 4), (1, 4), (2, 7)]:
        some = run(network, settings, pixels[first * PATCHES : last * PATCHES])
        np.testing.assert_array_equal(some[0], logit[first * PATCHES : last * PATCHES])
        np.testing.assert_array_equal(some[1], scores[first:last])


def test_the_graph_has_no_batch_normalization() -> None:
    for recipe in ("faithful", "paired"):
        network, settings = trained(recipe)
        assert "BatchNormalization" not in {node.op_type for node in export(network, settings).graph.node}


def test_scores_far_from_zero_keep_their_order() -> None:
    network, settings = trained("faithful")
    network.map_head.bias.data -= 200
    scores = run(network, settings, pictures(5))[1]
    assert len(np.unique(scores)) == 5


def run(network: Discriminator, settings: Settings, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    session = onnxruntime.InferenceSession(export(network, settings).SerializeToString(), providers=["CPUExecutionProvider"])
    logit, scores = session.run(["logit", "score"], {"patches": pixels})
    return logit, scores
