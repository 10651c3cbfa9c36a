"""Procedural pictures, a network that is trained on some of them, and the build of Driftwatch; nothing is downloaded."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from training.discopatch.__main__ import main
from training.discopatch.filters import field, to_levels
from training.discopatch.pictures import Pixels

COUNT, SIDE = 18, 104
ROOT = Path(__file__).parents[2]


def write_pictures(folder: Path, count: int, seed: int, change: Callable[[Pixels, int], Pixels] = lambda pixels, _: pixels) -> None:
    """JPEGs 000.jpg, 001.jpg, ... as a camera with one setting sends them; `change` what some of them show."""
    random = np.random.default_rng(seed)
    for index in range(count):
        surface = np.stack([field(SIDE, SIDE + 8, 1.2, random) for _ in range(3)], axis=-1)
        Image.fromarray(change(to_levels(128 + 40 * surface), index)).save(folder / f"{index:03}.jpg", quality=88)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    made = tmp_path_factory.mktemp("pictures")
    write_pictures(made, COUNT, seed=3)
    return made


@pytest.fixture(scope="session")
def bundle(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command leaves. So few steps teach it to see noise, and little else."""
    out = tmp_path_factory.mktemp("run") / "bundle"
    main(["--data", str(folder), "--out", str(out), "--width", "4", "--size", "96", "--steps", "60", "--pictures-per-step", "3", "--device", "cpu"])
    return out


@pytest.fixture(scope="session")
def dist() -> Path:
    """The build of Driftwatch, which is there once `npm run build` or `npm test` has run."""
    made = ROOT / "dist"
    if not (made / "cli" / "main.js").exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{made} holds no build; run npm run build first")
    return made
