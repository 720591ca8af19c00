"""Writes the three ONNX graphs of a model: two encoders and the attention over histories.

Source: docs/model.md, identity 2 (attention); the encoders' graphs stand in encoder_graph.py.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper

from mars_model.settings import AttentionKind
from mars_model.training.encoder_graph import encoder_graph
from mars_model.training.graphs import float_info, make_model
from mars_model.training.network import MarsNetwork

# Relevance of tanh vectors stays below K in magnitude: float32 holds 70 exp(70) summed over a
# million slots, float64 far more than K = 300 needs.
MAX_FLOAT32_SIZE = 70


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


def export_network(
    network: MarsNetwork, folder: Path, attention: AttentionKind = "softmax"
) -> ExportedFiles:
    """Write the graphs of a trained network, one file each, into an existing folder."""
    files = ExportedFiles.in_folder(folder)
    graphs = (
        (files.item_encoder, encoder_graph(network.item_encoder, "item_encoder")),
        (files.user_encoder, encoder_graph(network.user_encoder, "user_encoder")),
        (files.attention, attention_graph(network.item_encoder.size, attention)),
    )
    for path, graph in graphs:
        path.write_bytes(graph.SerializeToString())
    return files


def attention_graph(
    representation_size: int, attention: AttentionKind = "softmax"
) -> onnx.ModelProto:
    """Build the graph that scores candidates for a block of users: `R = (H P) / (H E) + b`.

    With attention "sum" it is `R = H G + b`.
    Shapes: U users, I slots in use, C candidates, K representation size, S pairs, N top-N.
    Inputs: `histories` sparse CSR `[U, I]` of ones, float32, or float64 where exp needs it
        (K > 70); `memory` float32 `[I, K]`; `candidates` float32 `[C, K]`; `item_bias` float32
        `[C]`; `seen` int64 `[S, 2]`, (user row, candidate row) pairs whose score becomes -inf;
        `n_top` int64 `[1]`.
    Outputs: `scores` float32 `[U, C]`, a user without history all NaN (0 + b with "sum");
        `top_scores` float32 `[U, N]` and `top_positions` int64 `[U, N]`, score descending, then
        position ascending.
    """
    is_wide = attention == "softmax" and representation_size > MAX_FLOAT32_SIZE
    wide_type = TensorProto.DOUBLE if is_wide else TensorProto.FLOAT
    nodes = [
        helper.make_node("Transpose", ["candidates"], ["columns"], perm=[1, 0]),
        helper.make_node("MatMul", ["memory", "columns"], ["inner"]),
        helper.make_node("Cast", ["inner"], ["relevance"], to=wide_type),
        *(_sum_nodes() if attention == "sum" else _quotient_nodes()),
        helper.make_node("Cast", ["total"], ["preference"], to=TensorProto.FLOAT),
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
        float_info("memory", ["I", representation_size]),
        float_info("candidates", ["C", representation_size]),
        float_info("item_bias", ["C"]),
        helper.make_tensor_value_info("seen", TensorProto.INT64, ["S", 2]),
        helper.make_tensor_value_info("n_top", TensorProto.INT64, [1]),
    ]
    outputs = [
        float_info("scores", ["U", "C"]),
        float_info("top_scores", ["U", "N"]),
        helper.make_tensor_value_info("top_positions", TensorProto.INT64, ["U", "N"]),
    ]
    constants = {"minus_infinity": np.array(-np.inf, dtype=np.float32)}
    return make_model("attention", nodes, inputs, outputs, constants)


def _quotient_nodes() -> list[NodeProto]:
    return [
        helper.make_node("Exp", ["relevance"], ["weights"]),
        helper.make_node("Mul", ["weights", "relevance"], ["weighted"]),
        _times_histories("weighted", "numerator"),
        _times_histories("weights", "divisor"),
        helper.make_node("Div", ["numerator", "divisor"], ["total"]),
    ]


def _sum_nodes() -> list[NodeProto]:
    return [_times_histories("relevance", "total")]


def _times_histories(values: str, product: str) -> NodeProto:
    inputs = ["histories", values]
    return helper.make_node("SparseToDenseMatMul", inputs, [product], domain="com.microsoft")
