"""The test corruptions of the paired table: 15 families at 5 severities near ImageNet-C's strengths (Hendrycks and Dietterich, ICLR 2019), in numpy.

uint8 [h, w, 3] in and out, for squares of about 240 pixels. Saturation and brightness are split by direction, as their mean would hide one side.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

from training.discopatch.filters import Floats, convolve, field, gaussian, to_levels
from training.discopatch.pictures import Pixels

GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)
Random = np.random.Generator
Corruption = Callable[[Floats, float, Random], "Floats | Pixels"]


def gaussian_noise(x: Floats, sd: float, random: Random) -> Floats:
    return x + random.normal(0, 255 * sd, x.shape)


def shot_noise(x: Floats, photons: float, random: Random) -> Floats:
    return random.poisson(x / 255 * photons) * (255 / photons)


def impulse_noise(x: Floats, share: float, random: Random) -> Floats:
    hit = random.random(x.shape) < share
    return np.where(hit, 255.0 * (random.random(x.shape) < 0.5), x)


def defocus_blur(x: Floats, reach: float, random: Random) -> Floats:
    """A disc, its edge smoothed."""
    side = np.arange(-int(reach) - 1, int(reach) + 2)
    disc = np.clip(reach + 0.5 - np.hypot(side[:, None], side[None, :]), 0, 1)
    return convolve(x, disc / disc.sum())


def motion_blur(x: Floats, length: float, random: Random) -> Floats:
    """A line at a random angle."""
    reach, angle = int(length) // 2 + 1, random.uniform(0, np.pi)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), dtype=np.float32)
    steps = np.linspace(-length / 2, length / 2, 8 * int(length))
    np.add.at(kernel, (np.rint(reach + steps * np.sin(angle)).astype(int), np.rint(reach + steps * np.cos(angle)).astype(int)), 1)
    return convolve(x, kernel / kernel.sum())


def gaussian_blur(x: Floats, sigma: float, random: Random) -> Floats:
    return convolve(x, gaussian(sigma))


def brightness(x: Floats, shift: float, random: Random) -> Floats:
    """Moves the HSV value of each pixel (the largest channel), hue and saturation kept."""
    value = x.max(axis=2, keepdims=True)
    return x * (np.clip(value + 255 * shift, 0, 255) / np.maximum(value, 1))


def contrast(x: Floats, factor: float, random: Random) -> Floats:
    mean = x.mean(axis=(0, 1))
    return mean + factor * (x - mean)


def saturation(x: Floats, factor: float, random: Random) -> Floats:
    grey = (x @ GREY)[..., None]
    return grey + factor * (x - grey)


def pixelate(x: Floats, factor: float, random: Random) -> Pixels:
    height, width = x.shape[:2]
    small = Image.fromarray(to_levels(x)).resize((max(1, int(width * factor)), max(1, int(height * factor))), Image.Resampling.BOX)
    return np.asarray(small.resize((width, height), Image.Resampling.NEAREST))


def jpeg(x: Floats, quality: float, random: Random) -> Pixels:
    buffer = io.BytesIO()
    Image.fromarray(to_levels(x)).save(buffer, "JPEG", quality=int(quality))
    return np.asarray(Image.open(buffer))


def fog(x: Floats, density: float, random: Random) -> Floats:
    """Adds a cloudy surface and scales back to the picture's own maximum."""
    cloud = field(*x.shape[:2], power=1.6, random=random)
    cloud = (cloud - cloud.min()) / (cloud.max() - cloud.min())
    top = max(float(x.max()), 1.0)
    return (x + density * 255 * cloud[..., None]) * top / (top + density * 255)


def elastic(x: Floats, pixels: float, random: Random) -> Floats:
    """Each pixel from a place moved by a smooth random field of this sd, bilinear, edges repeated."""
    height, width = x.shape[:2]
    shift = convolve(random.normal(size=(height, width, 2)), gaussian(6))
    shift *= pixels / shift.std()
    row = np.clip(np.arange(height)[:, None] + shift[..., 0], 0, height - 1.001)
    column = np.clip(np.arange(width)[None, :] + shift[..., 1], 0, width - 1.001)
    r, c = row.astype(int), column.astype(int)
    down, right = (row - r)[..., None], (column - c)[..., None]
    upper = x[r, c] * (1 - right) + x[r, c + 1] * right
    lower = x[r + 1, c] * (1 - right) + x[r + 1, c + 1] * right
    return upper * (1 - down) + lower * down


# Family -> (corruption, its strength at severities 1 to 5).
FAMILIES: dict[str, tuple[Corruption, tuple[float, float, float, float, float]]] = {
    "gaussian_noise": (gaussian_noise, (0.08, 0.12, 0.18, 0.26, 0.38)),
    "shot_noise": (shot_noise, (60, 25, 12, 5, 3)),
    "impulse_noise": (impulse_noise, (0.03, 0.06, 0.09, 0.17, 0.27)),
    "defocus_blur": (defocus_blur, (2, 3, 4, 6, 8)),
    "motion_blur": (motion_blur, (6, 9, 12, 16, 20)),
    "gaussian_blur": (gaussian_blur, (1, 2, 3, 4, 6)),
    "bright": (brightness, (0.1, 0.2, 0.3, 0.4, 0.5)),
    "dark": (brightness, (-0.1, -0.2, -0.3, -0.4, -0.5)),
    "contrast": (contrast, (0.4, 0.3, 0.2, 0.1, 0.05)),
    "saturated": (saturation, (1.5, 2, 3, 5, 10)),
    "desaturated": (saturation, (0.7, 0.5, 0.3, 0.1, 0)),
    "pixelate": (pixelate, (0.6, 0.5, 0.4, 0.3, 0.25)),
    "jpeg": (jpeg, (25, 18, 15, 10, 7)),
    "fog": (fog, (0.5, 0.8, 1.2, 1.6, 2.2)),
    "elastic": (elastic, (0.7, 1.2, 1.8, 2.5, 3.5)),
}
SEVERITIES = (1, 2, 3, 4, 5)


def corrupt(pixels: Pixels, family: str, severity: int, random: Random) -> Pixels:
    corruption, strengths = FAMILIES[family]
    result = corruption(pixels.astype(np.float32), strengths[severity - 1], random)
    return result if result.dtype == np.uint8 else to_levels(result)
