"""The session that all commands share, and what is changed in it for a while."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from mars_model.tables.session import compiled_plans


def test_plans_are_compiled_within_the_block_alone_even_where_it_fails(spark: SparkSession) -> None:
    whole = "spark.sql.codegen.wholeStage"
    before = spark.conf.get(whole)
    with pytest.raises(ValueError, match="broken"), compiled_plans(spark):
        inside = spark.conf.get(whole)
        raise ValueError("broken")
    assert (before, inside, spark.conf.get(whole)) == ("false", "true", "false")


def test_vacuum_of_a_small_table_takes_few_tasks(spark: SparkSession, tmp_path: Path) -> None:
    """Spark's own default lists its one folder in 10,000 tasks, half a minute of them."""
    location = str(tmp_path / "small")
    spark.range(3).write.format("delta").save(location)
    told = spark.sparkContext.statusTracker()
    before = {*told.getJobIdsForGroup()}
    spark.sql(f"vacuum delta.`{location}`").collect()
    jobs = [told.getJobInfo(job) for job in {*told.getJobIdsForGroup()} - before]
    stages = [told.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
    tasks = [stage.numTasks for stage in stages if stage]
    assert tasks
    assert sum(tasks) < 100
