"""The graphs of a bundle as its settings say: written so by training, and accepted only so.

What is free is the values of the weights. Source: docs/scoring.md, "The quotient form".
"""

import numpy as np

from mars_model.bundle.encoder_nodes import TextShape, encoder_of
from mars_model.bundle.graph import Declared, Graph, Node
from mars_model.settings import AttentionKind, ModelSettings


def graphs_of(model: ModelSettings, n_words: int) -> dict[str, Graph]:
    """All graphs of a bundle by file name."""
    size, text = model.representation_size, _text_shape(model, n_words)
    graphs = (
        encoder_of("item_encoder", size, text, model.has_free_vectors),
        encoder_of("user_encoder", size, text, model.has_free_vectors),
        attention_of_size(size, model.attention),
        relevance_of_size(size),
    )
    return {f"{graph.name}.onnx": graph for graph in graphs}


def attention_of_size(size: int, attention: AttentionKind) -> Graph:
    """What each slot adds to each candidate's score.

    A score is the sum of the weighted relevance over a user's slots, divided by that of the
    weights, plus the item's bias; with attention "sum" weights are 1 and nothing is divided. With
    "evidence" it is the log of the sum of the weights, plus the shift, plus the item's bias.
    Shapes: I slots, C candidates, K representation size.
    Inputs: `memory` `[I, K]`; `candidates` `[C, K]`; `shift` `[C]`, taken from the relevance before
        exp (not with "sum").
    Output: `weighted`, the weights `exp(relevance - shift)` and behind them the weighted
        relevance, `[I, 2C]`; with "evidence" the weights alone, `[I, C]`.
    """
    inputs = _relevance_inputs(size)
    if attention != "sum":
        inputs = (*inputs, Declared("shift", "float32", ("C",)))
    outputs = (Declared("weighted", "float32", ("I", "D")),)
    return Graph("attention", inputs, outputs, (*_RELEVANCE, *_WEIGHTING[attention]))


def relevance_of_size(size: int) -> Graph:
    """From `memory` `[I, K]` and `candidates` `[C, K]` to `relevance` `[I, C]`."""
    outputs = (Declared("relevance", "float32", ("I", "C")),)
    return Graph("relevance", _relevance_inputs(size), outputs, _RELEVANCE)


def _relevance_inputs(size: int) -> tuple[Declared, ...]:
    names = (("memory", "I"), ("candidates", "C"))
    return tuple(Declared(name, "float32", (rows, size)) for name, rows in names)


def _text_shape(model: ModelSettings, n_words: int) -> TextShape | None:
    if model.text == "none":
        return None
    if model.text == "mean":
        return TextShape("mean", n_words, model.embedding_size, 1)
    return TextShape("cnn", n_words, model.n_filters, model.window)


_RELEVANCE = (
    Node("Transpose", ("candidates",), ("columns",), {"perm": (1, 0)}),
    Node("MatMul", ("memory", "columns"), ("relevance",)),
)
_WEIGHTING: dict[AttentionKind, tuple[Node, ...]] = {
    "softmax": (
        Node("Sub", ("relevance", "shift"), ("shifted",)),
        Node("Exp", ("shifted",), ("weights",)),
        Node("Mul", ("weights", "relevance"), ("product",)),
        Node("Concat", ("weights", "product"), ("weighted",), {"axis": 1}),
    ),
    "evidence": (
        Node("Sub", ("relevance", "shift"), ("shifted",)),
        Node("Exp", ("shifted",), ("weighted",)),
    ),
    "sum": (
        Node("Shape", ("relevance",), ("shape",)),
        Node("ConstantOfShape", ("shape",), ("weights",), {"value": np.ones(1, np.float32)}),
        Node("Concat", ("weights", "relevance"), ("weighted",), {"axis": 1}),
    ),
}
