"""A small set of procedural pictures; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from training.discopatch.filters import field, to_levels

COUNT, SIDE = 18, 104


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    made = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(3)
    for index in range(COUNT):
        surface = np.stack([field(SIDE, SIDE + 8, 1.2, random) for _ in range(3)], axis=-1)
        Image.fromarray(to_levels(128 + 40 * surface)).save(made / f"{index:02}.jpg", quality=88)
    return made
