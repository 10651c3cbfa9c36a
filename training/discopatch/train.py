"""The training loop: progress, checkpoints, resuming."""

from __future__ import annotations

import os
import time
from pathlib import Path

import torch

from training.discopatch.recipes import Faithful, Paired
from training.discopatch.settings import Settings

CHECKPOINT = "checkpoint.pt"
History = list[dict[str, float]]


def train(settings: Settings, paths: list[Path], out: Path, device: torch.device, resume: bool, every: int = 100) -> tuple[Faithful | Paired, History]:
    """Trains to `settings.steps`, writing OUT/checkpoint.pt every `every` steps. On the CPU, a resumed run ends bit for bit as an unbroken one."""
    torch.manual_seed(settings.seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    run = Faithful(settings, device) if settings.recipe == "faithful" else Paired(settings, device)
    history = load(run, settings, out / CHECKPOINT, device) if resume else []
    started, first = time.monotonic(), len(history)
    for module in run.modules.values():
        module.train()
    while len(history) < settings.steps:
        history.append(run.step(len(history), paths))
        done = len(history)
        if done % every == 0 or done == settings.steps:
            save(run, settings, history, out / CHECKPOINT)
            recent = {name: sum(h[name] for h in history[-every:]) / len(history[-every:]) for name in history[-1]}
            pace = (time.monotonic() - started) / (done - first)
            measures = "  ".join(f"{name} {value:.4f}" for name, value in recent.items())
            print(f"step {done}/{settings.steps}  {measures}  {pace:.2f} s/step, {pace * (settings.steps - done) / 60:.1f} min left", flush=True)
    return run, history


def save(run: Faithful | Paired, settings: Settings, history: History, file: Path) -> None:
    state = {
        "settings": settings.to_json(),
        "history": history,
        "modules": {name: module.state_dict() for name, module in run.modules.items()},
        "optimisers": {name: optimiser.state_dict() for name, optimiser in run.optimisers.items()},
    }
    part = file.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, file)


def load(run: Faithful | Paired, settings: Settings, file: Path, device: torch.device) -> History:
    if not file.exists():
        raise SystemExit(f"{file}: no checkpoint to resume; leave --resume out to start anew")
    state = torch.load(file, map_location=device, weights_only=True)
    changed = {name: (value, settings.to_json()[name]) for name, value in state["settings"].items() if settings.to_json()[name] != value}
    if changed:
        listed = ", ".join(f"{name} was {old}, now {new}" for name, (old, new) in changed.items())
        raise SystemExit(f"{file}: made with other settings ({listed}); resume with the same, or train into another folder")
    for name, module in run.modules.items():
        module.load_state_dict(state["modules"][name])
    for name, optimiser in run.optimisers.items():
        optimiser.load_state_dict(state["optimisers"][name])
    return state["history"]
