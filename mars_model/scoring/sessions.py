"""Opens ONNX Runtime sessions: the only module that does. One thread each, Spark has the rest.

A session is opened from bytes that were verified (`SealedFile`), never from a path.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mars_model.bundle.sealed_file import SealedFile
from mars_model.errors import MarsBatchError

# Words [B, L] and free vectors [B, K], None where the model has none → vectors [B, K].
Encoder = Callable[[NDArray[np.int64], NDArray[np.float32] | None], NDArray[np.float32]]
# Memory [I, K] and candidates [C, K] → relevance [I, C].
Relevance = Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]
# Slots of a call: with a block of candidates, all that the graph makes stays in the cache.
_SLOTS_PER_CALL = 1024


@dataclass(frozen=True)
class Attention:
    """A bundle's attention graph: what each slot adds to the quotient of each candidate's score.

    Shapes: I slots, C candidates, K representation size.
    """

    session: onnxruntime.InferenceSession

    def weigh(
        self,
        memory: NDArray[np.float32],
        candidates: NDArray[np.float32],
        shift: NDArray[np.float32],
        out: NDArray[np.float32],
    ) -> None:
        """Weights and weighted relevance side by side into `out` [I, 2C], contiguous.

        `shift` [C] is taken from a candidate's relevance before exp, so that it does not overflow;
        it cancels in the quotient. With attention "sum" weights are 1.
        """
        binding = self.session.io_binding()
        binding.bind_cpu_input("candidates", candidates)
        if any(given.name == "shift" for given in self.session.get_inputs()):
            binding.bind_cpu_input("shift", shift)
        for start in range(0, len(memory), _SLOTS_PER_CALL):
            some = out[start : start + _SLOTS_PER_CALL]
            binding.bind_cpu_input("memory", memory[start : start + _SLOTS_PER_CALL])
            # Written in place: the rows of `out` are the graph's output.
            binding.bind_output("weighted", "cpu", 0, np.float32, some.shape, some.ctypes.data)
            self.session.run_with_iobinding(binding)


@cache
def open_encoder(file: SealedFile) -> Encoder:
    """An encoder, fed with what its graph declares. One session per process and file."""
    session = _open(file.read(), file.path.name)
    declared = {declared.name for declared in session.get_inputs()}

    def encode(
        words: NDArray[np.int64], free: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        given = {"words": words, "free": free}
        (vectors,) = session.run(["vectors"], {name: given[name] for name in declared})
        return np.asarray(vectors, dtype=np.float32)

    return encode


@cache
def open_attention(file: SealedFile) -> Attention:
    """The attention graph. One session per process and file."""
    return Attention(_open(file.read(), file.path.name))


def attention_in_memory(graph: bytes) -> Attention:
    """An attention graph that this process has just built."""
    return Attention(_open(graph, "attention"))


@cache
def open_relevance(file: SealedFile) -> Relevance:
    """The graph of relevance. One session per process and file."""
    session = _open(file.read(), file.path.name)

    def relevance(
        memory: NDArray[np.float32], candidates: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        (found,) = session.run(["relevance"], {"memory": memory, "candidates": candidates})
        return np.asarray(found, dtype=np.float32)

    return relevance


def _open(graph: bytes, name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises its own types, all of them unrelated
        reason = str(error).strip().splitlines()[0]
        raise MarsBatchError(
            f"{name}: ONNX Runtime cannot open it ({reason}). Train again with: mars-batch train"
        ) from error
