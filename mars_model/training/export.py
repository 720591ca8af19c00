"""Writes the ONNX graphs of a model: two encoders, the attention of slots, and their relevance.

Source: docs/scoring.md, "The quotient form"; the encoders' graphs stand in encoder_graph.py.
"""

from dataclasses import dataclass, fields
from pathlib import Path

import onnx
from onnx import NodeProto, helper

from mars_model.settings import AttentionKind
from mars_model.training.encoder_graph import encoder_graph, float_info, make_model
from mars_model.training.network import MarsNetwork


@dataclass(frozen=True)
class ExportedFiles:
    """Where the graphs lie."""

    item_encoder: Path
    user_encoder: Path
    attention: Path
    relevance: Path

    @classmethod
    def in_folder(cls, folder: Path) -> "ExportedFiles":
        """Return the paths that the graphs have inside a model's folder."""
        return cls(*(folder / f"{graph.name}.onnx" for graph in fields(cls)))


def export_network(
    network: MarsNetwork, folder: Path, attention: AttentionKind = "softmax"
) -> ExportedFiles:
    """Write the graphs of a trained network, one file each, into an existing folder."""
    files = ExportedFiles.in_folder(folder)
    graphs = (
        (files.item_encoder, encoder_graph(network.item_encoder, "item_encoder")),
        (files.user_encoder, encoder_graph(network.user_encoder, "user_encoder")),
        (files.attention, attention_graph(network.item_encoder.size, attention)),
        (files.relevance, relevance_graph(network.item_encoder.size)),
    )
    for path, graph in graphs:
        path.write_bytes(graph.SerializeToString())
    return files


def attention_graph(
    representation_size: int, attention: AttentionKind = "softmax"
) -> onnx.ModelProto:
    """Build the graph of what each slot adds to each candidate's score.

    A score is the sum of the weighted relevance over a user's slots, divided by that of the
    weights, plus the item's bias; with attention "sum" weights are 1 and nothing is divided. With
    "evidence" it is the log of the sum of the weights, plus the shift, plus the item's bias.
    Shapes: I slots, C candidates, K representation size.
    Inputs: `memory` `[I, K]`; `candidates` `[C, K]`; `shift` `[C]`, taken from the relevance before
        exp (not with "sum").
    Output: `weighted`, the weights `exp(relevance - shift)` and behind them the weighted
        relevance, `[I, 2C]`; with "evidence" the weights alone, `[I, C]`.
    """
    nodes = [*_relevance_nodes(), *_weighting_nodes(attention)]
    inputs = _relevance_inputs(representation_size)
    if attention != "sum":
        inputs.append(float_info("shift", ["C"]))
    return make_model("attention", nodes, inputs, [float_info("weighted", ["I", "D"])], {})


def relevance_graph(representation_size: int) -> onnx.ModelProto:
    """Build the graph from `memory` `[I, K]` and `candidates` `[C, K]` to `relevance` `[I, C]`."""
    inputs = _relevance_inputs(representation_size)
    outputs = [float_info("relevance", ["I", "C"])]
    return make_model("relevance", _relevance_nodes(), inputs, outputs, {})


def _relevance_inputs(size: int) -> list[onnx.ValueInfoProto]:
    return [float_info("memory", ["I", size]), float_info("candidates", ["C", size])]


def _relevance_nodes() -> list[NodeProto]:
    return [
        helper.make_node("Transpose", ["candidates"], ["columns"], perm=[1, 0]),
        helper.make_node("MatMul", ["memory", "columns"], ["relevance"]),
    ]


def _weighting_nodes(attention: AttentionKind) -> list[NodeProto]:
    if attention == "sum":
        return _sum_nodes()
    return _evidence_nodes() if attention == "evidence" else _softmax_nodes()


def _evidence_nodes() -> list[NodeProto]:
    return [
        helper.make_node("Sub", ["relevance", "shift"], ["shifted"]),
        helper.make_node("Exp", ["shifted"], ["weighted"]),
    ]


def _softmax_nodes() -> list[NodeProto]:
    return [
        helper.make_node("Sub", ["relevance", "shift"], ["shifted"]),
        helper.make_node("Exp", ["shifted"], ["weights"]),
        helper.make_node("Mul", ["weights", "relevance"], ["product"]),
        helper.make_node("Concat", ["weights", "product"], ["weighted"], axis=1),
    ]


def _sum_nodes() -> list[NodeProto]:
    one = helper.make_tensor("one", onnx.TensorProto.FLOAT, [1], [1.0])
    return [
        helper.make_node("Shape", ["relevance"], ["shape"]),
        helper.make_node("ConstantOfShape", ["shape"], ["weights"], value=one),
        helper.make_node("Concat", ["weights", "relevance"], ["weighted"], axis=1),
    ]
