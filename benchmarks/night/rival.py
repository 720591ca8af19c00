"""The rival of part b: plain dot products in a compiled library, written to Delta without Spark.

implicit's `recommend` for all users at once. It ranks batches of 100 users in OpenMP threads of its
own, `num_threads` of them whatever OMP_NUM_THREADS says. A batch's product is BLAS's, which must
then have one thread (OPENBLAS_NUM_THREADS=1, as scoring.py sets it), or both kinds of threads share
the cores: with `num_threads` 2, an average of 1.9 threads were running or waiting for a core, and
2.7 with two threads of BLAS. Source: implicit 0.7, implicit/cpu/topk.pyx.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from deltalake import write_deltalake
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from mars_model.features.likes import LikeMatrix


@dataclass(frozen=True)
class Rival:
    """Factors and likes in memory, as implicit takes them."""

    model: AlternatingLeastSquares
    likes: csr_matrix

    @classmethod
    def of(
        cls,
        user_factors: NDArray[np.float32],
        item_factors: NDArray[np.float32],
        likes: LikeMatrix,
        n_threads: int,
    ) -> "Rival":
        """Take factors [U, K] and [I, K] as if implicit had fitted them; U and I are the likes'."""
        model = AlternatingLeastSquares(factors=item_factors.shape[1], num_threads=n_threads)
        model.user_factors, model.item_factors = user_factors, item_factors
        ones = np.ones(likes.n_likes, dtype=np.float32)
        shape = (likes.n_users, likes.n_items)
        return cls(model, csr_matrix((ones, likes.item_idx, likes.starts), shape=shape))

    def write(self, location: str, n: int) -> None:
        """Overwrite a Delta table with each user's `n` best items that the user has not liked."""
        users = np.arange(self.likes.shape[0])
        items, scores = self.model.recommend(
            users, self.likes, N=n, filter_already_liked_items=True
        )
        rows = pa.table(
            {
                "user_id": np.repeat(users, n),
                "rank": np.tile(np.arange(1, n + 1, dtype=np.int32), len(users)),
                "item_id": items.ravel().astype(np.int64),
                "score": scores.ravel(),
            }
        )
        write_deltalake(location, rows, mode="overwrite")
