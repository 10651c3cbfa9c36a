"""Builds small ONNX graphs by hand."""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

OPSET = 17
IR_VERSION = 8


class GraphWriter:
    """Collects nodes and initializers; names are the ones of the values they make."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[np.generic] | np.generic) -> str:
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def model(self, producer: str, name: str, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto], description: str) -> onnx.ModelProto:
        """The checked model. Raises onnx.checker.ValidationError or onnx.shape_inference.InferenceError."""
        body = helper.make_graph(self.nodes, name, inputs, outputs, self.initializers)
        model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name=f"driftwatch {producer}")
        model.doc_string = description
        onnx.checker.check_model(model, full_check=True)
        return model
