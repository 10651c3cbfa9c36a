"""An untrained network of the published recipe: `python eager.py FILE WIDTH PICTURES THREADS`.

Writes it as ONNX to FILE. Then, for each line it is sent, it runs all patches of so many pictures in eager mode and answers with a line.
"""

import sys

import onnx
import torch

from training.discopatch.export import export
from training.discopatch.network import Discriminator, score
from training.discopatch.settings import PATCH, Settings

file, width, pictures, threads = sys.argv[1], *map(int, sys.argv[2:])
torch.set_num_threads(threads)
torch.manual_seed(1)
settings = Settings(recipe="faithful", width=width)
network = Discriminator(settings.widths, settings.recipe).use(settings.normalisation, settings.patches)
onnx.save(export(network, settings), file)
pixels = torch.randint(0, 256, (pictures * settings.patches, 3, PATCH, PATCH), dtype=torch.uint8)
with torch.inference_mode():
    score(network, pixels, settings.patches)
    print(f"PyTorch {torch.__version__} eager", flush=True)
    for _ in sys.stdin:
        score(network, pixels, settings.patches)
        print("done", flush=True)
