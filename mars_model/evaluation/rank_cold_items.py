"""Cold items: some items are held out entirely, then ranked by what is known of them, their text.

The history of a user is all that he likes among the other, warm items. Users who like no cold
item, or no warm one, are left out.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.baselines.tfidf import TfIdf
from mars_model.evaluation.fit import FittingTask, attention_of, fit
from mars_model.evaluation.holdout import hold_out
from mars_model.evaluation.metrics.accuracy import CUTOFF
from mars_model.evaluation.ranking import rank_unseen
from mars_model.evaluation.splits.cold_items import ColdSplit
from mars_model.evaluation.training_set import Texts
from mars_model.evaluation.validation import rank_by_vectors
from mars_model.evaluation.variant import with_seed
from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.settings import Settings
from mars_model.training.network import all_vectors, encode_new

Words = Sequence[Sequence[str]]


def rank_cold_by_tfidf(words: Words, split: ColdSplit) -> NDArray[np.int64]:
    """Positions among the cold items by TF-IDF's cosine with the history: [T, 500]."""
    known, new = _pick(words, split.warm_idx), _pick(words, split.cold_idx)
    fitted = TfIdf().fit(known, new, split.histories)
    nothing = LikeMatrix.from_rows([[]] * split.histories.n_users, len(new))
    return rank_unseen(fitted.scores, nothing, CUTOFF)


def rank_cold_by_variant(
    settings: Settings, words: Words, split: ColdSplit, seed: int
) -> NDArray[np.int64]:
    """Positions among the cold items by a variant that never saw them, nor their words: [T, 500].

    Trained on the warm likes, `training.validation_share` of them held out for early stopping.
    """
    settings = with_seed(settings, seed)
    known, new = _pick(words, split.warm_idx), _pick(words, split.cold_idx)
    texts, model = Texts.of(known, settings), settings.model
    kept, held = hold_out(split.training, settings.training.validation_share, seed)
    network = fit(FittingTask(texts, kept, held, settings)).network
    _, memory, _ = all_vectors(network, texts.documents)
    new_documents = texts.vocabulary.encode(new, model.max_words, model.window)
    catalogue = _cold_catalogue(memory, encode_new(network.item_encoder, new_documents))
    return rank_by_vectors(attention_of(model), catalogue, split.histories, CUTOFF, model.attention)


def _cold_catalogue(memory: NDArray[np.float32], candidates: NDArray[np.float32]) -> Catalogue:
    """Warm items first, cold ones behind them; only these are candidates, without bias."""
    n_items, n_cold = len(memory) + len(candidates), len(candidates)
    cold = np.arange(len(memory), n_items, dtype=np.int64)
    return Catalogue(
        item_ids=np.arange(n_items, dtype=np.int64),
        # Histories hold warm items only: what stands behind them is never read.
        memory=np.concatenate([memory, np.zeros_like(candidates)]),
        candidates=candidates,
        item_bias=np.zeros(n_cold, dtype=np.float32),
        candidate_idx=cold,
        popular_idx=cold,
        n_likes=np.zeros(n_items, dtype=np.int64),
        allowed=np.ones((1, n_cold), dtype=np.bool_),
    )


def _pick(words: Words, item_idx: NDArray[np.int64]) -> Words:
    return [words[position] for position in item_idx]
