"""One whole round: trained and exported by the command, fitted to normal pictures, degraded ones arrive, an alert comes out."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from training.discopatch.corruptions import corrupt
from training.discopatch.pictures import Pixels
from training.graph_writer import GraphWriter
from training.tests.conftest import write_pictures

NORMAL, WATCHED, NOISY = 300, 30, range(14, 22)


def test_a_network_that_was_trained_here_raises_an_alert_when_degraded_pictures_arrive(bundle: Path, dist: Path, tmp_path: Path) -> None:
    normal, watched = tmp_path / "normal", tmp_path / "watched"
    normal.mkdir()
    watched.mkdir()
    write_pictures(normal, NORMAL, seed=11)
    write_pictures(watched, WATCHED, seed=12, change=noisy)

    onnx.save(convolution(), tmp_path / "model.onnx")
    driftwatch(dist, "backbone", "prepare", tmp_path / "model.onnx", "--taps", "tap", "--size", "96", "-o", tmp_path / "backbone.onnx")
    fitted = driftwatch(dist, "fit", "--config", monitor(tmp_path, bundle, normal, "2026-03-01T00:00:00Z"))
    assert f"{NORMAL} of 1 stream" in fitted
    out = driftwatch(dist, "run", monitor(tmp_path, bundle, watched, "2026-03-08T00:00:00Z"))

    alerts = [event["data"] for event in map(json.loads, out.splitlines())]
    assert [(alert["origin"]["offset"], alert["detectors"]) for alert in alerts if alert["transition"] == "opened"] == [(NOISY[0], ["discopatch"])]
    assert alerts[0]["contributions"][0]["feature"] == "discopatch.score"
    assert {place["offset"] for alert in alerts for place in alert["worst"]} <= set(NOISY)


def noisy(pixels: Pixels, index: int) -> Pixels:
    return corrupt(pixels, "gaussian_noise", 5, np.random.default_rng(index)) if index in NOISY else pixels


def convolution() -> onnx.ModelProto:
    """A model for a backbone that is quick to fit: what is looked at here is the trained network beside it."""
    writer = GraphWriter()
    writer.constant("weight", np.random.default_rng(5).standard_normal((8, 3, 4, 4), dtype=np.float32))
    writer.node("Conv", ["input", "weight"], "tap", kernel_shape=[4, 4], strides=[4, 4])
    pictures = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, 96, 96])
    maps = helper.make_tensor_value_info("tap", TensorProto.FLOAT, ["n", 8, 24, 24])
    return writer.model("tests", "convolution", [pictures], [maps], "one convolution")


def monitor(place: Path, bundle: Path, pictures: Path, start: str) -> Path:
    """The file of a monitor of a folder, a picture every ten minutes. JSON is YAML."""
    belt = {
        "name": "belt",
        "source": {"folder": {"path": str(pictures), "interval": "10m", "startTime": start}},
        "decode": {"image": {}},
        "pictures": {"backbone": str(place / "backbone.onnx"), "patches": str(bundle)},
        "detectors": ["discopatch"],
        "reference": {"path": str(place / "reference")},
        "alerting": {"falseAlarmsPerDay": 1},
        "sinks": [{"stdout": {}}],
    }
    path = place / f"{pictures.name}.yaml"
    path.write_text(json.dumps({"metrics": {"port": 0}, "monitors": [belt]}))
    return path


def driftwatch(dist: Path, *arguments: str | Path) -> str:
    command = ["node", str(dist / "cli" / "main.js"), *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
