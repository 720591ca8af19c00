"""Nearest neighbours among items by whom they are liked: implicit's.

Source: M. Deshpande, G. Karypis, "Item-Based Top-N Recommendation Algorithms" (2004).
"""

from dataclasses import dataclass

import numpy as np
from implicit.nearest_neighbours import ItemItemRecommender
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array

from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.baselines.sparse import likes_csr
from mars_model.evaluation.ranking import Scores


@dataclass(frozen=True)
class ItemKnn:
    """Similarity: users who like both items, over (n_i n_j)^`popularity_discount`.

    A discount of 0 counts them, 0.5 is the cosine, which favours items that few like; below 0 those
    that many like count more, which pays where popularity rules.
    """

    n_neighbours: int = 200
    popularity_discount: float = 0.2

    def fit(self, known: Known) -> Scores:
        """Keep the `n_neighbours` most similar items of each item, itself among them."""
        likes = likes_csr(known.likes)
        n_likes = np.bincount(known.likes.item_idx, minlength=known.likes.n_items)
        discount = np.maximum(n_likes, 1.0) ** -self.popularity_discount
        model = ItemItemRecommender(K=self.n_neighbours, num_threads=known.n_threads)
        model.fit(csr_matrix(likes @ diags_array(discount)), show_progress=False)
        similarity = csr_matrix(model.similarity)  # a row's neighbours in columns

        def scores(users: NDArray[np.int64]) -> NDArray[np.float32]:
            """[B, n_items]: the sum of the similarities that the liked items hold of the item."""
            return np.asarray((likes[users] @ similarity).toarray(), dtype=np.float32)

        return scores
