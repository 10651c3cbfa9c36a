"""`python -m training.discopatch --data FOLDER --out BUNDLE`: trains, evaluates and exports a discriminator of patches."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from training.discopatch import bundle, pictures, report
from training.discopatch.evaluate import evaluate
from training.discopatch.export import export
from training.discopatch.settings import LEARNING_RATE, PATCH, Settings
from training.discopatch.train import train


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    settings = Settings(
        recipe=options.recipe,
        width=options.width,
        size=options.size,
        steps=options.steps,
        pictures_per_step=options.pictures_per_step,
        patches_per_picture=options.patches_per_picture,
        learning_rate=options.learning_rate or LEARNING_RATE[options.recipe],
        seed=options.seed,
    )
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    options.out.mkdir(parents=True, exist_ok=True)
    training, held_out = pictures.split(pictures.find(options.data))
    print(f"{len(training)} pictures to train on, {len(held_out)} held out; {settings.recipe} recipe, widths {settings.widths}, on {device}", flush=True)

    run, history = train(settings, training, options.out, device, options.resume)
    evaluation = evaluate(run.discriminator, settings, held_out, training, device)
    bundle.write(options.out, export(run.discriminator, settings), settings, training, evaluation.clean)
    report.write(options.out, evaluation, settings, history, str(device))
    print(f"{options.out}: model.onnx, manifest.json, report.md, report.json")
    print(f"metric discopatch_paired_auroc {evaluation.mean_auroc:.4f}")
    print(f"metric discopatch_cindex {evaluation.mean_concordance:.4f}")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    default = Settings()
    parser = argparse.ArgumentParser(prog="python -m training.discopatch", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of clean pictures (JPEG, PNG, WebP), searched through; a third is held out")
    parser.add_argument("--out", type=Path, required=True, help="folder for model, manifest, report and checkpoint")
    parser.add_argument("--recipe", choices=["faithful", "paired"], default=default.recipe)
    parser.add_argument("--width", type=positive, default=default.width, help="channels of the first stage, doubled three times; the paper has 128")
    parser.add_argument("--size", type=positive, default=default.size, help=f"side that pictures are resized to, at least {PATCH}")
    parser.add_argument("--steps", type=positive, default=default.steps)
    parser.add_argument("--pictures-per-step", type=positive, default=default.pictures_per_step)
    parser.add_argument("--patches-per-picture", type=positive, default=default.patches_per_picture, help="in training; 64 when scored")
    parser.add_argument("--learning-rate", type=float, help="default: 8.5e-5 for faithful, 2e-3 (falling to 0) for paired")
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--threads", type=positive, default=1, help="CPU threads of PyTorch")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--resume", action="store_true", help="go on from OUT/checkpoint.pt")
    options = parser.parse_args(arguments)
    if options.size < PATCH:
        parser.error(f"--size {options.size}: must be at least {PATCH}, the side of a patch")
    if not options.resume and (options.out / "manifest.json").exists():
        parser.error(f"--out {options.out}: holds a bundle already; name another folder or remove it")
    return options


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: must be at least 1")
    return value


if __name__ == "__main__":
    main()
