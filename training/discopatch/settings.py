"""What a training run is determined by: two runs with equal settings and pictures give the same network on the CPU."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Recipe = Literal["faithful", "paired"]
# "picture": each BatchNorm uses the moments over the patches of the picture at hand; "frozen": the running moments of training.
Normalisation = Literal["picture", "frozen"]

PATCH = 64
STAGES = 4


@dataclass(frozen=True)
class Settings:
    """`width`: channels of the first of four stages, doubled at each; the paper's training command has 128, latent 1,024."""

    recipe: Recipe = "paired"
    width: int = 16
    size: int = 224
    steps: int = 2000
    pictures_per_step: int = 16
    patches_per_picture: int = 4
    grid: int = 8
    learning_rate: float = 2e-3
    seed: int = 1

    @property
    def widths(self) -> list[int]:
        return [self.width * 2**stage for stage in range(STAGES)]

    @property
    def latent(self) -> int:
        return 8 * self.width

    @property
    def normalisation(self) -> Normalisation:
        """The faithful recipe knows a picture by its own moments; the paired one learns with mixed batches and needs those moments again."""
        return "picture" if self.recipe == "faithful" else "frozen"

    @property
    def patches(self) -> int:
        """Patches of one picture when it is scored: a grid of `grid` by `grid`."""
        return self.grid**2

    def to_json(self) -> dict[str, object]:
        return asdict(self)


# The paper's rate is 8.5e-5 at full width and 3,216 patches a step; small widths learn with more.
LEARNING_RATE: dict[Recipe, float] = {"faithful": 8.5e-5, "paired": 2e-3}
