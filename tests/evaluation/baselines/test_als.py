"""Spark's ALS as a baseline: it groups what is liked together, and leaves nothing behind."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import SparkSession

from mars_model.evaluation.baselines.als import Als
from mars_model.evaluation.baselines.interface import Known
from mars_model.features.likes import LikeMatrix

# Users 0-3 like items 0-3, users 4-7 like items 4-7; 0 and 4 lack one item; 8 likes nothing.
ROWS = [
    [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3], [1, 2, 3],
    [4, 5, 6], [4, 5, 6, 7], [4, 5, 6, 7], [5, 6, 7], [],
]  # fmt: skip


def test_an_item_liked_by_like_minded_users_comes_before_the_others(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    likes = LikeMatrix.from_rows(ROWS, n_items=9)
    fitted = Als(spark, n_factors=4, penalty=0.05, alpha=10, n_iterations=15).fit(
        Known(likes, (), seed=1)
    )
    scores = fitted(np.array([0, 4, 8]))
    assert scores.shape == (3, 9) and scores.dtype == np.float32
    assert scores[0, 3] > scores[0, 4:].max()
    assert scores[1, 7] > scores[1, [0, 1, 2, 3, 8]].max()
    # Neither a user nor an item without likes has factors.
    assert not scores[2].any() and not scores[:, 8].any()
    assert list(tmp_path.iterdir()) == []


def test_the_seed_decides_the_factors(spark: SparkSession) -> None:
    likes = LikeMatrix.from_rows(ROWS, n_items=8)
    first, again = (Als(spark, 2, 0.1, 1, 2).fit(Known(likes, (), seed=3)) for _ in range(2))
    assert (first.users == again.users).all() and (first.items == again.items).all()
