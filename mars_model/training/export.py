"""Writes the three ONNX graphs of a model: two encoders and the attention over histories.

The graphs are built node by node: they are small, and it is here that they take forms the network
does not have (tables as constants, the quotient form), which no tracer would find.

Source: docs/model.md, identity 5 (encoders) and identity 2 (attention).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mars_model.training.network import MarsNetwork, TextEncoder

OPSET = 20
IR_VERSION = 10
# Scores of tanh vectors stay below K in magnitude: float32 holds 70 exp(70) summed over a million
# slots, float64 far more than K = 300 needs.
MAX_FLOAT32_SIZE = 70
INT64_MAX = np.iinfo(np.int64).max


@dataclass(frozen=True)
class ExportedFiles:
    """Where the three graphs lie."""

    item_encoder: Path
    user_encoder: Path
    attention: Path

    @classmethod
    def in_folder(cls, folder: Path) -> "ExportedFiles":
        """Return the paths that the graphs have inside a model's folder."""
        return cls(
            item_encoder=folder / "item_encoder.onnx",
            user_encoder=folder / "user_encoder.onnx",
            attention=folder / "attention.onnx",
        )


def export_network(network: MarsNetwork, folder: Path) -> ExportedFiles:
    """Write the graphs of a trained network, one file each, into an existing folder."""
    files = ExportedFiles.in_folder(folder)
    _write(encoder_graph(network.item_encoder, "item_encoder"), files.item_encoder)
    _write(encoder_graph(network.user_encoder, "user_encoder"), files.user_encoder)
    representation_size = network.item_encoder.projection.out_features
    _write(attention_graph(representation_size), files.attention)
    return files


@torch.no_grad()
def encoder_graph(encoder: TextEncoder, name: str) -> onnx.ModelProto:
    """Build the graph of one encoder.

    Input: `words` int64 `[B, L]`, L at least c, 0 pads behind the last word.
    Output: `vectors` float32 `[B, K]`.
    """
    tables = encoder.lookup_tables(encoder.word_embedding).numpy()
    window = tables.shape[1]
    constants = {
        "filter_bias": encoder.filter_bias.numpy(),
        "projection": encoder.projection.weight.numpy(),
        "projection_bias": encoder.projection.bias.numpy(),
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
        helper.make_node(
            "Gemm", ["features", "projection", "projection_bias"], ["projected"], transB=1
        ),
        helper.make_node("Tanh", ["projected"], ["vectors"]),
    ]
    representation_size = encoder.projection.out_features
    inputs = [helper.make_tensor_value_info("words", TensorProto.INT64, ["B", "L"])]
    outputs = [_float_info("vectors", ["B", representation_size])]
    return _model(name, nodes, inputs, outputs, constants)


def _table_rows(offset: int) -> list[onnx.NodeProto]:
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


def attention_graph(representation_size: int) -> onnx.ModelProto:
    """Build the graph that scores candidates for a block of users: `R = (H P) / (H E)`.

    Shapes: U users, I slots in use, C candidates, K representation size, S pairs, N top-N.
    Inputs: `histories` sparse CSR `[U, I]` of ones, float32, or float64 where K > 70;
        `memory` float32 `[I, K]`; `candidates` float32 `[C, K]`; `item_bias` float32 `[C]`;
        `seen` int64 `[S, 2]`, (user row, candidate row) pairs whose score becomes -inf;
        `n_top` int64 `[1]`.
    Outputs: `scores` float32 `[U, C]`, a user without history all NaN; `top_scores` float32
        `[U, N]` and `top_positions` int64 `[U, N]`, score descending, then position ascending.
    """
    is_wide = representation_size > MAX_FLOAT32_SIZE
    wide_type = TensorProto.DOUBLE if is_wide else TensorProto.FLOAT
    sparse = {"domain": "com.microsoft"}
    nodes = [
        helper.make_node("Transpose", ["candidates"], ["columns"], perm=[1, 0]),
        helper.make_node("MatMul", ["memory", "columns"], ["inner"]),
        helper.make_node("Cast", ["inner"], ["relevance"], to=wide_type),
        helper.make_node("Exp", ["relevance"], ["weights"]),
        helper.make_node("Mul", ["weights", "relevance"], ["weighted"]),
        helper.make_node("SparseToDenseMatMul", ["histories", "weighted"], ["numerator"], **sparse),
        helper.make_node("SparseToDenseMatMul", ["histories", "weights"], ["divisor"], **sparse),
        helper.make_node("Div", ["numerator", "divisor"], ["quotient"]),
        helper.make_node("Cast", ["quotient"], ["preference"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["preference", "item_bias"], ["all_scores"]),
        helper.make_node("Shape", ["seen"], ["n_seen"], start=0, end=1),
        helper.make_node("Expand", ["minus_infinity", "n_seen"], ["never"]),
        helper.make_node("ScatterND", ["all_scores", "seen", "never"], ["scores"]),
        helper.make_node(
            "TopK", ["scores", "n_top"], ["top_scores", "top_positions"], axis=1, largest=1
        ),
    ]
    inputs = [
        helper.make_sparse_tensor_value_info("histories", wide_type, ["U", "I"]),
        _float_info("memory", ["I", representation_size]),
        _float_info("candidates", ["C", representation_size]),
        _float_info("item_bias", ["C"]),
        helper.make_tensor_value_info("seen", TensorProto.INT64, ["S", 2]),
        helper.make_tensor_value_info("n_top", TensorProto.INT64, [1]),
    ]
    outputs = [
        _float_info("scores", ["U", "C"]),
        _float_info("top_scores", ["U", "N"]),
        helper.make_tensor_value_info("top_positions", TensorProto.INT64, ["U", "N"]),
    ]
    constants = {"minus_infinity": np.array(-np.inf, dtype=np.float32)}
    return _model("attention", nodes, inputs, outputs, constants)


def _float_info(name: str, shape: list[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _model(
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


def _write(model: onnx.ModelProto, path: Path) -> None:
    """Write a graph with its constants inside."""
    path.write_bytes(model.SerializeToString())
