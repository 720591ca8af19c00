"""Builds ONNX graphs from the bundle's nodes: what all of a bundle share, and an encoder's weights.

An encoder's graph takes a form that the network does not have and no tracer would find: the
convolution's tables as constants. Source: docs/model.md, identity 5.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mars_model.bundle.encoder_nodes import TextShape, encoder_of
from mars_model.bundle.graph import IR_VERSION, OPSETS, Declared, Graph, Node
from mars_model.training.network import Encoder
from mars_model.training.text_encoders import ConvolutionalText, MeanText


@torch.no_grad()
def encoder_graph(encoder: Encoder, name: str) -> onnx.ModelProto:
    """Build the graph of one encoder: see `encoder_of`."""
    text, weights = None, {}
    if encoder.text is not None and encoder.projection is not None:
        text = _shape_of(encoder.text)
        weights = _text_weights(encoder.text)
        weights["projection"] = encoder.projection.weight.numpy()
        weights["projection_bias"] = encoder.projection.bias.numpy()
    return model_of(encoder_of(name, encoder.size, text, encoder.free is not None), weights)


def model_of(graph: Graph, weights: Mapping[str, NDArray[np.generic]]) -> onnx.ModelProto:
    """A graph with its weights."""
    return make_model(
        graph.name,
        [_node(node) for node in graph.nodes],
        [_declared(one) for one in graph.inputs],
        [_declared(one) for one in graph.outputs],
        {**graph.constants, **{name: weights[name] for name in graph.weights}},
    )


def _shape_of(text: ConvolutionalText | MeanText) -> TextShape:
    n_words = len(text.word_embedding) - 1  # row 0, the padding's, is zero
    if isinstance(text, MeanText):
        return TextShape("mean", n_words, text.n_features, 1)
    return TextShape("cnn", n_words, text.n_features, len(text.filters))


def _text_weights(text: ConvolutionalText | MeanText) -> dict[str, NDArray[np.generic]]:
    if isinstance(text, MeanText):
        return {"word_embedding": text.word_embedding.numpy()}
    tables = text.lookup_tables(text.word_embedding).numpy()
    return {
        "filter_bias": text.filter_bias.numpy(),
        **{f"table_{n}": np.ascontiguousarray(tables[:, n]) for n in range(tables.shape[1])},
    }


def _node(node: Node) -> onnx.NodeProto:
    attributes = {
        name: numpy_helper.from_array(value, "one") if isinstance(value, np.ndarray) else value
        for name, value in node.attributes.items()
    }
    return helper.make_node(node.operator, node.inputs, node.outputs, **attributes)


def _declared(one: Declared) -> onnx.ValueInfoProto:
    number = helper.np_dtype_to_tensor_dtype(np.dtype(one.dtype))
    return helper.make_tensor_value_info(one.name, number, one.shape)


def float_info(name: str, shape: Sequence[str | int]) -> onnx.ValueInfoProto:
    """Declare a float32 input or output."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def make_model(
    name: str,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: Mapping[str, NDArray[np.generic]],
) -> onnx.ModelProto:
    """Put a graph together with its constants."""
    initializers = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    return helper.make_model(
        helper.make_graph(nodes, name, inputs, outputs, initializers),
        opset_imports=[helper.make_opsetid(*opset) for opset in OPSETS],
        ir_version=IR_VERSION,
        producer_name="mars-batch",
    )
