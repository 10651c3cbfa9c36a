"""What a run achieved: report.json, report.md and two pictures."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib
import numpy as np

from training.discopatch.corruptions import SEVERITIES
from training.discopatch.evaluate import Evaluation
from training.discopatch.settings import Settings
from training.discopatch.train import History

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402


def write(out: Path, evaluation: Evaluation, settings: Settings, history: History, device: str) -> None:
    (out / "report.json").write_text(json.dumps(as_json(evaluation, settings, device), indent=2) + "\n")
    (out / "report.md").write_text(markdown(evaluation, settings, device))
    loss_plot(out / "loss.png", history)
    score_plot(out / "scores.png", evaluation)


def as_json(evaluation: Evaluation, settings: Settings, device: str) -> dict[str, object]:
    return {
        "settings": settings.to_json(),
        "device": device,
        "pairedAuroc": evaluation.mean_auroc,
        "pairedAurocBySeverity": evaluation.severity_auroc,
        "concordance": evaluation.mean_concordance,
        "families": {name: {"auroc": rows, "concordance": evaluation.concordance[name]} for name, rows in evaluation.auroc.items()},
        "cleanScore": {"heldOut": spread(evaluation.clean), "training": spread(evaluation.training)},
    }


def spread(scores: np.ndarray) -> dict[str, float]:
    return {"pictures": len(scores), "mean": float(scores.mean()), "sd": float(scores.std(ddof=1))}


def markdown(evaluation: Evaluation, settings: Settings, device: str) -> str:
    rows = [row(name, values, evaluation.concordance[name]) for name, values in evaluation.auroc.items()]
    total = row("**all**", evaluation.severity_auroc, evaluation.mean_concordance)
    clean, known = spread(evaluation.clean), spread(evaluation.training)
    return f"""# DisCoPatch, {settings.recipe} recipe

Widths {settings.widths}, {settings.steps} steps on {device}, {settings.normalisation} moments, {settings.patches} patches of 64x64 per picture of {settings.size}x{settings.size}.

Paired protocol: AUROC of {len(evaluation.clean)} clean held-out pictures against their own corrupted versions, all through one path (corrupted before resizing).
C-index over severities 0 to 5. Tested families overlap in kind with the paired recipe's degradations (noise, blur, tone, colour); fog and elastic do not.

| family | {" | ".join(f"severity {s}" for s in SEVERITIES)} | mean | C-index |
|---|{"---|" * (len(SEVERITIES) + 2)}
{chr(10).join(rows)}
{total}

Scores of clean pictures: held out {clean["mean"]:.3f} (sd {clean["sd"]:.3f}), the training's own {known["mean"]:.3f} (sd {known["sd"]:.3f}). Calibrate on held-out pictures.

![loss](loss.png)

![scores](scores.png)
"""


def row(name: str, values: list[float], concordance: float) -> str:
    return f"| {name} | {' | '.join(f'{v:.3f}' for v in values)} | {np.mean(values):.3f} | {concordance:.3f} |"


def loss_plot(file: Path, history: History) -> None:
    figure, axes = pyplot.subplots(figsize=(7, 3.5), layout="constrained")
    width = max(1, len(history) // 100)
    for name in history[0]:
        values = np.convolve([h[name] for h in history], np.full(width, 1 / width), mode="valid")
        axes.plot(np.arange(len(values)) + width, values, label=name)
    axes.set(xlabel="step", ylabel=f"mean over {width} steps")
    axes.legend()
    figure.savefig(file, dpi=120)
    pyplot.close(figure)


def score_plot(file: Path, evaluation: Evaluation) -> None:
    """Median score and 10 to 90 % range of each family over severity, clean pictures at 0."""
    figure, axes = pyplot.subplots(3, 5, figsize=(12, 7), sharex=True, sharey=True, layout="constrained")
    for axis, (name, scores) in zip(axes.flat, evaluation.corrupted.items(), strict=True):
        low, middle, high = np.quantile(np.vstack([evaluation.clean, scores]), [0.1, 0.5, 0.9], axis=1)
        severity = [0, *SEVERITIES]
        axis.fill_between(severity, low, high, alpha=0.25)
        axis.plot(severity, middle)
        axis.axhline(np.quantile(evaluation.clean, 0.95), linestyle=":", color="grey")
        axis.set_title(name.replace("_", " "), fontsize=9)
    figure.supxlabel("severity (0: clean; dotted: 95 % of clean scores)")
    figure.supylabel("score")
    figure.savefig(file, dpi=110)
    pyplot.close(figure)
