"""Opens ONNX Runtime sessions: the only module that does. One thread each, Spark has the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mars_model.errors import MarsBatchError
from mars_model.features.likes import LikeMatrix

# Words [B, L] and free vectors [B, K], None where the model has none → vectors [B, K].
Encoder = Callable[[NDArray[np.int64], NDArray[np.float32] | None], NDArray[np.float32]]
_NO_SEEN = np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True)
class Attention:
    """The bundle's attention graph: quotient form (docs/scoring.md), then seen items, then top-n.

    Shapes: U users, I slots in use, C candidates, K representation size.
    """

    session: onnxruntime.InferenceSession

    def scores(
        self,
        histories: LikeMatrix,
        memory: NDArray[np.float32],
        candidates: NDArray[np.float32],
        item_bias: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Scores [U, C]; a user without history gets NaN, the bias alone with attention "sum"."""
        inputs = _inputs(memory, candidates, item_bias, _NO_SEEN, 1)
        (scores,) = self._run(["scores"], histories, inputs)
        return np.asarray(scores, dtype=np.float32)

    def top(
        self,
        histories: LikeMatrix,
        memory: NDArray[np.float32],
        candidates: NDArray[np.float32],
        item_bias: NDArray[np.float32],
        seen: NDArray[np.int64],
        n: int,
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The n best of the candidates: scores [U, n], descending, and positions [U, n].

        `seen` [S, 2] holds (user, candidate) pairs that score −inf. Equal scores: the lower
        position first. n is at most C.
        """
        inputs = _inputs(memory, candidates, item_bias, seen, n)
        scores, positions = self._run(["top_scores", "top_positions"], histories, inputs)
        return np.asarray(scores, dtype=np.float32), np.asarray(positions, dtype=np.int64)

    def _run(
        self, outputs: list[str], histories: LikeMatrix, dense: dict[str, NDArray[np.generic]]
    ) -> list[NDArray[np.generic]]:
        # The session reads these arrays in place: they must live until it returns.
        ones = np.ones(histories.n_likes, dtype=self._float_type())
        columns = histories.item_idx.astype(np.int64)
        starts = np.ascontiguousarray(histories.starts, dtype=np.int64)
        shape = np.array([histories.n_users, histories.n_items], dtype=np.int64)
        cpu = onnxruntime.OrtDevice.make("cpu", 0)
        sparse = onnxruntime.SparseTensor.sparse_csr_from_numpy(shape, ones, columns, starts, cpu)
        values = {name: onnxruntime.OrtValue.ortvalue_from_numpy(a) for name, a in dense.items()}
        values["histories"] = onnxruntime.OrtValue.ort_value_from_sparse_tensor(sparse)
        return [value.numpy() for value in self.session.run_with_ort_values(outputs, values)]

    def _float_type(self) -> type[np.float32] | type[np.float64]:
        declared = {i.name: i.type for i in self.session.get_inputs()}["histories"]
        return np.float64 if "double" in declared else np.float32


@cache
def open_encoder(path: Path) -> Encoder:
    """An encoder, fed with what its graph declares. One session per process and file."""
    session = _open(path)
    declared = {declared.name for declared in session.get_inputs()}

    def encode(
        words: NDArray[np.int64], free: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        given = {"words": words, "free": free}
        (vectors,) = session.run(["vectors"], {name: given[name] for name in declared})
        return np.asarray(vectors, dtype=np.float32)

    return encode


@cache
def open_attention(path: Path) -> Attention:
    """The attention graph. One session per process and file."""
    return Attention(_open(path))


def _open(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own types, all of them unrelated
        reason = str(error).strip().splitlines()[0]
        raise MarsBatchError(
            f"{path}: ONNX Runtime cannot open it ({reason}). Train again with: mars-batch train"
        ) from error


def _inputs(
    memory: NDArray[np.float32],
    candidates: NDArray[np.float32],
    item_bias: NDArray[np.float32],
    seen: NDArray[np.int64],
    n: int,
) -> dict[str, NDArray[np.generic]]:
    return {
        "memory": np.ascontiguousarray(memory),
        "candidates": np.ascontiguousarray(candidates),
        "item_bias": np.ascontiguousarray(item_bias),
        "seen": np.ascontiguousarray(seen),
        "n_top": np.array([n], dtype=np.int64),
    }
