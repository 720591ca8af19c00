"""Implicit matrix factorisation by Spark's ALS.

Source: Y. Hu, Y. Koren, C. Volinsky, "Collaborative Filtering for Implicit Feedback Datasets"
(2008).
"""

import tempfile
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame, SparkSession

from mars_model.features.likes import LikeMatrix

# A short lineage: the serialised plan of ten iterations overflows the JVM's stack.
_CHECKPOINT_INTERVAL = 2


@dataclass(frozen=True)
class Als:
    """Confidence 1 + α on each like; `n_factors` and `penalty` are Spark's rank and regParam."""

    spark: SparkSession
    n_factors: int
    penalty: float
    alpha: float
    seed: int = 1
    n_iterations: int = 10

    def fit(self, likes: LikeMatrix) -> "FittedAls":
        """Factorise the training likes; users and items without one get zeros."""
        context = self.spark.sparkContext
        users = np.repeat(np.arange(likes.n_users, dtype=np.int32), np.diff(likes.starts))
        rating = np.ones(likes.n_likes, dtype=np.float32)
        columns = {"user": users, "item": likes.item_idx, "rating": rating}
        als = ALS(
            rank=self.n_factors,
            regParam=self.penalty,
            alpha=self.alpha,
            implicitPrefs=True,
            maxIter=self.n_iterations,
            seed=self.seed,
            numUserBlocks=context.defaultParallelism,
            numItemBlocks=context.defaultParallelism,
            checkpointInterval=_CHECKPOINT_INTERVAL,
        )
        with tempfile.TemporaryDirectory(prefix="mars-als-") as folder:
            context.setCheckpointDir(folder)
            model = als.fit(self.spark.createDataFrame(pa.table(columns)))
            return FittedAls(
                _factors(model.userFactors, likes.n_users, self.n_factors),
                _factors(model.itemFactors, likes.n_items, self.n_factors),
            )


@dataclass(frozen=True)
class FittedAls:
    """Factors of users [U, F] and items [n_items, F]."""

    users: NDArray[np.float32]
    items: NDArray[np.float32]

    def scores(self, users: NDArray[np.int64]) -> NDArray[np.float32]:
        """[B, n_items]: dot products."""
        return np.asarray(self.users[users] @ self.items.T, dtype=np.float32)


def _factors(frame: DataFrame, n_rows: int, n_factors: int) -> NDArray[np.float32]:
    """Rows `id, features` as a matrix by position, zeros where Spark has no row."""
    table = frame.toArrow()
    factors = np.zeros((n_rows, n_factors), dtype=np.float32)
    values = table.column("features").combine_chunks().flatten().to_numpy()
    factors[table.column("id").to_numpy()] = values.reshape(-1, n_factors)
    return factors
