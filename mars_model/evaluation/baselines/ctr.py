"""Collaborative topic regression: topics of the items' words inside a factorisation; cornac's.

Source: C. Wang, D. Blei, "Collaborative Topic Modeling for Recommending Scientific Articles"
(2011).
"""

from dataclasses import dataclass

import numpy as np
from cornac.models import CTR
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from mars_model.evaluation.baselines.bag_of_words import bag_of_words
from mars_model.evaluation.baselines.bpr import dataset_of
from mars_model.evaluation.baselines.factors import Factors
from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.baselines.sparse import words_csr


@dataclass(frozen=True)
class Ctr:
    """λ_u and λ_v of the paper, in words; b is the weight of an item not liked."""

    n_topics: int = 50
    user_penalty: float = 1.0
    item_penalty: float = 10.0
    unliked_weight: float = 0.01
    max_vocabulary: int = 8000
    n_iterations: int = 10

    def fit(self, known: Known) -> Factors:
        """Coordinate ascent from random topics; one of its steps is a topic model's."""
        bag = bag_of_words(known.words, self.max_vocabulary)
        dataset = dataset_of(known.likes, known.seed)
        dataset.add_modalities(item_text=_Words(words_csr(bag)))
        model = CTR(
            k=self.n_topics,
            lambda_u=self.user_penalty,
            lambda_v=self.item_penalty,
            b=self.unliked_weight,
            max_iter=self.n_iterations,
            verbose=False,
            seed=known.seed,
        )
        with threadpool_limits(known.n_threads):
            model.fit(dataset)
        return Factors(model.U.astype(np.float32), model.V.astype(np.float32))


@dataclass(frozen=True)
class _Words:
    """All that cornac's CTR reads of a TextModality, without making texts of words first."""

    counts: csr_matrix

    @property
    def vocab(self) -> "_Words":
        """Where `size` is looked for."""
        return self

    @property
    def size(self) -> int:
        """Number of words."""
        return int(self.counts.shape[1])

    def batch_bow(self, items: NDArray[np.int64], keep_sparse: bool) -> csr_matrix:
        """Counts of these items' words [B, V]."""
        return self.counts[items]
