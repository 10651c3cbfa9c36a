"""The paired protocol: clean and corrupted versions of the same held-out pictures through the same path, so that content cannot help."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.discopatch import patches, pictures
from training.discopatch.corruptions import FAMILIES, SEVERITIES, corrupt
from training.discopatch.network import Discriminator, score
from training.discopatch.settings import Settings

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Evaluation:
    """`clean` [n]; `corrupted` family -> [5, n]; `training`: clean pictures the network was trained on."""

    clean: Scores
    training: Scores
    corrupted: dict[str, Scores]

    @property
    def auroc(self) -> dict[str, list[float]]:
        return {family: [auroc(self.clean, row) for row in scores] for family, scores in self.corrupted.items()}

    @property
    def mean_auroc(self) -> float:
        return float(np.mean(list(self.auroc.values())))

    @property
    def severity_auroc(self) -> list[float]:
        return np.mean(list(self.auroc.values()), axis=0).tolist()

    @property
    def concordance(self) -> dict[str, float]:
        return {family: concordance(np.vstack([self.clean, scores])) for family, scores in self.corrupted.items()}

    @property
    def mean_concordance(self) -> float:
        return float(np.mean(list(self.concordance.values())))


def evaluate(network: Discriminator, settings: Settings, held_out: list[Path], training: list[Path], device: torch.device) -> Evaluation:
    """`training`'s pictures show how much lower the scores of known pictures are; calibrate on held-out ones."""
    judge = Judge(network.use(settings.normalisation, settings.patches), settings, device)
    squares = {path.name: pictures.square(path) for path in held_out}
    corrupted: dict[str, Scores] = {}
    for family in FAMILIES:
        rows = []
        for severity in SEVERITIES:
            versions = {name: corrupt(pixels, family, severity, seed(name, family, severity)) for name, pixels in squares.items()}
            rows.append(judge(versions))
        corrupted[family] = np.array(rows)
        print(f"scored {family}", flush=True)
    return Evaluation(judge(squares), judge({path.name: pictures.square(path) for path in training[: len(held_out)]}), corrupted)


@dataclass(frozen=True)
class Judge:
    network: Discriminator
    settings: Settings
    device: torch.device
    batch: int = 8

    def __call__(self, squares: dict[str, pictures.Pixels]) -> Scores:
        items = list(squares.items())
        return np.concatenate([self.some(items[start : start + self.batch]) for start in range(0, len(items), self.batch)])

    def some(self, items: list[tuple[str, pictures.Pixels]]) -> Scores:
        pixels = np.concatenate([scored_patches(square, name, self.settings) for name, square in items])
        _, scores = score(self.network, torch.from_numpy(pixels).to(self.device), self.settings.patches)
        return scores.double().cpu().numpy()


def scored_patches(square: pictures.Pixels, record: str, settings: Settings) -> pictures.Pixels:
    """The patches that stand for a record when it is scored: [P, 3, 64, 64]."""
    return patches.cut(pictures.resize(square, settings.size), patches.grid_corners(settings.size, settings.grid, record))


def seed(name: str, family: str, severity: int) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(f"{name} {family} {severity}".encode()))


def auroc(normal: Scores, abnormal: Scores) -> float:
    """The chance that an abnormal score is the higher one, ties counted as half."""
    return float((np.sign(abnormal[:, None] - normal[None, :]) + 1).mean() / 2)


def concordance(scores: Scores) -> float:
    """C-index: over all pairs of different severity, how often the severer one scores higher; ties half. `scores` [severities, n]."""
    pairs = [auroc(scores[low], scores[high]) for low in range(len(scores)) for high in range(low + 1, len(scores))]
    return float(np.mean(pairs))
