"""On goodbooks, popularity, EASE and ALS reach what their libraries' own evaluation says of theirs.

Cornac fits, ranks and evaluates its own popularity and EASE, Spark its own ALS, all on our split.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pyspark.ml.evaluation import RankingEvaluator
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession

from mars_model.evaluation.baselines.als import Als
from mars_model.evaluation.baselines.ease import Ease
from mars_model.evaluation.baselines.interface import Baseline, Known
from mars_model.evaluation.baselines.popularity import Popularity
from mars_model.evaluation.metrics.accuracy import CUTOFF, mean_average_precision, recall
from mars_model.evaluation.metrics.hits import Hits
from mars_model.evaluation.metrics.means import mean_over_users
from mars_model.evaluation.ranking import rank_unseen
from mars_model.evaluation.splits.by_user import split_likes
from mars_model.evaluation.splits.split import Split
from mars_model.features.likes import LikeMatrix

GOODBOOKS = Path(__file__).parents[4] / "shared" / "data" / "goodbooks"
# The same lists but for ties, float32 and the order of sums: cornac's MAP takes the worst place
# among equal scores, which matters where scores are counts.
NOISE = 1e-3

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not GOODBOOKS.is_dir(), reason="../shared/data/goodbooks is not here"),
]


@pytest.fixture(scope="module")
def split() -> Split:
    ratings = pd.read_parquet(GOODBOOKS / "interactions.parquet")
    liked = ratings[ratings["rating"] >= 4].drop_duplicates(["user_id", "item_id"])
    liked = liked[liked.groupby("user_id")["item_id"].transform("size") >= 5]
    item_ids = np.unique(pd.read_parquet(GOODBOOKS / "items.parquet")["item_id"])
    rows = [np.searchsorted(item_ids, ids) for _, ids in liked.groupby("user_id")["item_id"]]
    return split_likes(LikeMatrix.from_rows(rows, len(item_ids)), seed=1)


def mean_recall(ranked: NDArray[np.int64], relevant: LikeMatrix) -> float:
    return mean_over_users(recall(Hits.of(ranked, relevant), 50))


def lists(baseline: Baseline, split: Split, k: int) -> NDArray[np.int64]:
    return rank_unseen(baseline.fit(Known(split.training, (), seed=1)), split.training, k)


@pytest.mark.parametrize("name", ["popularity", "ease"])
def test_cornacs_evaluation_of_its_own_model_agrees(name: str, split: Split) -> None:
    pytest.importorskip("cornac", reason="needs cornac: pip install 'mars-batch[evaluate]'")
    from cornac.eval_methods import ranking_eval
    from cornac.metrics import MAP, Recall
    from cornac.models import EASE, MostPop

    from mars_model.evaluation.baselines.bpr import dataset_of

    training, test = dataset_of(split.training, 1), dataset_of(split.test, 1)
    theirs = MostPop() if name == "popularity" else EASE(lamb=500, posB=False)
    (recall, average_precision), _ = ranking_eval(
        theirs.fit(training), [Recall(k=50), MAP()], training, test, val_set=None
    )
    # Theirs has no cutoff, so ours ranks all items.
    n_items = split.training.n_items
    ranked = lists(Popularity() if name == "popularity" else Ease(500.0), split, n_items)
    ours = mean_recall(ranked, split.test), mean_average_precision(ranked, split.test, n_items)
    print(f"{name}: recall@50 {ours[0]:.5f}, cornac {recall:.5f}")
    print(f"{name}: MAP {ours[1]:.5f}, cornac {average_precision:.5f}")
    assert ours == pytest.approx((recall, average_precision), abs=NOISE)


def test_sparks_evaluation_of_its_own_als_agrees(
    split: Split, spark: SparkSession, tmp_path: Path
) -> None:
    training, test = split.training, split.test
    users = np.repeat(np.arange(training.n_users), np.diff(training.starts))
    columns = {"user": users, "item": training.item_idx, "rating": 1.0}
    spark.sparkContext.setCheckpointDir(str(tmp_path))
    # The blocks decide the factors that it starts from, so they are those of our own fit.
    n_blocks = spark.sparkContext.defaultParallelism
    als = ALS(
        rank=32,
        regParam=0.3,
        alpha=10.0,
        implicitPrefs=True,
        seed=1,
        numUserBlocks=n_blocks,
        numItemBlocks=n_blocks,
        checkpointInterval=2,
    )
    model = als.fit(spark.createDataFrame(pd.DataFrame(columns)))
    longest = int(np.diff(training.starts).max())
    rows = model.recommendForAllUsers(CUTOFF + longest).collect()
    unseen = []
    for row in rows:
        seen = set(training.row(row["user"]).tolist())
        items = [float(r["item"]) for r in row["recommendations"] if r["item"] not in seen]
        relevant = [float(item) for item in test.row(row["user"])]
        if relevant:
            unseen.append((items[:CUTOFF], relevant))
    frame = spark.createDataFrame(unseen, "prediction array<double>, label array<double>")
    theirs = [
        RankingEvaluator(metricName=metric, k=k).evaluate(frame)
        for metric, k in (("recallAtK", 50), ("meanAveragePrecisionAtK", CUTOFF))
    ]
    ranked = lists(Als(spark, 32, 0.3, 10.0), split, CUTOFF)
    ours = mean_recall(ranked, test), mean_average_precision(ranked, test, CUTOFF)
    print(f"als: recall@50 {ours[0]:.5f}, Spark {theirs[0]:.5f}")
    print(f"als: MAP@500 {ours[1]:.5f}, Spark {theirs[1]:.5f}")
    assert ours == pytest.approx(tuple(theirs), abs=NOISE)
