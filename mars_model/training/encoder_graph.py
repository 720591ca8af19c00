"""Builds ONNX graphs node by node: what all of a bundle share, and that of an encoder.

An encoder's graph takes a form that the network does not have and no tracer would find: the
convolution's tables as constants. Source: docs/model.md, identity 5.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from mars_model.training.network import Encoder
from mars_model.training.text_encoders import ConvolutionalText, MeanText

OPSET = 20
IR_VERSION = 10
INT64_MAX = np.iinfo(np.int64).max
Constants = dict[str, NDArray[np.generic]]


@torch.no_grad()
def encoder_graph(encoder: Encoder, name: str) -> onnx.ModelProto:
    """Build the graph of one encoder.

    Inputs: `words` int64 `[B, L]`, L at least c, 0 pads behind the last word, where the encoder
        reads a text; `free` float32 `[B, K]`, the items' free vectors, where it has them.
    Output: `vectors` float32 `[B, K]`.
    """
    inputs: list[onnx.ValueInfoProto] = []
    nodes: list[NodeProto] = []
    constants: Constants = {}
    parts: list[str] = []
    if encoder.text is not None and encoder.projection is not None:
        inputs.append(helper.make_tensor_value_info("words", TensorProto.INT64, ["B", "L"]))
        if isinstance(encoder.text, ConvolutionalText):
            nodes, constants = _convolution(encoder.text)
        else:
            nodes, constants = _mean(encoder.text)
        constants["projection"] = encoder.projection.weight.numpy()
        constants["projection_bias"] = encoder.projection.bias.numpy()
        gemm_inputs = ["features", "projection", "projection_bias"]
        nodes.append(helper.make_node("Gemm", gemm_inputs, ["projected"], transB=1))
        parts.append("projected")
    if encoder.free is not None:
        inputs.append(float_info("free", ["B", encoder.size]))
        parts.append("free")
    if len(parts) == 2:
        nodes.append(helper.make_node("Add", parts, ["sum"]))
        parts = ["sum"]
    nodes.append(helper.make_node("Tanh", parts, ["vectors"]))
    return make_model(name, nodes, inputs, [float_info("vectors", ["B", encoder.size])], constants)


def _convolution(text: ConvolutionalText) -> tuple[list[NodeProto], Constants]:
    """`words` to `features` `[B, g]`: sums of table rows, their maximum, bias and ReLU."""
    tables = text.lookup_tables(text.word_embedding).numpy()
    window = tables.shape[1]
    constants: Constants = {
        "filter_bias": text.filter_bias.numpy(),
        "no_word": np.array(0, dtype=np.int64),
        "axis_1": np.array([1], dtype=np.int64),
        "first": np.array([0], dtype=np.int64),
        "second": np.array([1], dtype=np.int64),
    }
    nodes, shifted = [], []
    for offset in range(window):
        stop = offset - window + 1
        constants[f"table_{offset}"] = np.ascontiguousarray(tables[:, offset])
        constants[f"start_{offset}"] = np.array([offset], dtype=np.int64)
        constants[f"stop_{offset}"] = np.array([stop if stop < 0 else INT64_MAX], dtype=np.int64)
        shifted.append(f"words_{offset}")
        slice_inputs = ["words", f"start_{offset}", f"stop_{offset}", "axis_1"]
        nodes.append(helper.make_node("Slice", slice_inputs, [shifted[-1]]))
    nodes += [
        helper.make_node("Equal", [shifted[-1], "no_word"], ["is_padding"]),
        helper.make_node("Not", ["is_padding"], ["is_valid"]),
    ]
    for offset in range(window):
        nodes += _table_rows(offset)
    sums = "rows_0"
    for offset in range(1, window):
        nodes.append(helper.make_node("Add", [sums, f"rows_{offset}"], [f"sums_{offset}"]))
        sums = f"sums_{offset}"
    nodes += [
        helper.make_node("ReduceMax", [sums, "axis_1"], ["pooled"], keepdims=0),
        helper.make_node("Add", ["pooled", "filter_bias"], ["biased"]),
        helper.make_node("Relu", ["biased"], ["features"]),
    ]
    return nodes, constants


def _table_rows(offset: int) -> list[NodeProto]:
    """Look up the words at one offset of all windows: `rows_<offset>` `[B, windows, g]`.

    A window that reaches into the padding repeats the first one: it cannot change the maximum.
    """
    words, first = f"words_{offset}", f"first_window_{offset}"
    repeated = f"repeated_{offset}"
    return [
        helper.make_node("Slice", [words, "first", "second", "axis_1"], [first]),
        helper.make_node("Where", ["is_valid", words, first], [repeated]),
        helper.make_node("Gather", [f"table_{offset}", repeated], [f"rows_{offset}"], axis=0),
    ]


def _mean(text: MeanText) -> tuple[list[NodeProto], Constants]:
    """`words` to `features` `[B, e]`: the sum of the words' rows over the number of words."""
    constants: Constants = {
        "word_embedding": text.word_embedding.numpy(),  # row 0, the padding's, is zero
        "axis_1": np.array([1], dtype=np.int64),
        "one": np.array(1, dtype=np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["word_embedding", "words"], ["rows"], axis=0),
        helper.make_node("ReduceSum", ["rows", "axis_1"], ["sums"], keepdims=0),
        helper.make_node("Cast", ["words"], ["is_word"], to=TensorProto.BOOL),
        helper.make_node("Cast", ["is_word"], ["ones"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["ones", "axis_1"], ["n_words"], keepdims=1),
        helper.make_node("Max", ["n_words", "one"], ["n_at_least_one"]),
        helper.make_node("Div", ["sums", "n_at_least_one"], ["features"]),
    ]
    return nodes, constants


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
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)],
        ir_version=IR_VERSION,
        producer_name="mars-batch",
    )
