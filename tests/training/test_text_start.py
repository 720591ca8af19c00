"""The start of reading text against NumPy's singular value decomposition of the same TF-IDF."""

import math

import numpy as np
import pytest
import torch

from mars_model.training.network import build_network
from mars_model.training.text_start import START_LENGTH, start_from_documents, word_directions
from tests.training.conftest import N_LIKES, N_WORDS


@pytest.fixture
def mean_network(model_settings):
    sizes = {"text": "mean", "embedding_size": 4, "representation_size": 4}
    return build_network(N_WORDS, model_settings.model_copy(update=sizes), 1, N_LIKES)


def tfidf_by_loop(documents: np.ndarray, n_words: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit rows of counts times ln((1 + n) / (1 + df)) + 1, and these weights; word 0 is none."""
    counts = np.zeros((len(documents), n_words + 1))
    for row, document in enumerate(documents):
        for word in document[document > 0]:
            counts[row, word] += 1
    idf = np.array([math.log((1 + len(counts)) / (1 + (c > 0).sum())) + 1 for c in counts.T])
    rows = counts * idf
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1), idf


def test_words_start_along_the_leading_directions_of_tfidf(documents):
    matrix, idf = tfidf_by_loop(documents, N_WORDS)
    expected = np.linalg.svd(matrix)[2][:3]
    generator = torch.Generator().manual_seed(1)
    found = word_directions(torch.from_numpy(documents), N_WORDS + 1, 3, generator).numpy()
    # A direction has no sign, but the likeness of any two words has one.
    want = (expected.T * idf[:, None])[1:]
    np.testing.assert_allclose(found[1:] @ found[1:].T, want @ want.T, atol=1e-5)
    assert not found[0].any()


def test_word_vectors_stand_beside_the_words(documents):
    matrix, idf = tfidf_by_loop(documents, N_WORDS)
    vectors = np.random.default_rng(3).normal(2.0, 1.0, (N_WORDS + 1, 5)).astype(np.float32)
    unknown = [0, 4, 9]
    vectors[unknown] = 0
    known = np.setdiff1d(np.arange(N_WORDS + 1), unknown)
    meanings = np.zeros(vectors.shape)
    for row in known:
        centred = vectors[row] - vectors[known].mean(axis=0)
        meanings[row] = centred / np.linalg.norm(centred)
    meanings *= 0.5 / np.sqrt(((matrix @ meanings) ** 2).sum(axis=1).mean())
    right = np.linalg.svd(np.hstack([matrix, matrix @ meanings]))[2][:3]
    want = (np.hstack([np.eye(N_WORDS + 1), meanings]) @ right.T * idf[:, None])[1:]
    found = word_directions(
        torch.from_numpy(documents),
        N_WORDS + 1,
        3,
        torch.Generator().manual_seed(1),
        torch.from_numpy(vectors),
    ).numpy()
    np.testing.assert_allclose(found[1:] @ found[1:].T, want @ want.T, atol=1e-5)
    assert not found[0].any()


def test_words_that_no_document_shares_are_alike_where_their_vectors_are(mean_network):
    # Item 0's words are in no other document; their vectors are those of item 1's, not of item 2's.
    documents = np.array([[1, 2], [3, 4], [5, 6]])
    vectors = np.zeros((N_WORDS + 1, 2), dtype=np.float32)
    vectors[1:5], vectors[5:7] = (1, 0), (0, 1)
    start_from_documents(mean_network, documents, 1, vectors)
    words, nothing = torch.from_numpy(documents), torch.zeros(3, 4)
    candidates = mean_network.item_encoder(words, nothing).detach().numpy()
    alike = candidates @ candidates.T
    assert alike[0, 1] > alike[0, 2] + 0.1


def test_both_encoders_start_alike_and_like_texts_have_like_vectors(mean_network):
    # Items 0 and 1 share their words, 2 and 3 share theirs, and no word is in both kinds.
    documents = np.array([[1, 2, 3], [1, 2, 0], [7, 8, 9], [8, 9, 0], [0, 0, 0]])
    start_from_documents(mean_network, documents, seed=1)
    words = torch.from_numpy(documents)
    nothing = torch.zeros(5, 4)
    candidates = mean_network.item_encoder(words, nothing).detach().numpy()
    memory = mean_network.user_encoder(words, nothing).detach().numpy()
    np.testing.assert_array_equal(candidates, memory)
    relevance = memory @ candidates.T
    assert relevance[0, 1] > 0.3 and relevance[2, 3] > 0.3
    assert np.abs(relevance[:2, 2:4]).max() < 0.1
    assert not candidates[4].any()


def test_documents_have_the_start_length_on_average_before_tanh(mean_network, documents):
    start_from_documents(mean_network, documents, seed=1)
    encoder = mean_network.item_encoder
    lengths = encoder.projection(encoder.text(torch.from_numpy(documents))).norm(dim=1)
    assert lengths[documents[:, 0] > 0].mean().item() == pytest.approx(START_LENGTH, rel=1e-5)


def test_the_start_repeats_itself_and_depends_on_the_seed(mean_network, documents):
    weights = []
    for seed in (1, 1, 2):
        start_from_documents(mean_network, documents, seed)
        weights.append(mean_network.item_encoder.projection.weight.detach().clone())
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize(("embedding", "representation"), [(12, 3), (3, 12), (40, 40)])
def test_sizes_need_not_match_each_other_or_the_documents(
    model_settings, documents, embedding, representation
):
    sizes = {"text": "mean", "embedding_size": embedding, "representation_size": representation}
    network = build_network(N_WORDS, model_settings.model_copy(update=sizes), 1, N_LIKES)
    start_from_documents(network, documents, seed=1)
    encoder = network.user_encoder
    projected = encoder.projection(encoder.text(torch.from_numpy(documents)))
    assert torch.isfinite(projected).all() and projected.any()


def test_documents_without_a_word_start_at_zero(mean_network):
    start_from_documents(mean_network, np.zeros((5, 3), dtype=np.int64), seed=1)
    vectors = mean_network.item_encoder(torch.zeros(5, 3, dtype=torch.int64), torch.zeros(5, 4))
    assert not vectors.any()
