"""Attention written for one user at a time, in ONNX Runtime: the baseline of the full blocks.

Two layouts of the same graph; which one is faster depends on the catalogue and the processor, so
both are tried and the faster one is the baseline.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper

from mars_model.features.likes import LikeMatrix
from mars_model.training.encoder_graph import float_info, make_model

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
Layout = Literal["candidates first", "slots first"]
LAYOUTS: tuple[Layout, ...] = ("candidates first", "slots first")


def per_user_graph(representation_size: int, layout: Layout) -> onnx.ModelProto:
    """Build the graph: relevance, softmax over the slots, weighted sum, bias, seen, top N.

    Shapes: I slots, C candidates, K representation size, N top-N, S seen candidates.
    Inputs: `memory` `[I, K]`; `candidates` `[C, K]` as columns `[K, C]`, or as rows with
        "candidates first"; `item_bias` `[C]`; `seen` int64 `[S]`; `n_top` int64 `[1]`.
    Outputs: `top_scores` `[N]`, `top_positions` int64 `[N]`.
    Source: Eq. 7-9 with identity 1, which spares the sum over memory vectors.
    """
    is_rows = layout == "candidates first"
    relevance = (
        [
            helper.make_node("Transpose", ["memory"], ["slots"], perm=[1, 0]),
            helper.make_node("MatMul", ["candidates", "slots"], ["relevance"]),
        ]
        if is_rows
        else [helper.make_node("MatMul", ["memory", "candidates"], ["relevance"])]
    )
    axis = 1 if is_rows else 0
    nodes = [
        *relevance,
        helper.make_node("Softmax", ["relevance"], ["attention"], axis=axis),
        helper.make_node("Mul", ["attention", "relevance"], ["contribution"]),
        helper.make_node("ReduceSum", ["contribution", "slot_axis"], ["preference"], keepdims=0),
        helper.make_node("Add", ["preference", "item_bias"], ["all_scores"]),
        helper.make_node("Shape", ["seen"], ["n_seen"]),
        helper.make_node("Expand", ["minus_infinity", "n_seen"], ["never"]),
        helper.make_node("ScatterElements", ["all_scores", "seen", "never"], ["scores"], axis=0),
        helper.make_node(
            "TopK", ["scores", "n_top"], ["top_scores", "top_positions"], axis=0, largest=1
        ),
    ]
    size = representation_size
    inputs = [
        float_info("memory", ["I", size]),
        float_info("candidates", ["C", size] if is_rows else [size, "C"]),
        float_info("item_bias", ["C"]),
        helper.make_tensor_value_info("seen", TensorProto.INT64, ["S"]),
        helper.make_tensor_value_info("n_top", TensorProto.INT64, [1]),
    ]
    outputs = [
        float_info("top_scores", ["N"]),
        helper.make_tensor_value_info("top_positions", TensorProto.INT64, ["N"]),
    ]
    constants: dict[str, NDArray[np.generic]] = {
        "slot_axis": np.array([axis], dtype=np.int64),
        "minus_infinity": np.array(-np.inf, dtype=np.float32),
    }
    return make_model("per_user_attention", nodes, inputs, outputs, constants)


@dataclass(frozen=True)
class PerUser:
    """One session, one thread, over a catalogue in which every item is a candidate."""

    session: onnxruntime.InferenceSession
    memory: FloatArray  # [I, K]
    fixed: dict[str, onnxruntime.OrtValue]

    @classmethod
    def open(
        cls, layout: Layout, candidates: FloatArray, memory: FloatArray, item_bias: FloatArray
    ) -> "PerUser":
        """Open the graph; the candidates are handed over once and not for every user."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        graph = per_user_graph(candidates.shape[1], layout).SerializeToString()
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        vectors = candidates if layout == "candidates first" else candidates.T
        fixed = {"candidates": _value(vectors), "item_bias": _value(item_bias)}
        return cls(session, memory, fixed)

    def top(self, histories: LikeMatrix, n: int) -> IntArray:
        """Each user's n best unseen items [U, n]; every user has a like and n items to go."""
        outputs = ["top_positions"]
        n_top = _value(np.array([n], dtype=np.int64))
        best = np.empty((histories.n_users, n), dtype=np.int64)
        for user_idx in range(histories.n_users):
            slots = histories.row(user_idx)
            inputs = {
                **self.fixed,
                "memory": _value(self.memory[slots]),
                "seen": _value(slots.astype(np.int64)),
                "n_top": n_top,
            }
            best[user_idx] = self.session.run_with_ort_values(outputs, inputs)[0].numpy()
        return best


def _value(array: NDArray[np.generic]) -> onnxruntime.OrtValue:
    return onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array))
