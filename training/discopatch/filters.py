"""Convolution and random fields by FFT, shared by degradations and test corruptions. Pictures are float32 [h, w, 3], levels 0..255."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.discopatch.pictures import Pixels

Floats = NDArray[np.float32]


def to_levels(x: NDArray[np.floating]) -> Pixels:
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)


def convolve(x: NDArray[np.floating], kernel: NDArray[np.floating]) -> Floats:
    """Each channel with one odd-sized kernel, edges mirrored."""
    reach = kernel.shape[0] // 2
    padded = np.pad(x.astype(np.float32), ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    spectrum = np.fft.rfft2(padded, axes=(0, 1)) * np.fft.rfft2(kernel.astype(np.float32), s=padded.shape[:2])[..., None]
    full = np.fft.irfft2(spectrum, s=padded.shape[:2], axes=(0, 1))
    return full[2 * reach :, 2 * reach :].astype(np.float32)


def gaussian(sigma: float) -> Floats:
    reach = max(1, int(np.ceil(3 * sigma)))
    line = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = np.outer(line, line)
    return (kernel / kernel.sum()).astype(np.float32)


def radius(height: int, width: int) -> Floats:
    """Frequency of each coefficient of rfft2, in cycles per pixel (0 .. 0.71)."""
    return np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]).astype(np.float32)


def field(height: int, width: int, power: float, random: np.random.Generator) -> Floats:
    """A random surface with amplitude ~ 1 / frequency^power, mean 0 and sd 1: [h, w]."""
    frequency = radius(height, width)
    frequency[0, 0] = np.inf
    surface = np.fft.irfft2(np.fft.rfft2(random.standard_normal((height, width), dtype=np.float32)) / frequency**power, s=(height, width))
    return (surface / surface.std()).astype(np.float32)
