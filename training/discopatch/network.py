"""The discriminator, and the VAE that makes the faithful recipe's negatives (architecture: arXiv 2501.08005 and its reference code)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.discopatch.settings import PATCH, Normalisation, Recipe, Settings

VARIANCE_FLOOR = 1e-6


def normalise(pixels: Tensor) -> Tensor:
    """uint8 pixels -> [-1, 1]."""
    return pixels.float() * (1 / 127.5) - 1


class PatchNorm(nn.BatchNorm2d):
    """BatchNorm in training. In evaluation, with `patches` set, moments over each picture's own patches ("Patchnorm"); else the running ones."""

    patches: int | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.training or self.patches is None:
            return super().forward(x)
        grouped = x.unflatten(0, (-1, self.patches))
        centred = grouped - grouped.mean((1, 3, 4), keepdim=True)
        scale = torch.sqrt((centred * centred).mean((1, 3, 4), keepdim=True) + self.eps)
        return (centred / scale).flatten(0, 1) * self.weight[:, None, None] + self.bias[:, None, None]


def stage(channels_in: int, channels_out: int, norm: type[nn.BatchNorm2d]) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1), norm(channels_out), nn.LeakyReLU(0.01))


class Discriminator(nn.Module):
    """[G * P, 3, 64, 64] in [-1, 1] -> one logit per patch [G * P], high = looks real.

    Heads. faithful: all values of the last map, linear. paired: linear in the patch's channel means and in the log sd of each channel over all patches of
    the picture, of all four stages; so the mean of a picture's logits is its own logit, and each patch's part in it can be shown.
    """

    def __init__(self, widths: list[int], recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.stages = nn.Sequential(*(stage(a, b, PatchNorm) for a, b in zip([3, *widths[:-1]], widths, strict=True)))
        if recipe == "faithful":
            self.map_head = nn.Conv2d(widths[-1], 1, PATCH // 2 ** len(widths))
        else:
            self.mean_heads = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in widths)
            self.spread_heads = nn.ModuleList(nn.Conv2d(width, 1, 1, bias=False) for width in widths)

    def forward(self, x: Tensor, patches: int) -> Tensor:
        if self.recipe == "faithful":
            return self.map_head(self.stages(x)).flatten()
        logit = torch.zeros((), device=x.device)
        for one, mean_head, spread_head in zip(self.stages, self.mean_heads, self.spread_heads, strict=True):
            x = one(x)
            per_patch = mean_head(x.mean((2, 3), keepdim=True)).unflatten(0, (-1, patches))
            logit = logit + per_patch + spread_head(log_sd(x, patches))[:, None]
        return logit.flatten()

    def use(self, normalisation: Normalisation, patches: int) -> Discriminator:
        """Evaluation mode with the moments of each picture's patches or of training."""
        for module in self.modules():
            if isinstance(module, PatchNorm):
                module.patches = patches if normalisation == "picture" else None
        return self.eval()


def log_sd(x: Tensor, patches: int) -> Tensor:
    """ln of each channel's sd over all patches and places of a picture: [G * P, C, H, W] -> [G, C, 1, 1]. In float32 under mixed precision too."""
    grouped = x.float().unflatten(0, (-1, patches))
    centred = grouped - grouped.mean((1, 3, 4), keepdim=True)
    return 0.5 * torch.log((centred * centred).mean((1, 3, 4)) + VARIANCE_FLOOR)[:, :, None, None]


@torch.no_grad()
def score(network: Discriminator, pixels: Tensor, patches: int) -> tuple[Tensor, Tensor]:
    """uint8 [G * P, 3, 64, 64] -> logit [G * P], score [G] = mean negative logit. A mean of sigmoids would tie at 1 in float32."""
    logit = network(normalise(pixels), patches)
    return logit, -logit.unflatten(0, (-1, patches)).mean(1)


class Vae(nn.Module):
    """Four stages down, a Gaussian latent, and up again; tanh pixels in [-1, 1]."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        widths, latent = settings.widths, settings.latent
        self.shape = (widths[-1], PATCH // 2 ** len(widths), PATCH // 2 ** len(widths))
        flat = self.shape[0] * self.shape[1] * self.shape[2]
        self.encoder = nn.Sequential(*(stage(a, b, nn.BatchNorm2d) for a, b in zip([3, *widths[:-1]], widths, strict=True)), nn.Flatten())
        self.mean, self.log_variance = nn.Linear(flat, latent), nn.Linear(flat, latent)
        self.expand = nn.Linear(latent, flat)
        upward = list(zip(widths[::-1], [*widths[-2::-1], widths[0]], strict=True))
        self.decoder = nn.Sequential(*(self.up(a, b) for a, b in upward), nn.Conv2d(widths[0], 3, 3, padding=1), nn.Tanh())

    @staticmethod
    def up(channels_in: int, channels_out: int) -> nn.Sequential:
        transposed = nn.ConvTranspose2d(channels_in, channels_out, 3, stride=2, padding=1, output_padding=1)
        return nn.Sequential(transposed, nn.BatchNorm2d(channels_out), nn.LeakyReLU(0.01))

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(self.expand(z).unflatten(1, self.shape))

    def forward(self, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """-> reconstruction, mean, log variance; `noise` [N, latent] ~ N(0, 1)."""
        hidden = self.encoder(x)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        return self.decode(mean + torch.exp(0.5 * log_variance) * noise), mean, log_variance


def real_or_fake(logit: Tensor, real: bool) -> Tensor:
    """Binary cross-entropy on logits against one label."""
    return F.binary_cross_entropy_with_logits(logit, torch.full_like(logit, float(real)))
