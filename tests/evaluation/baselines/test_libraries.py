"""BPR, CMF and CTR: our scores are those of the libraries' own fitted models."""

import numpy as np
import pytest

from mars_model.evaluation.baselines.bag_of_words import bag_of_words
from tests.evaluation.baselines.two_groups import known


def test_bpr_scores_as_cornac_does() -> None:
    pytest.importorskip("cornac", reason="bpr needs cornac: pip install 'mars-batch[evaluate]'")
    from cornac.models import BPR

    from mars_model.evaluation.baselines.bpr import Bpr, dataset_of

    scores = Bpr(n_factors=3, penalty=0.01, n_epochs=50).fit(known())(np.arange(14))
    model = BPR(k=3, max_iter=50, learning_rate=0.05, lambda_reg=0.01, num_threads=1, seed=1)
    model.fit(dataset_of(known().likes, seed=1))
    # A loop over the fitted parameters, and the library's own scores.
    for user in range(14):
        for item in range(12):
            product = sum(model.u_factors[user] * model.i_factors[item]) + model.i_biases[item]
            assert scores[user, item] == pytest.approx(product, abs=1e-5)
        np.testing.assert_allclose(scores[user], model.score(user), atol=1e-5)


def test_cmf_reaches_the_least_of_its_objective() -> None:
    pytest.importorskip("cmfrec", reason="cmf needs cmfrec: pip install 'mars-batch[cmf]'")
    from mars_model.evaluation.baselines.cmf import Cmf

    settings = Cmf(3, penalty=1.0, alpha=2.0, likes_weight=5.0, words_weight=0.5, n_iterations=30)
    fitted = settings.fit(known())
    likes = known().likes
    liked = np.zeros((14, 12))
    for user in range(14):
        liked[user, likes.row(user)] = 1.0
    bag = bag_of_words(known().words, 100)
    counts = np.zeros((12, len(bag.vocabulary)))
    counts[bag.document_idx, bag.word_idx] = bag.counts
    users, items = fitted.users.astype(float), fitted.items.astype(float)
    words = np.linalg.solve(0.5 * items.T @ items + 1.0 * np.eye(3), 0.5 * items.T @ counts).T

    def objective(a: np.ndarray, b: np.ndarray, d: np.ndarray) -> float:
        error = 5.0 * ((1 + 2.0 * liked) * (liked - a @ b.T) ** 2).sum()
        error += 0.5 * ((counts - b @ d.T) ** 2).sum()
        return float(error + 1.0 * sum((m**2).sum() for m in (a, b, d)))

    least, rng = objective(users, items, words), np.random.default_rng(1)
    for scale in (0.01, 0.1, 0.3):
        for _ in range(20):
            moved = [m + scale * rng.normal(size=m.shape) for m in (users, items, words)]
            assert objective(*moved) > least


def test_ctr_scores_as_cornac_does_from_its_own_texts() -> None:
    pytest.importorskip("cornac", reason="ctr needs cornac: pip install 'mars-batch[evaluate]'")
    from cornac.data import TextModality
    from cornac.data.text import BaseTokenizer, Vocabulary
    from cornac.models import CTR

    from mars_model.evaluation.baselines.bpr import dataset_of
    from mars_model.evaluation.baselines.ctr import Ctr

    scores = Ctr(n_topics=3, user_penalty=0.01, n_iterations=4).fit(known())(np.arange(14))
    dataset = dataset_of(known().likes, seed=1)
    # cornac cuts and counts texts itself, with the same words in the same order.
    texts = TextModality(
        corpus=[" ".join(words) for words in known().words],
        ids=list(range(12)),
        vocab=Vocabulary(list(bag_of_words(known().words, 100).vocabulary)),
        tokenizer=BaseTokenizer(sep=" ", stop_words=None),
    )
    dataset.add_modalities(item_text=texts.build(id_map=dataset.iid_map))
    # It would draw topics for four special words that no text holds.
    texts.vocab.idx2tok = texts.vocab.idx2tok[4:]
    model = CTR(k=3, max_iter=4, lambda_u=0.01, lambda_v=10.0, verbose=False, seed=1)
    model.fit(dataset)
    for user in range(14):
        np.testing.assert_allclose(scores[user], model.score(user), atol=1e-5)
