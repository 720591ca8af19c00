"""Documents → vectors: both encoders, once per new text or item, in a pandas UDF."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark import SparkContext
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.bundle.item_factors import ItemFactors
from mars_model.bundle.manifest import FACTORS_FILE
from mars_model.bundle.registry import Bundle
from mars_model.bundle.sealed_file import SealedFile
from mars_model.bundle.vocabulary import Vocabulary
from mars_model.night.shipping import ship_bundle_file
from mars_model.scoring.encode_documents import ENCODERS, encode_words


def new_item_vectors(documents: DataFrame, vectors: DataFrame, bundle: Bundle) -> DataFrame:
    """Rows of item_vectors that this model version does not have yet.

    Grain: one row per item whose (item_id, text_hash) has no vector in `vectors`. Where a vector
    is that of a text alone, the encoders run once per text_hash that no item of this model version
    has, and known texts are looked up; a model with item factors encodes every item for itself.
    """
    held = vectors.where(F.col("model_version") == bundle.model_version)
    missing = documents.join(held, ["item_id", "text_hash"], "left_anti")
    if bundle.manifest.settings.model.has_item_factors:
        encoded = _encode_items(missing, bundle)
    else:
        encoded = _encode_texts(missing, held, bundle)
    return encoded.select(
        F.lit(bundle.model_version).alias("model_version"),
        "item_id",
        "text_hash",
        "item_vector",
        "memory_vector",
        F.col("item_bias").cast("float").alias("item_bias"),
    )


def _encode_texts(missing: DataFrame, held: DataFrame, bundle: Bundle) -> DataFrame:
    """Vectors of items by their texts; bias 0."""
    known = held.groupBy("text_hash").agg(
        *[F.first(name).alias(name) for name in ("item_vector", "memory_vector", "item_bias")]
    )
    new_texts = missing.dropDuplicates(["text_hash"]).join(known, "text_hash", "left_anti")
    nothing = F.lit(None).cast("array<float>")
    both = _encode(bundle, missing.sparkSession.sparkContext)("words", nothing, nothing)
    encoded = new_texts.select("text_hash", both.alias("both")).select(
        "text_hash", "both.item_vector", "both.memory_vector", F.lit(0.0).alias("item_bias")
    )
    return missing.join(known.unionByName(encoded), "text_hash")


def _encode_items(missing: DataFrame, bundle: Bundle) -> DataFrame:
    """Vectors of items by their texts and their own factors, 0 for items that have none."""
    spark = missing.sparkSession
    size = bundle.manifest.settings.model.representation_size
    factors = ItemFactors.parse(bundle.sealed(FACTORS_FILE).read(), size)
    known = spark.createDataFrame(factors.table())
    both = _encode(bundle, spark.sparkContext)("words", "free_item", "free_memory")
    return (
        missing.join(known, "item_id", "left")
        .select(
            "item_id",
            "text_hash",
            both.alias("both"),
            F.coalesce("item_bias", F.lit(0.0)).alias("item_bias"),
        )
        .select("item_id", "text_hash", "both.item_vector", "both.memory_vector", "item_bias")
    )


def _encode(bundle: Bundle, context: SparkContext):  # type: ignore[no-untyped-def]
    """A pandas UDF: words and both free vectors, null for zeros → both vectors."""
    shipped_words = ship_bundle_file(context, bundle, "vocabulary.txt")
    shipped_encoders = [ship_bundle_file(context, bundle, name) for name in ENCODERS]
    model = bundle.manifest.settings.model

    @F.pandas_udf("item_vector array<float>, memory_vector array<float>")  # type: ignore[attr-defined,untyped-decorator]
    def encode(
        batches: Iterator[tuple[pd.Series, pd.Series, pd.Series]],
    ) -> Iterator[pd.DataFrame]:
        vocabulary = _open_vocabulary(shipped_words.arrived())
        encoders = [shipped.arrived() for shipped in shipped_encoders]
        for documents, *rows in batches:
            free = [_matrix(some, model.representation_size) for some in rows]
            item, memory = encode_words(list(documents), free, vocabulary, encoders, model)
            yield pd.DataFrame({"item_vector": list(item), "memory_vector": list(memory)})

    return encode


def _matrix(rows: "pd.Series[Any]", size: int) -> NDArray[np.float32]:
    """Rows of numbers [D, K], zeros for a missing row."""
    matrix = np.zeros((len(rows), size), dtype=np.float32)
    for position, row in enumerate(rows):
        if row is not None:
            matrix[position] = row
    return matrix


@cache
def _open_vocabulary(file: SealedFile) -> Vocabulary:
    return Vocabulary.parse(file.read())
