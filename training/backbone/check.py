"""Compares an exported tap model with the PyTorch network it came from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from PIL import Image

SIZE = 224


def procedural(count: int = 8, seed: int = 7) -> NDArray[np.float32]:
    """Pictures with a natural spectrum (amplitude ~ 1 / frequency): [count, 3, 224, 224], RGB / 127.5 - 1."""
    random = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None, :])
    frequency[0, 0] = 1
    shared = np.fft.rfft2(random.normal(size=(count, 1, SIZE, SIZE))) + 0.4 * np.fft.rfft2(random.normal(size=(count, 3, SIZE, SIZE)))
    surface = np.fft.irfft2(shared / frequency, s=(SIZE, SIZE))
    levels = np.clip(128 + 55 * surface / surface.std(axis=(1, 2, 3), keepdims=True), 0, 255).astype(np.uint8)
    return (levels / np.float32(127.5) - 1).astype(np.float32)


def photos(folder: Path, count: int = 32) -> NDArray[np.float32]:
    """The folder's first JPEGs by name, centre square at 224 (bicubic): [n, 3, 224, 224], RGB / 127.5 - 1."""
    found = sorted(folder.rglob("*.jpg"))[:count]
    if not found:
        raise SystemExit(f"{folder}: no .jpg files; give a folder of photos, or leave --images out for procedural ones")
    return np.stack([photo(path) for path in found])


def photo(path: Path) -> NDArray[np.float32]:
    picture = Image.open(path).convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.resize((SIZE, SIZE), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
    return (np.asarray(square).transpose(2, 0, 1) / np.float32(127.5) - 1).astype(np.float32)


def run(model: onnx.ModelProto, pixels: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return dict(zip((output.name for output in session.get_outputs()), session.run(None, {session.get_inputs()[0].name: pixels}), strict=True))


def differences(got: dict[str, NDArray[np.float32]], expected: dict[str, NDArray[np.float32]]) -> dict[str, tuple[float, float, float]]:
    """Per tap: largest difference, mean difference in units of the tap's standard deviation, and the same of its channel means."""
    table: dict[str, tuple[float, float, float]] = {}
    for name, want in expected.items():
        error = np.abs(got[name] - want)
        means, wanted = got[name].mean(axis=(2, 3)), want.mean(axis=(2, 3))
        table[name] = (float(error.max()), float(error.mean() / want.std()), float(np.abs(means - wanted).mean() / wanted.std()))
    return table


def tensor(pixels: NDArray[np.float32]) -> torch.Tensor:
    return torch.from_numpy(pixels)
