"""`python -m training.backbone efficientnet-lite0 --out FILE`: makes and checks a pretrained backbone with taps."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from training.backbone import check, lite0
from training.backbone.graph import tap_model

# Of a tap's standard deviation. On photos PyTorch's own float32 rounding is 2e-4 in absolute terms, on values up to 68.
FP32_TOLERANCE = 1e-4


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.backbone", description=__doc__)
    parser.add_argument("name", choices=["efficientnet-lite0"])
    parser.add_argument("--out", type=Path, required=True, help="the ONNX file to write")
    parser.add_argument("--precision", choices=["mixed", "fp32"], default="mixed", help="mixed: fp16 to the 80-channel stage, int8 1x1 weights after it")
    parser.add_argument("--images", type=Path, help="a folder of JPEGs to check on; default: procedural pictures")
    options = parser.parse_args()

    network = lite0.load()
    folded = lite0.blocks(network)
    pixels = check.photos(options.images) if options.images else check.procedural()
    expected = lite0.taps(network, check.tensor(pixels))

    exact = check.differences(check.run(tap_model(folded, "fp32"), pixels), expected)
    worst = max(exact[name][0] / float(expected[name].std()) for name in expected)
    if worst > FP32_TOLERANCE:
        raise SystemExit(f"the folded fp32 graph differs from PyTorch by {worst:.2e} of a tap's sd, allowed {FP32_TOLERANCE:.0e}: nothing written")

    model = tap_model(folded, options.precision)
    data = model.SerializeToString(deterministic=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(data)
    trained = options.out.with_suffix(".trained.json")
    trained.write_text(json.dumps(lite0.trained(network)) + "\n")
    print(f"{trained}: mean and variance of the taps in training, for `driftwatch backbone prepare --trained`")
    print(f"{options.out}: {len(data):,} bytes, sha256 {hashlib.sha256(data).hexdigest()}")
    print("tap      largest difference   mean / tap's sd   channel means / their sd")
    for name, (largest, relative, pooled) in check.differences(check.run(model, pixels), expected).items():
        print(f"{name:6} {largest:20.2e} {relative:16.2%} {pooled:22.2%}")
        print(f"metric backbone_{name}_error_sd {relative:.6f}")
    print(f"metric backbone_fp32_max_difference_sd {worst:.2e}")
    print(f"metric backbone_bytes {len(data)}")


if __name__ == "__main__":
    main()
