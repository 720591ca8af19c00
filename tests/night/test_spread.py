"""Users spread over partitions: each once, and about the same work in all of them."""

import pytest
from pyspark.sql import functions as F

from mars_model.night.spread import spread
from mars_model.scoring.memory_plan import Work


def histories_of(spark, lengths):
    rows = [(user, [0] * n, n) for user, n in enumerate(lengths)]
    return spark.createDataFrame(rows, "user_id bigint, item_ids array<bigint>, n_items int")


def work_of(lengths):
    return Work(len(lengths), sum(lengths), max(lengths, default=0))


def loads(frame, n_blocks):
    found = frame.groupBy(F.spark_partition_id().alias("block")).agg(F.sum("n_items").alias("n"))
    by_block = {row["block"]: row["n"] for row in found.collect()}
    return [by_block.get(block, 0) for block in range(n_blocks)]


def test_one_huge_history_has_a_block_for_itself_and_the_others_share_the_rest(spark):
    lengths = [900] + [10] * 90
    blocks = spread(histories_of(spark, lengths), work_of(lengths), 3)
    with_huge, *others = sorted(loads(blocks, 3), reverse=True)
    assert 900 <= with_huge <= 1000
    assert sum(others) >= 800 and min(others) > 250


@pytest.mark.parametrize("lengths", [[], [0], [3], [0, 0, 7], [5] * 40, [1, 2, 400, 3]])
@pytest.mark.parametrize("n_blocks", [1, 4])
def test_every_user_is_in_one_block_with_all_columns(spark, lengths, n_blocks):
    frame = histories_of(spark, lengths)
    blocks = spread(frame, work_of(lengths), n_blocks)
    assert blocks.columns == frame.columns
    assert blocks.rdd.getNumPartitions() == n_blocks
    assert sorted(row["user_id"] for row in blocks.collect()) == list(range(len(lengths)))
