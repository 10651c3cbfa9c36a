"""The two ways to train the discriminator. A step depends on its number, the settings and the weights alone, so that a resumed run is the same run."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.discopatch import patches, pictures
from training.discopatch.degradations import degrade
from training.discopatch.network import Discriminator, Vae, normalise, real_or_fake
from training.discopatch.settings import Settings

KL_WEIGHT = 1e-4
ADVERSARIAL_WEIGHT = 1e-3


class Paired:
    """Clean and degraded versions of the same patches in one batch, ordinary BatchNorm, one logit per picture.

    The loss is cross-entropy plus a ranking term on each pair, softplus(degraded - clean), in which the picture's content cancels out.
    """

    def __init__(self, settings: Settings, device: torch.device) -> None:
        self.settings, self.device = settings, device
        self.discriminator = Discriminator(settings.widths, "paired").to(device)
        self.modules: dict[str, nn.Module] = {"discriminator": self.discriminator}
        self.optimisers = {"discriminator": torch.optim.Adam(self.discriminator.parameters(), settings.learning_rate)}

    def step(self, number: int, paths: list[Path]) -> dict[str, float]:
        settings, random = self.settings, np.random.default_rng([self.settings.seed, number])
        clean, degraded = [], []
        for path in draw(paths, settings, random):
            pixels, corners = pictures.square(path), patches.random_corners(settings.size, settings.patches_per_picture, random)
            clean.append(patches.cut(pictures.resize(pixels, settings.size), corners))
            degraded.append(patches.cut(pictures.resize(degrade(pixels, random), settings.size), corners))
        x = normalise(torch.from_numpy(np.concatenate(clean + degraded)).to(self.device))
        real = torch.arange(len(clean) * 2, device=self.device) < len(clean)

        optimiser = self.optimisers["discriminator"]
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * 0.5 * (1 + math.cos(math.pi * number / settings.steps))
        with mixed_precision(self.device):
            logit = self.discriminator(x, settings.patches_per_picture)
        logit = logit.float().unflatten(0, (-1, settings.patches_per_picture)).mean(1)
        loss = F.binary_cross_entropy_with_logits(logit, real.float()) + F.softplus(logit[~real] - logit[real]).mean()
        descend(optimiser, loss)
        return {"loss": loss.item(), "ranked": (logit[real] > logit[~real]).float().mean().item()}


class Faithful:
    """VAE and discriminator; real, generated and reconstructed patches go through the discriminator as separate batches of mixed pictures.

    L_VAE = MSE + 1e-4 KL + 1e-3 BCE(D(x^), 1) + 1e-3 BCE(D(G(z)), 1); L_D = (BCE(D(x), 1) + (BCE(D(G(z)), 0) + BCE(D(x^), 0)) / 2) / 2.
    """

    def __init__(self, settings: Settings, device: torch.device) -> None:
        self.settings, self.device = settings, device
        self.discriminator = Discriminator(settings.widths, "faithful").to(device)
        self.vae = Vae(settings).to(device)
        self.modules: dict[str, nn.Module] = {"discriminator": self.discriminator, "vae": self.vae}
        self.optimisers = {name: torch.optim.Adam(module.parameters(), settings.learning_rate) for name, module in self.modules.items()}

    def step(self, number: int, paths: list[Path]) -> dict[str, float]:
        settings, random = self.settings, np.random.default_rng([self.settings.seed, number])
        cuts = []
        for path in draw(paths, settings, random):
            pixels = pictures.resize(pictures.square(path), settings.size)
            cuts.append(patches.cut(pixels, patches.random_corners(settings.size, settings.patches_per_picture, random)))
        x = normalise(torch.from_numpy(np.concatenate(cuts)).to(self.device))
        noise, z = torch.from_numpy(random.standard_normal((2, len(x), settings.latent), dtype=np.float32)).to(self.device)

        with mixed_precision(self.device):
            reconstructed, mean, log_variance = self.vae(x, noise)
            generated = self.vae.decode(z)
            fooled = self.judge(reconstructed, real=True) + self.judge(generated, real=True)
        mean, log_variance = mean.float(), log_variance.float()
        kl = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(1).mean()
        vae_loss = F.mse_loss(reconstructed.float(), x) + KL_WEIGHT * kl + ADVERSARIAL_WEIGHT * fooled
        descend(self.optimisers["vae"], vae_loss)

        with mixed_precision(self.device):
            fakes = self.judge(generated.detach(), real=False) + self.judge(reconstructed.detach(), real=False)
            loss = 0.5 * (self.judge(x, real=True) + 0.5 * fakes)
        descend(self.optimisers["discriminator"], loss)
        return {"loss": loss.item(), "vae": vae_loss.item()}

    def judge(self, x: Tensor, real: bool) -> Tensor:
        return real_or_fake(self.discriminator(x, self.settings.patches_per_picture), real)


def draw(paths: list[Path], settings: Settings, random: np.random.Generator) -> list[Path]:
    return [paths[index] for index in random.choice(len(paths), min(settings.pictures_per_step, len(paths)), replace=False)]


def mixed_precision(device: torch.device) -> torch.autocast:
    """bfloat16 on CUDA, which needs no scaling of the loss; plain float32 on the CPU."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda")


def descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    if not torch.isfinite(loss):
        raise SystemExit(f"the loss is {loss.item()}: lower --learning-rate, or resume from the last checkpoint with another --seed")
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()
