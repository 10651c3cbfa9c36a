"""Pretrained backbones as small ONNX files whose outputs are feature maps ("taps")."""
