"""The session that all commands share, and what is changed in it for a while."""

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
