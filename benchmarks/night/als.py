"""Part b: the whole night against Spark's ALS in one session and against implicit, all in Delta."""

from functools import partial

import click
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.ml.recommendation import ALS, ALSModel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from mars_model.features.likes import LikeMatrix
from night.prepared import TOP_N, K, Prepared
from night.report import Cell, Table
from night.rival import Rival
from night.scorer import Night, Site, forget_model, run_one
from night.tables import NightCalendar, nights_from
from night.timing import Rounds, Spread, paired_rounds, ratios, timed

ALS_TABLE = "als_recommendations"
RIVAL_TABLE = "implicit_recommendations"
N_FIT_ITERATIONS = 1


def measure_against_als(spark: SparkSession, prepared: list[Prepared], rounds: Rounds) -> Table:
    """Seconds of both nights, ALS and implicit, and the nights' ratios to them in paired rounds."""
    n_threads = spark.sparkContext.defaultParallelism
    rows = [_compare(spark, one, rounds) for one in prepared]
    return Table(
        "b",
        f"the whole night against ALSModel.recommendForAllUsers({TOP_N}) and implicit, rank {K}",
        rows,
        (
            "Seconds and ratios: median (least to most).",
            "A night is everything: histories, vectors, lists, scores, reasons, staging, audit, "
            "publishing. First: the model has no vectors and no lists yet. Ordinary: it has them, "
            "and every user is scored again.",
            "ALS: only recommendForAllUsers and its write; its fit is not counted. It may "
            "recommend what a user liked, gives no reasons and is not audited.",
            f"implicit: recommend for all users with {n_threads} threads, as many as Spark has, "
            "without liked items, and deltalake's write; likes and ALS's factors are in memory, "
            "nothing is read, and there are no reasons and no audit.",
            "Same session, users, items, K and N; the JVM runs with its second compiler, which "
            "conf/spark-defaults.conf switches off.",
        ),
    )


def _compare(spark: SparkSession, prepared: Prepared, rounds: Rounds) -> dict[str, Cell]:
    click.echo(f"(b) {prepared.shape.n_users:,} x {prepared.shape.n_items:,}: ALS", err=True)
    likes = prepared.shape.likes()
    model = fit_als(spark, likes)
    rival = rival_of(model, likes, spark.sparkContext.defaultParallelism)
    calendar = nights_from()
    with prepared.copy(spark) as site:
        sides = {
            "ALS": partial(timed, partial(_write_als, site, model)),
            "implicit": partial(timed, partial(_write_rival, site, rival)),
            "first night": partial(_first_night, site, calendar),
            "ordinary night": partial(_ordinary_night, site, calendar),
        }
        seconds = paired_rounds(sides, rounds)
    return {
        "users": likes.n_users,
        "items": likes.n_items,
        "likes": likes.n_likes,
        **{f"{name}, s": Spread.of(taken) for name, taken in seconds.items()},
        "ordinary / implicit": ratios(seconds["ordinary night"], seconds["implicit"]),
        "ordinary / ALS": ratios(seconds["ordinary night"], seconds["ALS"]),
        "first / ALS": ratios(seconds["first night"], seconds["ALS"]),
    }


def fit_als(spark: SparkSession, likes: LikeMatrix) -> ALSModel:
    """Factors of all users and items; how good they are changes nothing of the time measured."""
    users = np.repeat(np.arange(likes.n_users, dtype=np.int32), np.diff(likes.starts))
    ones = np.ones(likes.n_likes, dtype=np.float32)
    rows = pa.table({"user": users, "item": likes.item_idx, "rating": ones})
    als = ALS(rank=K, maxIter=N_FIT_ITERATIONS, implicitPrefs=True, seed=1)
    model: ALSModel = als.fit(spark.createDataFrame(rows))
    return model


def rival_of(model: ALSModel, likes: LikeMatrix, n_threads: int) -> Rival:
    """implicit with the factors that ALS ranks by."""
    users = _factors(model.userFactors, likes.n_users)
    return Rival.of(users, _factors(model.itemFactors, likes.n_items), likes, n_threads)


def _factors(rows: DataFrame, n: int) -> NDArray[np.float32]:
    """Factors [n, K] by id; 0 where ALS has none, as for items that nobody likes."""
    table = rows.toArrow()
    factors = np.zeros((n, K), dtype=np.float32)
    values = table["features"].combine_chunks().flatten().to_numpy()
    factors[table["id"].to_numpy()] = values.reshape(-1, K)
    return factors


def _write_als(site: Site, model: ALSModel) -> None:
    lists = model.recommendForAllUsers(TOP_N)
    rows = lists.select("user", F.posexplode("recommendations").alias("position", "best")).select(
        F.col("user").alias("user_id"),
        (F.col("position") + 1).alias("rank"),
        F.col("best.item").alias("item_id"),
        F.col("best.rating").alias("score"),
    )
    rows.write.format("delta").mode("overwrite").save(site.warehouse.location(ALS_TABLE))


def _write_rival(site: Site, rival: Rival) -> None:
    rival.write(site.warehouse.location(RIVAL_TABLE), TOP_N)


def _first_night(site: Site, calendar: NightCalendar) -> float:
    forget_model(site)
    return _say("first", run_one(site, calendar.next()))


def _ordinary_night(site: Site, calendar: NightCalendar) -> float:
    return _say("ordinary", run_one(site, calendar.next()))


def _say(kind: str, night: Night) -> float:
    steps = ", ".join(f"{name} {s:.1f}" for name, s in night.run.durations_s.items())
    click.echo(f"  {kind} night {night.seconds:.1f} s: {steps}", err=True)
    return night.seconds
