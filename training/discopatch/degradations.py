"""Seven generic synthetic degradations, the negatives of the paired recipe. None imitates a test corruption on purpose, but noise, blur, tone and
colour overlap with them in kind. 8 bit in and out, on the decoded square before it is resized, as faults in the field are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from training.discopatch.filters import Floats, convolve, radius, to_levels
from training.discopatch.pictures import Pixels

HALF = 127.5
HADAMARD = np.kron([[1, 1], [1, -1]], [[1, 1], [1, -1]]).astype(np.float32) / 2


def radial_gain(x: Floats, random: np.random.Generator) -> Floats:
    """A smooth random gain over frequency, e^N(0, 0.7) at five knots; the mean level stays."""
    knots = random.normal(0, 0.7, 5)
    gain = np.exp(np.interp(radius(*x.shape[:2]), np.linspace(0, 0.71, 5), knots))
    gain[0, 0] = 1
    return np.fft.irfft2(np.fft.rfft2(x, axes=(0, 1)) * gain[..., None], s=x.shape[:2], axes=(0, 1))


def small_kernel(x: Floats, random: np.random.Generator) -> Floats:
    """A random 3x3 or 5x5 kernel near identity."""
    side = int(random.choice([3, 5]))
    kernel = random.normal(0, 0.4 / side, (side, side))
    kernel[side // 2, side // 2] += 1
    return convolve(x, kernel / max(kernel.sum(), 0.3))


def noise(x: Floats, random: np.random.Generator) -> Floats:
    """Laplace noise, sd from 1 to 25 % of half the range, grey or in colour, half of it correlated over 3x3."""
    sd = HALF * np.exp(random.uniform(np.log(0.01), np.log(0.25)))
    n = random.laplace(0, sd / np.sqrt(2), (*x.shape[:2], int(random.choice([1, 3]))))
    if random.random() < 0.5:
        n = 3 * convolve(n, np.full((3, 3), 1 / 9))
    return x + n


def tone_curve(x: Floats, random: np.random.Generator) -> Floats:
    """A monotone curve through five knots, each moved by N(0, 0.25) of half the range."""
    knots = np.linspace(0, 255, 5)
    return np.interp(x, knots, np.sort(knots + random.normal(0, 0.25 * HALF, 5)))


def colour_mix(x: Floats, random: np.random.Generator) -> Floats:
    """A random 3x3 mix of the channels, I + N(0, 0.15), and an offset N(0, 0.06) of half the range."""
    return HALF + (x - HALF) @ (np.eye(3) + random.normal(0, 0.15, (3, 3))) + random.normal(0, 0.06 * HALF, 3)


def coarse(x: Floats, random: np.random.Generator) -> Floats:
    """6 to 40 levels, or small coefficients of 4x4 Hadamard blocks shrunk to zero."""
    if random.random() < 0.5:
        step = 255 / (int(random.integers(6, 41)) - 1)
        return np.rint(x / step) * step
    height, width = (side // 4 * 4 for side in x.shape[:2])
    blocks = x[:height, :width].reshape(height // 4, 4, width // 4, 4, 3)
    spectrum = np.einsum("ai,hiwjc,bj->hawbc", HADAMARD, blocks, HADAMARD, optimize=True)
    soft = np.sign(spectrum) * np.maximum(np.abs(spectrum) - np.exp(random.uniform(np.log(4), np.log(60))), 0)
    soft[:, 0, :, 0] = spectrum[:, 0, :, 0]
    y = x.copy()
    y[:height, :width] = np.einsum("ai,hawbc,bj->hiwjc", HADAMARD, soft, HADAMARD, optimize=True).reshape(height, width, 3)
    return y


def rescale(x: Floats, random: np.random.Generator) -> Floats:
    """Down to 0.45 .. 0.9 of the size and up again."""
    height, width = x.shape[:2]
    factor = random.uniform(0.45, 0.9)
    down, up = (Image.Resampling(int(random.choice([Image.Resampling.BILINEAR, Image.Resampling.BICUBIC]))) for _ in range(2))
    small = Image.fromarray(to_levels(x)).resize((max(1, round(width * factor)), max(1, round(height * factor))), down)
    return np.asarray(small.resize((width, height), up), dtype=np.float32)


DEGRADATIONS: list[Callable[[Floats, np.random.Generator], Floats]] = [radial_gain, small_kernel, noise, tone_curve, colour_mix, coarse, rescale]


def degrade(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """One of the seven at random strength."""
    return to_levels(DEGRADATIONS[random.integers(len(DEGRADATIONS))](pixels.astype(np.float32), random))
