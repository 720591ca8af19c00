"""Checks exported graphs: the network, ONNX and a plain NumPy loop must give the same numbers."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from mars_model.errors import MarsBatchError
from mars_model.settings import AttentionKind
from mars_model.training.export import ExportedFiles
from mars_model.training.network import Encoder, MarsNetwork
from mars_model.training.objective import attend
from mars_model.training.reference import attend_by_loop, encode_by_loop
from mars_model.training.text_encoders import ConvolutionalText

BATCH_SIZES = (1, 7, 256)
# For values up to 1; larger scores are rounded more coarsely, and the limit grows with them.
LIMIT = 1e-5
MAX_CHECK_WORDS = 40
N_CANDIDATES = 32
MAX_HISTORY = 50

FloatArray = NDArray[np.float32]
RunEncoder = Callable[[NDArray[np.int64], FloatArray | None], FloatArray]
RunAttention = Callable[
    [Sequence[NDArray[np.int64]], FloatArray, FloatArray, FloatArray], FloatArray
]


def check_export(
    network: MarsNetwork,
    folder: Path,
    open_encoder: Callable[[Path], RunEncoder],
    open_attention: Callable[[Path], RunAttention],
    documents: NDArray[np.int64],
    attention: AttentionKind = "softmax",
) -> float:
    """Compare the graphs in a folder with the network that they were written from.

    Args:
        open_encoder: gives a function from words `[B, L]` and free vectors `[B, K]`, None where
            the encoder has none, to vectors `[B, K]`.
        open_attention: gives a function from histories (rows of the memory, one array a user),
            memory `[I, K]`, candidates `[C, K]` and biases `[C]` to scores `[U, C]`.
        documents: `[n_items, L]`, real ones; some are taken, cut to 40 words, together with an
            empty document and one that is shorter than the window.
        attention: how the model weighs a memory.
    Returns: the largest difference found, as a share of the limit's scale.
    Raises:
        MarsBatchError: a difference above the limit; names every file and batch size concerned.
    """
    files = ExportedFiles.in_folder(folder)
    rng = np.random.default_rng(0)
    words = check_documents(documents, window_of(network.item_encoder), rng)
    differences: dict[tuple[Path, int], float] = {}
    vectors = []
    for path, encoder in (
        (files.item_encoder, network.item_encoder),
        (files.user_encoder, network.user_encoder),
    ):
        run_encoder = open_encoder(path)
        free = _free_vectors(encoder, len(words), rng)
        expected = encode_by_loop(encoder, words, free)
        vectors.append(expected.astype(np.float32))
        for size in BATCH_SIZES:
            differences[path, size] = _encoder_difference(
                encoder, run_encoder, words, free, expected, size
            )
    candidates, memory = vectors[0][:N_CANDIDATES], vectors[1]
    run_attention = open_attention(files.attention)
    for size in BATCH_SIZES:
        differences[files.attention, size] = _attention_difference(
            run_attention, memory, candidates, attention, size, rng
        )
    _raise_if_above_limit(differences)
    return max(differences.values())


def check_documents(
    documents: NDArray[np.int64], window: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Take as many documents `[256, max(window, min(L, 40))]` as the largest batch needs.

    The first is empty and the second one word shorter than the window; the others are real.
    """
    sampled = documents[rng.integers(0, len(documents), max(BATCH_SIZES)), :MAX_CHECK_WORDS]
    words = np.pad(sampled, ((0, 0), (0, max(0, window - sampled.shape[1]))))
    words[:2] = 0
    words[1, : window - 1] = sampled.max()
    return words


def window_of(encoder: Encoder) -> int:
    """Return the fewest words that an encoder reads at a time."""
    return len(encoder.text.filters) if isinstance(encoder.text, ConvolutionalText) else 1


def _free_vectors(encoder: Encoder, n: int, rng: np.random.Generator) -> FloatArray | None:
    """Larger than any that training begins with, so that a part left out is seen."""
    if encoder.free is None:
        return None
    return rng.normal(0, 0.5, (n, encoder.size)).astype(np.float32)


def _encoder_difference(
    encoder: Encoder,
    run_encoder: RunEncoder,
    words: NDArray[np.int64],
    free: FloatArray | None,
    expected: NDArray[np.float64],
    size: int,
) -> float:
    """Run batches of one size: the first rows and the last, so that size 1 sees a real one too."""
    differences = []
    for rows in (slice(0, size), slice(1, 1 + size), slice(len(words) - size, len(words))):
        some = None if free is None else free[rows]
        with torch.no_grad():
            in_torch = encoder(
                torch.from_numpy(words[rows]), None if some is None else torch.from_numpy(some)
            ).numpy()
        in_onnx = run_encoder(words[rows], some)
        differences.append(_largest_difference(expected[rows], in_torch, in_onnx))
    return max(differences)


def _attention_difference(
    run_attention: RunAttention,
    memory: FloatArray,
    candidates: FloatArray,
    kind: AttentionKind,
    size: int,
    rng: np.random.Generator,
) -> float:
    """Score histories of so many users at once."""
    bias = rng.normal(0, 1, len(candidates)).astype(np.float32)
    histories = [
        np.sort(rng.choice(len(memory), rng.integers(1, MAX_HISTORY + 1), replace=False))
        for _ in range(size)
    ]
    return _largest_difference(
        attend_by_loop(histories, memory, candidates, kind) + bias,
        _attend_in_torch(histories, memory, candidates, kind) + bias,
        run_attention(histories, memory, candidates, bias),
    )


def _attend_in_torch(
    histories: Sequence[NDArray[np.int64]],
    memory: FloatArray,
    candidates: FloatArray,
    kind: AttentionKind,
) -> FloatArray:
    """Score with the attention that training uses, all histories padded to the longest."""
    longest = max(len(history) for history in histories)
    slots = np.stack([np.pad(history, (0, longest - len(history))) for history in histories])
    lengths = torch.tensor([len(history) for history in histories])
    attention = attend(
        memory=functional.embedding(torch.from_numpy(slots), torch.from_numpy(memory)),
        memory_mask=torch.arange(longest) < lengths[:, None],
        candidates=torch.from_numpy(candidates).expand(len(histories), -1, -1),
        kind=kind,
    )
    scores: FloatArray = attention.scores.numpy()
    return scores


def _largest_difference(expected: NDArray[np.float64], *others: FloatArray) -> float:
    """Return the largest difference from what is expected, for values above 1 relative to them."""
    scale = np.maximum(1, np.abs(expected).max())
    return float(np.max([np.abs(other - expected).max() for other in others]) / scale)


def _raise_if_above_limit(differences: dict[tuple[Path, int], float]) -> None:
    # Written so that a difference that is no number counts as above the limit.
    failures = [
        f"{path.name} at batch size {size}: {difference:.3g}"
        for (path, size), difference in differences.items()
        if not difference <= LIMIT
    ]
    if failures:
        folder = next(iter(differences))[0].parent
        raise MarsBatchError(
            f"Exported graphs in {folder}: expected network, ONNX and NumPy to differ by at most "
            f"{LIMIT:g}, found " + "; ".join(failures) + ". Do not publish this model: train it "
            "again, with the versions of torch, onnx and onnxruntime that the project pins."
        )
