"""What a night would read if it began now, without writing: for a dry run."""

import time
from dataclasses import dataclass
from datetime import date

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.bundle.registry import Bundle
from mars_model.night.eligible import optional_versions, read_candidates, read_segments
from mars_model.night.inputs import Inputs
from mars_model.night.prepare import Step, documents_step, histories_step
from mars_model.scoring.encode_documents import encode_documents
from mars_model.settings import Settings
from mars_model.tables import contracts
from mars_model.tables.warehouse import Warehouse

# So many texts without vectors are encoded; the others borrow theirs.
_ENCODED_SAMPLE = 64


@dataclass(frozen=True)
class Present:
    """Inputs of a night to come, the tables that are behind, and what encoding will take."""

    inputs: Inputs
    behind: tuple[str, ...]
    n_to_encode: int
    encode_s: float


def present_inputs(
    warehouse: Warehouse, bundle: Bundle, settings: Settings, run_date: date
) -> Present:
    """Tables that are behind are computed on the fly; nothing is written.

    Items without vectors get those of a sample of their texts: good enough to measure with.
    """
    versions = {"items": warehouse.version("items"), **optional_versions(warehouse)}
    versions["interactions"] = warehouse.version("interactions")
    steps = (documents_step(warehouse, settings), histories_step(warehouse, settings, run_date))
    behind = [step.table for step in steps if not step.is_current(warehouse)]
    documents, histories = (_rows(warehouse, step, behind) for step in steps)
    vectors = _vectors(warehouse, documents, bundle)
    missing = documents.join(vectors, ["item_id", "text_hash"], "left_anti").persist()
    n_missing, encode_s = missing.count(), 0.0
    if n_missing:
        borrowed, seconds_each = _borrowed_vectors(missing, bundle)
        vectors = vectors.unionByName(borrowed)
        workers = warehouse.spark.sparkContext.defaultParallelism
        encode_s = seconds_each * n_missing / workers
        behind.append("item_vectors")
    inputs = Inputs(
        histories=histories,
        documents=documents,
        vectors=vectors,
        candidates=read_candidates(warehouse, versions, run_date),
        segments=read_segments(warehouse, versions),
    )
    return Present(inputs, tuple(behind), n_missing, encode_s)


def _rows(warehouse: Warehouse, step: Step, behind: list[str]) -> DataFrame:
    return step.rows if step.table in behind else warehouse.read(step.table)


def _vectors(warehouse: Warehouse, documents: DataFrame, bundle: Bundle) -> DataFrame:
    """The vectors of the bundle's model version that are there."""
    columns = ("item_id", "text_hash", "item_vector", "memory_vector", "item_bias")
    if warehouse.exists("item_vectors"):
        held = warehouse.read("item_vectors")
        return held.where(F.col("model_version") == bundle.model_version).select(*columns)
    ids = contracts.IdTypes(documents.schema["item_id"].dataType.simpleString(), "bigint")
    empty = contracts.schema("item_vectors", ids)
    return documents.sparkSession.createDataFrame([], empty).select(*columns)


def _borrowed_vectors(missing: DataFrame, bundle: Bundle) -> tuple[DataFrame, float]:
    """Vectors for all of `missing`, and the seconds that a text takes to encode."""
    sample = missing.select("item_id", "words").limit(_ENCODED_SAMPLE).toPandas()
    ids, words = np.array(sample["item_id"].tolist()), sample["words"].tolist()
    encode_documents(bundle, ids[:1], words[:1])  # opens the sessions
    start = time.perf_counter()
    item, memory, bias = encode_documents(bundle, ids, words)
    seconds_each = (time.perf_counter() - start) / len(ids)
    spark = missing.sparkSession
    rows = [
        (n, v.tolist(), m.tolist(), float(b))
        for n, (v, m, b) in enumerate(zip(item, memory, bias, strict=True))
    ]
    lent = spark.createDataFrame(
        rows, "n int, item_vector array<float>, memory_vector array<float>, item_bias float"
    )
    which = F.pmod(F.xxhash64("item_id"), F.lit(len(rows))).cast("int")
    borrowed = missing.select("item_id", "text_hash", which.alias("n")).join(F.broadcast(lent), "n")
    return borrowed.drop("n"), seconds_each
