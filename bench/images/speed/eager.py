"""PyTorch eager on the same network and taps: `python eager.py BATCH THREADS`. For each line it is sent, it runs one batch and answers with a line."""

import sys

import torch

from training.backbone import lite0

batch, threads = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
network = lite0.load().eval()
pixels = torch.rand(batch, 3, 224, 224) * 2 - 1
with torch.inference_mode():
    lite0.taps(network, pixels)
    print(f"PyTorch {torch.__version__} eager", flush=True)
    for _ in sys.stdin:
        lite0.taps(network, pixels)
        print("done", flush=True)
