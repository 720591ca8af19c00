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

from mars_model.evaluation.baselines.factors import Factors
from mars_model.evaluation.baselines.interface import Known

# A short lineage: the serialised plan of ten iterations overflows the JVM's stack.
_CHECKPOINT_INTERVAL = 2


@dataclass(frozen=True)
class Als:
    """Confidence 1 + α on each like; `n_factors` and `penalty` are Spark's rank and regParam."""

    spark: SparkSession
    n_factors: int = 50
    penalty: float = 0.3
    alpha: float = 10.0
    n_iterations: int = 10

    def fit(self, known: Known) -> Factors:
        """Factorise the training likes; users and items without one get zeros.

        The threads are those of the session.
        """
        likes = known.likes
        context = self.spark.sparkContext
        users = likes.user_idx.astype(np.int32)
        rating = np.ones(likes.n_likes, dtype=np.float32)
        columns = {"user": users, "item": likes.item_idx, "rating": rating}
        als = ALS(
            rank=self.n_factors,
            regParam=self.penalty,
            alpha=self.alpha,
            implicitPrefs=True,
            maxIter=self.n_iterations,
            seed=known.seed,
            numUserBlocks=context.defaultParallelism,
            numItemBlocks=context.defaultParallelism,
            checkpointInterval=_CHECKPOINT_INTERVAL,
        )
        with tempfile.TemporaryDirectory(prefix="mars-als-") as folder:
            context.setCheckpointDir(folder)
            model = als.fit(self.spark.createDataFrame(pa.table(columns)))
            return Factors(
                _factors(model.userFactors, likes.n_users, self.n_factors),
                _factors(model.itemFactors, likes.n_items, self.n_factors),
            )


def _factors(frame: DataFrame, n_rows: int, n_factors: int) -> NDArray[np.float32]:
    """Rows `id, features` as a matrix by position, zeros where Spark has no row."""
    table = frame.toArrow()
    factors = np.zeros((n_rows, n_factors), dtype=np.float32)
    values = table.column("features").combine_chunks().flatten().to_numpy()
    factors[table.column("id").to_numpy()] = values.reshape(-1, n_factors)
    return factors
