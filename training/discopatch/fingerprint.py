"""What the training pictures went through before they came here: a reference whose pictures took another path must be refused, since resampling and
JPEG traces then tell the two sets apart better than any anomaly does (the likely cause of DisCoPatch's published 97 on ImageNet-C against 76 replicated)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, JpegImagePlugin

# ITU-T T.81 table K.1, luminance; libjpeg scales it by the quality. Only the sum is compared, so the order does not matter.
LUMINANCE = np.array(
    [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62]
    + [18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99]
)
SAMPLING = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}
LEVELS = {"min": 0, "p10": 0.1, "p50": 0.5, "p90": 0.9, "max": 1}


def table_sum(quality: int) -> int:
    """Sum of libjpeg's luminance table at a quality of 1 to 100."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return int(np.clip((LUMINANCE * scale + 50) // 100, 1, 255).sum())


TABLE_SUMS = np.array([table_sum(quality) for quality in range(1, 101)])


def jpeg_quality(picture: Image.Image) -> int | None:
    """libjpeg's quality whose luminance table has the sum nearest to the file's; none for other formats."""
    if not isinstance(picture, JpegImagePlugin.JpegImageFile):
        return None
    return int(np.abs(TABLE_SUMS - sum(picture.quantization[0])).argmin()) + 1


def fingerprint(paths: list[Path], size: int) -> dict[str, object]:
    """Formats, chroma sampling, and quantiles of width, height, JPEG quality and of the factor by which the centre square is resized."""
    formats: Counter[str] = Counter()
    sampling: Counter[str] = Counter()
    widths, heights, qualities = [], [], []
    for path in paths:
        with Image.open(path) as picture:
            formats[picture.format or "unknown"] += 1
            widths.append(picture.width)
            heights.append(picture.height)
            quality = jpeg_quality(picture)
            if quality is not None:
                qualities.append(quality)
                sampling[SAMPLING.get(JpegImagePlugin.get_sampling(picture), "other")] += 1
    factors = [size / min(w, h) for w, h in zip(widths, heights, strict=True)]
    return {
        "pictures": len(paths),
        "formats": dict(sorted(formats.items())),
        "width": quantiles(widths),
        "height": quantiles(heights),
        "resizeFactor": quantiles(factors),
        "jpegQuality": quantiles(qualities) if qualities else None,
        "chromaSampling": dict(sorted(sampling.items())),
    }


def quantiles(values: list[int] | list[float]) -> dict[str, float]:
    return {name: round(float(np.quantile(values, level)), 4) for name, level in LEVELS.items()}
