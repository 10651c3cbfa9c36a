"""The one path from a picture file to the pixels that are cut into patches. Training, calibration and scoring all go through it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Pixels = NDArray[np.uint8]

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
KERNEL = "bicubic"
# Contiguous blocks, so that frames of one film or shots of one object mostly stay on one side of the split.
BLOCKS = 18
EVERY = 3


def find(folder: Path) -> list[Path]:
    """The pictures under a folder, by path. Raises SystemExit when there are too few to train and test on."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if len(found) < BLOCKS:
        raise SystemExit(f"{folder}: {len(found)} pictures ({', '.join(sorted(SUFFIXES))}) found, at least {BLOCKS} needed; give a folder with more")
    return found


def split(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """Training and held-out pictures: every third of 18 contiguous blocks is held out."""
    block = [index * BLOCKS // len(paths) for index in range(len(paths))]
    held = [b % EVERY == EVERY - 1 for b in block]
    return [p for p, h in zip(paths, held, strict=True) if not h], [p for p, h in zip(paths, held, strict=True) if h]


def square(path: Path) -> Pixels:
    """Decoded, turned upright by EXIF, in RGB, and its centre square: [side, side, 3]."""
    try:
        with Image.open(path) as file:
            picture = ImageOps.exif_transpose(file).convert("RGB")
    except OSError as error:
        raise SystemExit(f"{path}: not a readable picture ({error}); remove or replace it") from error
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return np.asarray(picture.crop((left, top, left + side, top + side)))


def resize(pixels: Pixels, size: int) -> Pixels:
    """To [size, size, 3] with Pillow's antialiased bicubic kernel."""
    return np.asarray(Image.fromarray(pixels).resize((size, size), Image.Resampling.BICUBIC))
