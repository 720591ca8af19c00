"""Writes the ONNX graphs of a model: two encoders, the attention of slots, and their relevance.

Their nodes stand in the bundle's room (graphs.py), where opening a bundle checks them too.
"""

from dataclasses import dataclass, fields
from pathlib import Path

import onnx

from mars_model.bundle.graphs import attention_of_size, relevance_of_size
from mars_model.settings import AttentionKind
from mars_model.training.encoder_graph import encoder_graph, model_of
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
    """Build the graph of what each slot adds to each candidate's score: `attention_of_size`."""
    return model_of(attention_of_size(representation_size, attention), {})


def relevance_graph(representation_size: int) -> onnx.ModelProto:
    """Build the graph from `memory` `[I, K]` and `candidates` `[C, K]` to `relevance` `[I, C]`."""
    return model_of(relevance_of_size(representation_size), {})
