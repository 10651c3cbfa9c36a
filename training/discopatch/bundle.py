"""The folder that a run leaves for the run time: model.onnx and manifest.json."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import PIL
import torch
from numpy.typing import NDArray

from training.discopatch.fingerprint import fingerprint, quantiles
from training.discopatch.patches import JITTER
from training.discopatch.pictures import KERNEL
from training.discopatch.settings import PATCH, Settings

FORMAT = "driftwatch discopatch"
SCHEMA_VERSION = 1


def write(out: Path, model: onnx.ModelProto, settings: Settings, training: list[Path], clean: NDArray[np.float64]) -> None:
    """`clean`: scores of held-out clean pictures; those of the training pictures lie lower and must not be calibrated on."""
    data = model.SerializeToString(deterministic=True)
    (out / "model.onnx").write_bytes(data)
    manifest = {
        "format": FORMAT,
        "schemaVersion": SCHEMA_VERSION,
        "recipe": settings.recipe,
        "normalisation": settings.normalisation,
        "widths": settings.widths,
        "model": {
            "file": "model.onnx",
            "sha256": hashlib.sha256(data).hexdigest(),
            "input": {"name": "patches", "type": "uint8", "shape": ["pictures * patches", 3, PATCH, PATCH]},
            "outputs": {"logit": ["pictures * patches"], "score": ["pictures"]},
            "patchesPerPicture": settings.patches,
            "score": "mean negative logit over the picture's patches; high is abnormal",
        },
        "preprocessing": {
            "orientation": "exif",
            "colour": "rgb",
            "crop": "centre square",
            "resize": {"width": settings.size, "height": settings.size, "kernel": KERNEL, "antialias": True, "as": f"Pillow {PIL.__version__}"},
            "layout": "nchw",
            "range": [0, 255],
        },
        "patchGrid": {
            "patch": PATCH,
            "rows": settings.grid,
            "columns": settings.grid,
            "place": f"floor(index * (size - {PATCH}) / {settings.grid - 1}) + floor(u * {2 * JITTER + 1}) - {JITTER}, kept in 0..size - {PATCH}",
            "jitter": JITTER,
            "random": "u: mulberry32 seeded with the 32-bit FNV-1a hash of the record id in UTF-8; per patch, row by row, down then right",
        },
        "source": fingerprint(training, settings.size),
        "heldOut": {"pictures": len(clean), "score": quantiles(clean.tolist())},
        "training": {**settings.to_json(), "pictures": len(training), "torch": torch.__version__},
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
