"""Where the reading of text starts: words of the same documents have like embeddings.

Latent semantic analysis: the leading singular vectors of the documents' TF-IDF, found by subspace
iteration; where words have vectors, the mean of a document's stands beside its TF-IDF. Both
encoders start from the same ones, so relevance starts as likeness of text, and likes teach what it
should be instead. Sources: Deerwester et al., "Indexing by latent semantic analysis" (1990); Halko,
Martinsson, Tropp, "Finding structure with randomness" (2011), 4.4.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mars_model.training.network import MarsNetwork
from mars_model.training.reproducible import reproducible
from mars_model.training.text_encoders import WORD_EMBEDDING_STD, MeanText

# Mean length of what the projection makes of a document at the start: tanh is not yet flat there.
START_LENGTH = 1.0
_N_ITERATIONS = 8
_N_SPARE = 16  # directions beyond those wanted: the last ones converge sooner
# Length of what word vectors say of a document, beside 1 of its TF-IDF; docs/model.md has others.
_VECTORS_LENGTH = 0.5


def start_from_documents(
    network: MarsNetwork,
    documents: NDArray[np.int64],
    seed: int,
    word_vectors: NDArray[np.float32] | None = None,
) -> None:
    """Set word embeddings and projection of both encoders, whose text is the mean of words.

    `documents` `[n_items, L]`, 0 pads behind the last word; `word_vectors` `[V+1, D]`, zero where
    a word has none. The same arguments give the same weights. Where documents have fewer
    directions than an embedding has entries, the rest is 0.
    """
    # One thread, so that all processes of a training start from the same bits.
    with reproducible(n_threads=1), torch.no_grad():
        vectors = None if word_vectors is None else torch.from_numpy(word_vectors)
        _start(network, torch.from_numpy(documents), seed, vectors)


def _start(network: MarsNetwork, documents: Tensor, seed: int, word_vectors: Tensor | None) -> None:
    generator = torch.Generator().manual_seed(seed)
    of_items = network.item_encoder
    assert isinstance(of_items.text, MeanText) and of_items.projection is not None
    embedding, weight = of_items.text.word_embedding, of_items.projection.weight
    directions = word_directions(
        documents, len(embedding), embedding.shape[1], generator, word_vectors
    )
    directions *= WORD_EMBEDDING_STD / directions[1:].square().mean().sqrt().clamp_min(1e-12)
    embedding.zero_()
    embedding[:, : directions.shape[1]] = directions
    # Turned at random, so that no entry of a vector starts larger than the others.
    n_turned = min(weight.shape)
    weight.zero_()
    weight[:n_turned, :n_turned] = torch.linalg.qr(
        torch.randn(n_turned, n_turned, generator=generator)
    ).Q
    weight *= START_LENGTH / _mean_length(of_items.projection(of_items.text(documents)))
    for part in ("text", "projection"):
        getattr(network.user_encoder, part).load_state_dict(getattr(of_items, part).state_dict())


def word_directions(
    documents: Tensor,
    n_rows: int,
    size: int,
    generator: torch.Generator,
    word_vectors: Tensor | None = None,
) -> Tensor:
    """Return idf times the leading right singular vectors of TF-IDF, `[n_rows, r]`, r <= size.

    TF-IDF as in `evaluation.baselines.tfidf`: counts times ln((1 + n) / (1 + df)) + 1, documents of
    length 1. With word vectors W they are those of `[X, X W]`, X being TF-IDF, taken back to words
    by `[I, W]`. `n_rows` is the vocabulary's size and one; row 0, the padding, is zero.
    """
    matrix, idf = _tfidf(documents, n_rows)
    meanings = torch.zeros(n_rows, 0, dtype=torch.float64)
    if word_vectors is not None:
        meanings = _meanings(word_vectors.double(), matrix)

    def of_words(basis: Tensor) -> Tensor:
        return basis[:n_rows] + meanings @ basis[n_rows:]

    rank = min(size, len(documents), n_rows - 1)
    width = min(rank + _N_SPARE, len(documents), n_rows)
    n_features = n_rows + meanings.shape[1]
    basis = torch.randn(n_features, width, generator=generator, dtype=torch.float64)
    for _ in range(_N_ITERATIONS):
        words = matrix.t() @ (matrix @ of_words(basis))
        basis = torch.linalg.qr(torch.cat([words, meanings.t() @ words])).Q
    _, _, right = torch.linalg.svd(matrix @ of_words(basis), full_matrices=False)
    directions = of_words(basis @ right[:rank].t()) * idf[:, None]
    directions[0] = 0
    found: Tensor = directions.float()
    return found


def _meanings(word_vectors: Tensor, matrix: Tensor) -> Tensor:
    """Word vectors of length 1 about their mean, scaled to what documents are to have of them."""
    is_known = word_vectors.any(dim=1)
    centred = word_vectors - word_vectors[is_known].mean(dim=0)
    unit = centred / centred.norm(dim=1, keepdim=True).clamp_min(1e-12)
    meanings = torch.where(is_known[:, None], unit, 0.0)
    length = (matrix @ meanings).square().sum(dim=1).mean().sqrt()
    return meanings * (_VECTORS_LENGTH / length.clamp_min(1e-12))


def _tfidf(documents: Tensor, n_rows: int) -> tuple[Tensor, Tensor]:
    """Unit rows of TF-IDF, sparse `[n_items, n_rows]` float64, and the idf `[n_rows]`."""
    rows, places = (documents != 0).nonzero(as_tuple=True)
    pairs = torch.stack([rows, documents[rows, places]])
    counts = torch.sparse_coo_tensor(
        pairs,
        torch.ones(len(rows), dtype=torch.float64),
        (len(documents), n_rows),
        check_invariants=False,
    ).coalesce()
    rows, words = counts.indices()
    n_documents = torch.bincount(words, minlength=n_rows)
    idf = ((1 + len(documents)) / (1 + n_documents.double())).log() + 1
    values = counts.values() * idf[words]
    squares = torch.zeros(len(documents), dtype=torch.float64).index_add_(0, rows, values.square())
    values = values / squares.sqrt()[rows]
    matrix = torch.sparse_coo_tensor(counts.indices(), values, counts.shape, check_invariants=False)
    return matrix, idf


def _mean_length(vectors: Tensor) -> float:
    """The mean length of those that are not zero; 1 where all are."""
    lengths = vectors.norm(dim=1)
    return float(lengths.sum() / (lengths > 0).sum()) if lengths.any() else 1.0
