"""Runs: the same settings give the same weights, broken off or not; and the whole command."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from training.discopatch import evaluate, pictures
from training.discopatch.__main__ import main
from training.discopatch.recipes import Faithful, Paired
from training.discopatch.settings import Recipe, Settings
from training.discopatch.train import train

CPU = torch.device("cpu")
Weights = dict[str, torch.Tensor]


def settings(recipe: Recipe, steps: int = 6, seed: int = 1) -> Settings:
    return Settings(recipe=recipe, width=4, size=96, steps=steps, pictures_per_step=3, patches_per_picture=3, grid=2, seed=seed)


def weights(run: Faithful | Paired) -> Weights:
    return {f"{name}.{key}": value for name, module in run.modules.items() for key, value in module.state_dict().items()}


def same(a: Weights, b: Weights) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize("recipe", ["faithful", "paired"])
def test_a_resumed_run_ends_bit_for_bit_as_an_unbroken_one(recipe: Recipe, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = pictures.find(folder)
    unbroken, history = train(settings(recipe), paths, new(tmp_path, "a"), CPU, resume=False, every=2)

    kind = Faithful if recipe == "faithful" else Paired
    step = kind.step
    with monkeypatch.context() as patch:
        patch.setattr(kind, "step", lambda self, number, paths: step(self, number, paths) if number < 5 else pytest.fail("power cut"))
        with pytest.raises(pytest.fail.Exception, match="power cut"):
            train(settings(recipe), paths, new(tmp_path, "b"), CPU, resume=False, every=2)
    resumed, resumed_history = train(settings(recipe), paths, tmp_path / "b", CPU, resume=True, every=2)

    assert same(weights(unbroken), weights(resumed))
    assert history == resumed_history


@pytest.mark.parametrize("recipe", ["faithful", "paired"])
def test_the_seed_decides(recipe: Recipe, folder: Path, tmp_path: Path) -> None:
    paths = pictures.find(folder)
    first, again, other = (weights(train(settings(recipe, 2, seed), paths, new(tmp_path, str(i)), CPU, resume=False)[0]) for i, seed in enumerate([1, 1, 2]))
    assert same(first, again)
    assert not same(first, other)


def test_resuming_with_other_settings_is_refused(folder: Path, tmp_path: Path) -> None:
    paths = pictures.find(folder)
    train(settings("paired", 1), paths, tmp_path, CPU, resume=False)
    with pytest.raises(SystemExit, match="steps was 1, now 2"):
        train(settings("paired", 2), paths, tmp_path, CPU, resume=True)
    with pytest.raises(SystemExit, match="no checkpoint to resume"):
        train(settings("paired", 2), paths, tmp_path / "elsewhere", CPU, resume=True)


def test_the_command_leaves_a_bundle_whose_model_gives_the_manifests_scores(bundle: Path, folder: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    model = (bundle / manifest["model"]["file"]).read_bytes()
    assert manifest["model"]["sha256"] == hashlib.sha256(model).hexdigest()
    assert manifest["source"]["jpegQuality"] == {"min": 88, "p10": 88, "p50": 88, "p90": 88, "max": 88}
    assert manifest["source"]["width"]["p50"] == 112

    _, held_out = pictures.split(pictures.find(folder))
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    made = Settings(**{key: value for key, value in manifest["training"].items() if key in Settings().to_json()})
    pixels = np.concatenate([evaluate.scored_patches(pictures.square(path), path.name, made) for path in held_out])
    scores = session.run(["score"], {manifest["model"]["input"]["name"]: pixels})[0]
    assert manifest["heldOut"]["pictures"] == len(held_out) == 6
    assert scores.min() == pytest.approx(manifest["heldOut"]["score"]["min"], abs=2e-4)
    assert scores.max() == pytest.approx(manifest["heldOut"]["score"]["max"], abs=2e-4)


def test_the_command_reports_every_family_and_severity(bundle: Path) -> None:
    report = json.loads((bundle / "report.json").read_text())
    assert len(report["families"]) == 15
    every = [value for family in report["families"].values() for value in family["auroc"]]
    assert report["pairedAuroc"] == pytest.approx(np.mean(every))
    table = (bundle / "report.md").read_text()
    assert all(f"| {name} |" in table for name in report["families"])
    assert all((bundle / picture).read_bytes().startswith(b"\x89PNG") for picture in ("loss.png", "scores.png"))


def test_a_finished_bundle_is_not_overwritten(bundle: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--data", str(folder), "--out", str(bundle)])
    assert "holds a bundle already" in capsys.readouterr().err


def new(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir()
    return made
