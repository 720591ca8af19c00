"""Documents → vectors: both encoders of a bundle over words, arrays only."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mars_model.bundle.item_factors import ItemFactors
from mars_model.bundle.manifest import FACTORS_FILE
from mars_model.bundle.registry import Bundle
from mars_model.bundle.sealed_file import SealedFile
from mars_model.bundle.vocabulary import Vocabulary
from mars_model.errors import MarsBatchError
from mars_model.scoring.sessions import open_encoder
from mars_model.settings import ModelSettings

ENCODERS = ("item_encoder.onnx", "user_encoder.onnx")
# Little of a batch of the encoder is padding where documents are of about equal length.
_DOCUMENTS_PER_CALL = 256


def encode_documents(
    bundle: Bundle, item_ids: NDArray[np.generic], documents: Sequence[Sequence[str]]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Candidate and memory vectors [D, K] and biases [D] of items, in this process."""
    model = bundle.manifest.settings.model
    encoders = [bundle.sealed(name) for name in ENCODERS]
    free = [np.zeros((len(item_ids), model.representation_size), dtype=np.float32)] * 2
    bias = np.zeros(len(item_ids), dtype=np.float32)
    if model.has_item_factors:
        content = bundle.sealed(FACTORS_FILE).read()
        factors = ItemFactors.parse(content, model.representation_size).of(item_ids)
        free, bias = [factors.free_item, factors.free_memory], factors.item_bias
    return (*encode_words(documents, free, bundle.vocabulary(), encoders, model), bias)


def encode_words(
    documents: Sequence[Sequence[str]],
    free: Sequence[NDArray[np.float32]],
    vocabulary: Vocabulary,
    encoders: Sequence[SealedFile],
    model: ModelSettings,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both vectors of every document, [D, K] each; `free` are both free vectors, [D, K] each.

    A vector depends on its document alone, to the last bit: not on what else is encoded with it.
    Raises MarsBatchError where one is not finite.
    """
    vectors: list[list[NDArray[np.float32]]] = [[], []]
    for start in range(0, len(documents), _DOCUMENTS_PER_CALL):
        some = slice(start, start + _DOCUMENTS_PER_CALL)
        words = vocabulary.encode(documents[some], model.max_words, model.window)
        if model.text == "mean":  # the last bits of a sum follow its length, padding included
            words = np.pad(words, ((0, 0), (0, max(0, model.max_words - words.shape[1]))))
        for pieces, encoder, own in zip(vectors, encoders, free, strict=True):
            pieces.append(_encode(encoder, words, own[some]))
    item, memory = (np.concatenate(pieces) for pieces in vectors)
    if not (np.isfinite(item).all() and np.isfinite(memory).all()):
        raise MarsBatchError(
            "the encoders of this bundle give vectors that are no finite numbers, so it cannot "
            "score. Train again with: mars-batch train"
        )
    return item, memory


def _encode(
    encoder: SealedFile, words: NDArray[np.int64], free: NDArray[np.float32]
) -> NDArray[np.float32]:
    # A single row is multiplied by another kernel, to other last bits: it is encoded twice.
    n_times = 2 if len(words) == 1 else 1
    given = np.repeat(words, n_times, axis=0), np.repeat(free, n_times, axis=0)
    return open_encoder(encoder)(*given)[: len(words)]
