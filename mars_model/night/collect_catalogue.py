"""The arrays that a night scores over: items and their vectors, kept from night to night."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import functions as F

from mars_model.bundle.registry import Bundle
from mars_model.errors import InputDataError
from mars_model.features.eligibility import Segments, id_array
from mars_model.night.build_tables import encode_missing
from mars_model.night.kept_arrays import keep, key_of, open_kept
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.memory_plan import Work
from mars_model.scoring.sentences import Titles
from mars_model.tables.pin import Pin
from mars_model.tables.warehouse import Warehouse

# Bytes of `allowed`, one per segment and candidate: every machine holds them once.
MAX_ALLOWED = 2**31
_FOLDER = ".items"


@dataclass(frozen=True)
class ItemArrays:
    """All items of a model version, ascending by id. Shapes: I items, K representation size."""

    item_ids: NDArray[np.generic]  # [I] int64 or fixed-width str
    memory: NDArray[np.float32]  # [I, K]
    vectors: NDArray[np.float32]  # [I, K]
    item_bias: NDArray[np.float32]  # [I]


def items_with_vectors(warehouse: Warehouse, bundle: Bundle, pin: Pin) -> tuple[Pin, ItemArrays]:
    """The items' arrays, mapped where they are kept; texts without vectors are encoded first.

    Returns the pin with item_vectors as it is then.
    """
    models = bundle.folder.parent
    kept = None
    if "item_vectors" in pin:
        kept = open_kept(ItemArrays, models / _FOLDER / _key(bundle, pin))
    if kept is not None:
        return pin, kept
    pin, _ = encode_missing(warehouse, bundle, pin)
    arrays = _collect(warehouse, bundle, pin)
    folder = models / _FOLDER / _key(bundle, pin)
    keep(arrays, folder)
    return pin, open_kept(ItemArrays, folder) or arrays


def catalogue_of(arrays: ItemArrays) -> Catalogue:
    """Every item a candidate, and no like counted yet."""
    everything = np.arange(len(arrays.item_ids), dtype=np.int64)
    return Catalogue(
        item_ids=arrays.item_ids,
        memory=arrays.memory,
        candidates=arrays.vectors,
        item_bias=arrays.item_bias,
        candidate_idx=everything,
        popular_idx=everything,
        n_likes=np.zeros(len(everything), dtype=np.int64),
        allowed=np.ones((1, len(everything)), dtype=np.bool_),
    )


def measure_histories(
    warehouse: Warehouse, pin: Pin, catalogue: Catalogue
) -> tuple[Work, NDArray[np.int64]]:
    """How much there is to score, and how many users like each item [I]: one pass."""
    batches = warehouse.read_batches("user_histories", ("item_ids",), pin["user_histories"].version)
    if batches is None:
        return _measure_by_spark(warehouse, pin, catalogue)
    n_users, n_all, longest = 0, 0, 0
    n_likes = np.zeros(len(catalogue.item_ids), dtype=np.int64)
    for batch in batches:
        lengths = np.diff(batch.column("item_ids").offsets.to_numpy())
        n_users, n_all = n_users + len(lengths), n_all + int(lengths.sum())
        longest = max(longest, int(lengths.max(initial=0)))
        n_likes += _count(batch.column("item_ids").flatten(), catalogue)
    return Work(n_users, n_all, longest), n_likes


def read_titles(warehouse: Warehouse, pin: Pin, catalogue: Catalogue) -> Titles:
    """What every item of the catalogue is called."""
    items = warehouse.read_arrow("items", ("item_id", "title"), pin["items"].version)
    places = catalogue.positions(
        id_array(items.column("item_id")).astype(catalogue.item_ids.dtype.type)
    )
    rows = np.full(len(catalogue.item_ids), -1, dtype=np.int64)
    rows[places[places >= 0]] = np.flatnonzero(places >= 0)
    titles = items.column("title").combine_chunks().take(pa.array(rows, mask=rows < 0))
    return Titles.of(titles, pa.array(np.asarray(catalogue.item_ids)))


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


def _key(bundle: Bundle, pin: Pin) -> str:
    return key_of(bundle.model_version, pin.identities("item_documents", "item_vectors"))


def _collect(warehouse: Warehouse, bundle: Bundle, pin: Pin) -> ItemArrays:
    """Every document with the vectors of its present text.

    Grows with the items, never with the users. Raises InputDataError where an item has none.
    """
    documents = _by_id(
        warehouse.read_arrow(
            "item_documents", ("item_id", "text_hash"), pin["item_documents"].version
        )
    )
    vectors = _by_id(
        warehouse.read_arrow(
            "item_vectors",
            ("item_id", "text_hash", "item_vector", "memory_vector", "item_bias"),
            pin["item_vectors"].version,
            {"model_version": bundle.model_version},
        )
    )
    item_ids, held_ids = id_array(documents.column("item_id")), id_array(vectors.column("item_id"))
    rows = np.minimum(np.searchsorted(held_ids, item_ids), max(0, len(held_ids) - 1))
    has_vector = np.zeros(len(item_ids), dtype=np.bool_)
    if len(held_ids):
        vectors = vectors.take(pa.array(rows))
        same_text = pc.equal(vectors.column("text_hash"), documents.column("text_hash"))
        has_vector = (held_ids[rows] == item_ids) & same_text.to_numpy()
    if n_missing := int((~has_vector).sum()):
        raise InputDataError(
            f"item_vectors: {n_missing} of {len(item_ids)} items have no vector of this model "
            "for their present text. Make them with: mars-batch encode-items"
        )
    bias = vectors.column("item_bias").to_numpy().astype(np.float32)
    return ItemArrays(
        item_ids, _matrix(vectors, "memory_vector"), _matrix(vectors, "item_vector"), bias
    )


def _by_id(table: pa.Table) -> pa.Table:
    return table.take(pa.array(np.argsort(id_array(table.column("item_id")), kind="stable")))


def _matrix(table: pa.Table, column: str) -> NDArray[np.float32]:
    values = table.column(column).combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float32).reshape(table.num_rows, -1)


def _count(ids: pa.Array, catalogue: Catalogue) -> NDArray[np.int64]:
    """How often each item of the catalogue [I] stands among these ids."""
    found = catalogue.positions(
        ids.to_numpy(zero_copy_only=False).astype(catalogue.item_ids.dtype.type)
    )
    return np.bincount(found[found >= 0], minlength=len(catalogue.item_ids)).astype(np.int64)


def _measure_by_spark(
    warehouse: Warehouse, pin: Pin, catalogue: Catalogue
) -> tuple[Work, NDArray[np.int64]]:
    histories = warehouse.read("user_histories", pin["user_histories"].version)
    row = histories.agg(F.count("*"), F.sum("n_items"), F.max("n_items")).first()
    assert row is not None
    liked = histories.select(F.explode("item_ids").alias("item_id"))
    counted = liked.groupBy("item_id").agg(F.count("*").alias("n")).toArrow()
    positions = catalogue.positions(
        id_array(counted.column("item_id")).astype(catalogue.item_ids.dtype.type)
    )
    n_likes = np.zeros(len(catalogue.item_ids), dtype=np.int64)
    is_known = positions >= 0
    n_likes[positions[is_known]] = counted.column("n").to_numpy()[is_known]
    return Work(int(row[0]), int(row[1] or 0), int(row[2] or 0)), n_likes
