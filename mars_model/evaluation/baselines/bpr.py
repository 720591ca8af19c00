"""Matrix factorisation that ranks a liked item above another one: BPR, cornac's.

Source: S. Rendle, C. Freudenthaler, Z. Gantner, L. Schmidt-Thieme, "BPR: Bayesian Personalized
Ranking from Implicit Feedback" (2009).
"""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from cornac.data import Dataset
from cornac.models import BPR

from mars_model.evaluation.baselines.factors import Factors
from mars_model.evaluation.baselines.interface import Known
from mars_model.features.likes import LikeMatrix


@dataclass(frozen=True)
class Bpr:
    """Learned by stochastic gradient descent; items have a bias."""

    n_factors: int = 50
    learning_rate: float = 0.05
    penalty: float = 0.02
    n_epochs: int = 200

    def fit(self, known: Known) -> Factors:
        """One thread whatever is allowed: several write over each other, in no fixed order."""
        model = BPR(
            k=self.n_factors,
            max_iter=self.n_epochs,
            learning_rate=self.learning_rate,
            lambda_reg=self.penalty,
            use_bias=True,
            num_threads=1,
            verbose=False,
            seed=known.seed,
        )
        model.fit(dataset_of(known.likes, known.seed))
        ones = np.ones((known.likes.n_users, 1), dtype=np.float32)
        return Factors(
            np.hstack([model.u_factors, ones]),
            np.hstack([model.i_factors, model.i_biases[:, None]]),
        )


def dataset_of(likes: LikeMatrix, seed: int) -> Dataset:
    """Likes as cornac has them, ids being positions: all items are known, liked or not."""
    users = likes.user_idx
    return Dataset(
        likes.n_users,
        likes.n_items,
        OrderedDict((user, user) for user in range(likes.n_users)),
        OrderedDict((item, item) for item in range(likes.n_items)),
        (users, likes.item_idx.astype(np.int64), np.ones(likes.n_likes)),
        seed=seed,
    )
