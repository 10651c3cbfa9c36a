"""Patches of a picture: at random places in training, on one grid per record when it is scored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.discopatch.pictures import Pixels
from training.discopatch.settings import PATCH

MASK = 0xFFFFFFFF
# Pixels that a patch may lie off its place: the grid's phase against JPEG's blocks of 8 then differs from record to record.
JITTER = 8


def cut(pixels: Pixels, corners: NDArray[np.int64]) -> Pixels:
    """`corners` [P, 2] as (top, left) -> [P, 3, 64, 64]."""
    return np.stack([pixels[top : top + PATCH, left : left + PATCH] for top, left in corners]).transpose(0, 3, 1, 2)


def random_corners(size: int, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    return random.integers(0, size - PATCH + 1, size=(count, 2))


def grid_corners(size: int, side: int, record: str) -> NDArray[np.int64]:
    """`side`^2 corners (top, left), row by row, from edge to edge, each moved by up to JITTER pixels and kept inside.

    The moves come from mulberry32 seeded with the 32-bit FNV-1a hash of the record's id in UTF-8, two numbers per patch (down, then right).
    """
    room = size - PATCH
    uniform = mulberry32(fnv1a(record))
    places = [(row * room // max(side - 1, 1), column * room // max(side - 1, 1)) for row in range(side) for column in range(side)]
    moved = [[place + int(next(uniform) * (2 * JITTER + 1)) - JITTER for place in corner] for corner in places]
    return np.clip(np.array(moved, dtype=np.int64), 0, room)


def fnv1a(text: str) -> int:
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & MASK
    return value


class mulberry32:
    """Tommy Ettinger's generator: uniform on [0, 1), 32 bits of state."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def __next__(self) -> float:
        self.state = self.state + 0x6D2B79F5 & MASK
        t = (self.state ^ self.state >> 15) * (1 | self.state) & MASK
        t = (t + ((t ^ t >> 7) * (61 | t) & MASK) & MASK) ^ t
        return ((t ^ t >> 14) & MASK) / 4294967296
