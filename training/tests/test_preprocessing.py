"""From a photograph's file to the network's input: the build of Driftwatch against Pillow, torchvision and the path of the training.

The photographs come inside packages: grace_hopper.jpg (matplotlib; US Navy, public domain), china.jpg and flower.jpg (scikit-learn; CC BY 2.0).
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode, v2

from training.discopatch import patches, pictures

PHOTOS = {
    "grace_hopper": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    "china": ("sklearn", "datasets/images/china.jpg"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
}
# The same photographs as others send them: file ending, and how Pillow writes it.
FORMATS: dict[str, dict[str, object]] = {
    "png": {},
    "webp": {"quality": 80},
    "progressive.jpg": {"quality": 75, "progressive": True},
    "coarse.jpg": {"quality": 30, "subsampling": "4:2:0"},
}
# How the build is told to, and torchvision.
FITS = {
    "stretched": ({"size": [224, 224], "fit": {"type": "stretch"}}, lambda kernel: [v2.Resize((224, 224), kernel)]),
    "enlarged": ({"size": [900, 800], "fit": {"type": "stretch"}}, lambda kernel: [v2.Resize((900, 800), kernel)]),
    "covered": ({"size": [224, 224], "fit": {"type": "cover", "short": 256}}, lambda kernel: [v2.Resize(256, kernel), v2.CenterCrop(224)]),
    "cropped": ({"size": [224, 224], "fit": {"type": "crop"}}, lambda _: [v2.CenterCrop(224)]),
}
KERNELS = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC, "lanczos3": InterpolationMode.LANCZOS}
GRID = {"size": 224, "kernel": "bicubic", "patch": 64, "rows": 8, "columns": 8, "jitter": 8}

Files = dict[str, Path]
Built = dict[tuple[str, ...], bytes]


def test_pixels_are_pillows(built: Built, files: Files) -> None:
    for name, path in files.items():
        assert built[name,] == read(path).tobytes(), name


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("fit", FITS)
def test_the_networks_input_is_torchvisions_on_pillow_pictures(built: Built, files: Files, fit: str, kernel: str) -> None:
    for name in PHOTOS:
        assert built[name, fit, kernel] == torchvisions(fit, kernel)(read(files[name])).tobytes(), name


# Grey levels: the most that any value is off, and the mean. Pillow rounds and clips to 8 bits between rows and columns; tensors of floats are not
# rounded, and bicubic ones are clipped only here, so hard edges differ.
@pytest.mark.parametrize(
    ("dtype", "kernel", "most", "mean"),
    [
        (torch.uint8, "bilinear", 1, 0.01),
        (torch.uint8, "bicubic", 2, 0.01),
        (torch.float32, "bilinear", 1.01, 0.35),
        (torch.float32, "bicubic", 20, 0.35),
    ],
)
def test_the_networks_input_is_near_torchvisions_on_tensors(
    built: Built, files: Files, dtype: torch.dtype, kernel: str, most: float, mean: float
) -> None:
    for name in PHOTOS:
        pixels = torch.from_numpy(np.array(read(files[name]))).permute(2, 0, 1).to(dtype)
        for fit in FITS:
            made = torchvisions(fit, kernel)(pixels).permute(1, 2, 0).to(torch.float32).clamp(0, 255).numpy()
            off = np.abs(np.frombuffer(built[name, fit, kernel], np.uint8).reshape(made.shape) - made)
            assert off.max() <= most and off.mean() <= mean, (name, fit)
            assert (off > 1.01).mean() < 0.002, (name, fit)


def test_patches_are_those_of_the_training(built: Built, files: Files) -> None:
    for name in PHOTOS:
        square = pictures.resize(pictures.square(files[name]), GRID["size"])
        assert built[name, "patches"] == patches.cut(square, patches.grid_corners(GRID["size"], GRID["rows"], name)).tobytes(), name


def read(path: Path) -> Image.Image:
    with Image.open(path) as file:
        return ImageOps.exif_transpose(file).convert("RGB")


def torchvisions(fit: str, kernel: str) -> v2.Compose:
    return v2.Compose(FITS[fit][1](KERNELS[kernel]))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    place = tmp_path_factory.mktemp("photos")
    found = {name: packaged(package, path) for name, (package, path) in PHOTOS.items()}
    for name in PHOTOS:
        for ending, options in FORMATS.items():
            found[f"{name}.{ending}"] = place / f"{name}.{ending}"
            read(found[name]).save(found[f"{name}.{ending}"], **options)
    return found


def packaged(package: str, path: str) -> Path:
    """A file of a package, which is not loaded."""
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.submodule_search_locations, f"{package} is not installed: pip install -r training/requirements.txt"
    return Path(spec.submodule_search_locations[0]) / path


@pytest.fixture(scope="module")
def built(dist: Path, files: Files, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """What the build makes of them, all in one process: the pixels, network inputs by fit and kernel, patches."""
    place = tmp_path_factory.mktemp("built")
    jobs: dict[tuple[str, ...], dict[str, object]] = {(name,): {"picture": str(path)} for name, path in files.items()}
    for name in PHOTOS:
        picture = jobs[name,]
        jobs[name, "patches"] = {**picture, "grid": GRID, "record": name}
        jobs |= {(name, fit, kernel): {**picture, "spec": {**spec, "kernel": kernel}} for fit, (spec, _) in FITS.items() for kernel in KERNELS}
    outs = {key: place / str(number) for number, key in enumerate(jobs)}
    (place / "jobs.json").write_text(json.dumps([{**job, "out": str(outs[key])} for key, job in jobs.items()]))
    script = Path(__file__).parent / "preprocess.mjs"
    subprocess.run(["node", str(script), str(dist), str(place / "jobs.json")], check=True, timeout=120)
    return {key: out.read_bytes() for key, out in outs.items()}
