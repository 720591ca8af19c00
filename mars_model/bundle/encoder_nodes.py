"""The nodes of an encoder's graph: word ids and free vectors in, vectors out.

The convolution's tables stand in the graph as weights. Source: docs/model.md, identity 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.bundle.graph import Declared, Graph, Node
from mars_model.settings import TextKind

_INT64_MAX = np.iinfo(np.int64).max
_FLOAT, _BOOL = 1, 9  # ONNX's numbers of types, for Cast


@dataclass(frozen=True)
class TextShape:
    """How an encoder reads a text: `window` is 1 where words are averaged."""

    kind: TextKind
    n_words: int
    n_features: int
    window: int


@dataclass(frozen=True)
class _Text:
    """The part of an encoder that makes `features` of `words`."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, NDArray[np.generic]]
    weights: Mapping[str, tuple[int, ...]]


def encoder_of(name: str, size: int, text: TextShape | None, has_free: bool) -> Graph:
    """An encoder.

    Inputs: `words` int64 `[B, L]`, L at least c, 0 pads behind the last word, where the encoder
        reads a text; `free` float32 `[B, K]`, the items' free vectors, where it has them.
    Output: `vectors` float32 `[B, K]`.
    """
    read = _Text((), {}, {}) if text is None else _read(text)
    inputs: list[Declared] = []
    nodes = [*read.nodes]
    parts: list[str] = []
    weights = dict(read.weights)
    if text is not None:
        inputs.append(Declared("words", "int64", ("B", "L")))
        weights |= {"projection": (size, text.n_features), "projection_bias": (size,)}
        gemm_inputs = ("features", "projection", "projection_bias")
        nodes.append(Node("Gemm", gemm_inputs, ("projected",), {"transB": 1}))
        parts.append("projected")
    if has_free:
        inputs.append(Declared("free", "float32", ("B", size)))
        parts.append("free")
    if len(parts) == 2:
        nodes.append(Node("Add", tuple(parts), ("sum",)))
        parts = ["sum"]
    nodes.append(Node("Tanh", tuple(parts), ("vectors",)))
    outputs = (Declared("vectors", "float32", ("B", size)),)
    return Graph(name, tuple(inputs), outputs, tuple(nodes), read.constants, weights)


def _read(text: TextShape) -> _Text:
    return _mean(text) if text.kind == "mean" else _convolution(text)


def _convolution(text: TextShape) -> _Text:
    """`words` to `features` `[B, g]`: sums of table rows, their maximum, bias and ReLU."""
    window = text.window
    constants: dict[str, NDArray[np.generic]] = {
        "no_word": np.array(0, dtype=np.int64),
        "axis_1": np.array([1], dtype=np.int64),
        "first": np.array([0], dtype=np.int64),
        "second": np.array([1], dtype=np.int64),
    }
    nodes = []
    for offset in range(window):
        stop = offset - window + 1
        constants[f"start_{offset}"] = np.array([offset], dtype=np.int64)
        constants[f"stop_{offset}"] = np.array([stop if stop < 0 else _INT64_MAX], dtype=np.int64)
        slice_inputs = ("words", f"start_{offset}", f"stop_{offset}", "axis_1")
        nodes.append(Node("Slice", slice_inputs, (f"words_{offset}",)))
    nodes += [
        Node("Equal", (f"words_{window - 1}", "no_word"), ("is_padding",)),
        Node("Not", ("is_padding",), ("is_valid",)),
    ]
    for offset in range(window):
        nodes += _table_rows(offset)
    sums = "rows_0"
    for offset in range(1, window):
        nodes.append(Node("Add", (sums, f"rows_{offset}"), (f"sums_{offset}",)))
        sums = f"sums_{offset}"
    nodes += [
        Node("ReduceMax", (sums, "axis_1"), ("pooled",), {"keepdims": 0}),
        Node("Add", ("pooled", "filter_bias"), ("biased",)),
        Node("Relu", ("biased",), ("features",)),
    ]
    shape = (text.n_words + 1, text.n_features)
    tables = {f"table_{offset}": shape for offset in range(window)}
    return _Text(tuple(nodes), constants, {"filter_bias": (text.n_features,), **tables})


def _table_rows(offset: int) -> list[Node]:
    """Look up the words at one offset of all windows: `rows_<offset>` `[B, windows, g]`.

    A window that reaches into the padding repeats the first one: it cannot change the maximum.
    """
    words, first = f"words_{offset}", f"first_window_{offset}"
    repeated = f"repeated_{offset}"
    return [
        Node("Slice", (words, "first", "second", "axis_1"), (first,)),
        Node("Where", ("is_valid", words, first), (repeated,)),
        Node("Gather", (f"table_{offset}", repeated), (f"rows_{offset}",), {"axis": 0}),
    ]


def _mean(text: TextShape) -> _Text:
    """`words` to `features` `[B, e]`: the sum of the words' rows over the number of words."""
    nodes = (
        # Row 0, the padding's, is zero.
        Node("Gather", ("word_embedding", "words"), ("rows",), {"axis": 0}),
        Node("ReduceSum", ("rows", "axis_1"), ("sums",), {"keepdims": 0}),
        Node("Cast", ("words",), ("is_word",), {"to": _BOOL}),
        Node("Cast", ("is_word",), ("ones",), {"to": _FLOAT}),
        Node("ReduceSum", ("ones", "axis_1"), ("n_words",), {"keepdims": 1}),
        Node("Max", ("n_words", "one"), ("n_at_least_one",)),
        Node("Div", ("sums", "n_at_least_one"), ("features",)),
    )
    constants: dict[str, NDArray[np.generic]] = {
        "axis_1": np.array([1], dtype=np.int64),
        "one": np.array(1, dtype=np.float32),
    }
    return _Text(nodes, constants, {"word_embedding": (text.n_words + 1, text.n_features)})
