"""item_vectors, candidates, popularity and segments → the catalogue of a night."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.features.eligibility import Segments
from mars_model.scoring.catalogue import Catalogue, sort_popular

# Bytes of `allowed`, one per segment and candidate: every machine holds them once.
MAX_ALLOWED = 2**31


def items_to_score(
    documents: DataFrame, vectors: DataFrame, candidates: DataFrame, histories: DataFrame
) -> DataFrame:
    """One row per document: its vectors, whether it is a candidate, how many users like it.

    `vectors` are those of one model version; `candidates` holds `item_id`. Vectors are null
    where the text has none yet.
    """
    n_likes = (
        histories.select(F.explode("item_ids").alias("item_id"))
        .groupBy("item_id")
        .agg(F.count("*").alias("n_likes"))
    )
    return (
        documents.select("item_id", "text_hash")
        .join(vectors, ["item_id", "text_hash"], "left")
        .join(candidates.select("item_id", F.lit(True).alias("is_candidate")), "item_id", "left")
        .join(n_likes, "item_id", "left")
        .select(
            "item_id",
            "item_vector",
            "memory_vector",
            "item_bias",
            F.coalesce("is_candidate", F.lit(False)).alias("is_candidate"),
            F.coalesce("n_likes", F.lit(0)).alias("n_likes"),
        )
    )


def collect_items(items: DataFrame) -> tuple[Catalogue, NDArray[np.int64]]:
    """Arrays from `items_to_score`, every item a candidate, and the positions of those that are.

    Grows with the items, never with the users. Raises InputDataError where an item has no vector.
    """
    table = items.toArrow()
    if n_missing := table.column("item_vector").null_count:
        raise InputDataError(
            f"item_vectors: {n_missing} of {table.num_rows} items have no vector of this model "
            "for their present text. Make them with: mars-batch encode-items"
        )
    ids = table.column("item_id").combine_chunks()
    item_ids = np.asarray(ids.to_pylist(), dtype=str if pa.types.is_string(ids.type) else np.int64)
    order = np.argsort(item_ids, kind="stable")
    columns = {n: table.column(n).to_numpy() for n in ("is_candidate", "n_likes", "item_bias")}
    n_likes = columns["n_likes"][order].astype(np.int64)
    everything = np.arange(len(order))
    catalogue = Catalogue(
        item_ids=item_ids[order],
        memory=_matrix(table, "memory_vector")[order],
        candidates=_matrix(table, "item_vector")[order],
        item_bias=columns["item_bias"][order].astype(np.float32),
        candidate_idx=everything,
        popular_idx=sort_popular(everything, n_likes),
        n_likes=n_likes,
        allowed=np.ones((1, len(order)), dtype=np.bool_),
    )
    return catalogue, np.flatnonzero(columns["is_candidate"][order].astype(bool))


def collect_catalogue(items: DataFrame) -> Catalogue:
    """The catalogue of a night, from `items_to_score`."""
    everything, candidate_idx = collect_items(items)
    return everything.with_candidates(candidate_idx)


def allow_segments(catalogue: Catalogue, segments: Segments) -> Catalogue:
    """The catalogue with a row of `allowed` for every segment, by its number.

    Collects the pairs of segment and item; grows with them, never with the users. Items that
    are no candidates drop out. Raises InputDataError where there are more segments than
    `MAX_ALLOWED` has room for.
    """
    n_segments, n_candidates = len(segments.names), len(catalogue.candidate_idx)
    if n_segments * n_candidates > MAX_ALLOWED:
        raise InputDataError(
            f"user_segments: {n_segments - 1:,} segments are too many for {n_candidates:,} "
            f"candidates, expected at most {MAX_ALLOWED // n_candidates - 1:,}. A segment is a "
            "group of users: join those that may get the same items"
        )
    table = segments.items.toArrow()
    # A list of few segments names an item once per segment: each id is looked up once.
    encoded = table.column("item_id").combine_chunks().dictionary_encode()
    ids = np.asarray(encoded.dictionary.to_pylist()).astype(catalogue.item_ids.dtype.type)
    positions = catalogue.positions(ids)
    among = np.where(positions >= 0, catalogue.candidate_of_item()[positions], -1)
    pair_candidate = among[encoded.indices.to_numpy()]
    is_candidate = pair_candidate >= 0
    numbers = table.column("segment").to_numpy()
    allowed = np.zeros((n_segments, n_candidates), dtype=bool)
    allowed[0] = True
    allowed[numbers[is_candidate], pair_candidate[is_candidate]] = True
    return replace(catalogue, allowed=allowed)


def _matrix(table: pa.Table, column: str) -> NDArray[np.float32]:
    values = table.column(column).combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float32).reshape(table.num_rows, -1)
