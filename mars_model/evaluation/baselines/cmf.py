"""Likes and the items' bags of words factorised together: cmfrec's implicit model.

Source: A. Singh, G. Gordon, "Relational Learning via Collective Matrix Factorization" (2008);
weights of likes by Hu, Koren, Volinsky (2008).
"""

from dataclasses import dataclass

from cmfrec import CMF_implicit

from mars_model.evaluation.baselines.bag_of_words import bag_of_words
from mars_model.evaluation.baselines.factors import Factors
from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.baselines.sparse import likes_csr, words_csr


@dataclass(frozen=True)
class Cmf:
    """Users × items and items × words share the items' factors; an absent word counts as 0.

    The weights are those of the squared errors of both matrices, 5 to 1 in the MARS paper; a like
    counts 1 + `alpha` times the other entries of its matrix.
    """

    n_factors: int = 50
    penalty: float = 5.0
    alpha: float = 10.0
    likes_weight: float = 5.0
    words_weight: float = 5.0
    max_vocabulary: int = 4000
    n_iterations: int = 10

    def fit(self, known: Known) -> Factors:
        """Alternating least squares; without any frequent word, of the likes alone."""
        bag = bag_of_words(known.words, self.max_vocabulary)
        model = CMF_implicit(
            k=self.n_factors,
            lambda_=self.penalty,
            alpha=self.alpha,
            w_main=self.likes_weight,
            w_item=self.words_weight,
            niter=self.n_iterations,
            use_cg=False,  # conjugate gradients end in NaN where words have a weight
            center_I=False,
            NA_as_zero_item=True,
            nthreads=known.n_threads,
            use_float=True,
            precompute_for_predictions=False,
            produce_dicts=False,
            random_state=known.seed,
            verbose=False,
        )
        words = words_csr(bag).tocoo() if bag.vocabulary else None
        model.fit(X=likes_csr(known.likes).tocoo(), I=words)
        return Factors(model.A_, model.B_)
