"""A document depends on its item's texts, not on the order of rows or columns."""

import hashlib
import random
from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from mars_model.bundle.items import Items
from mars_model.features.documents import item_documents
from mars_model.settings import DocumentSettings

EXTRA = DocumentSettings(extra_columns=("genres", "cast"), year_column="cast")
COLUMNS = ("item_id", "title", "text", "genres", "cast")
TEXTS = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.sampled_from(["I is İ ı", "<b>Moon</b> &amp;", "the a", "of 1968"]),
)
ROWS = st.lists(
    st.tuples(st.integers(-(2**63), 2**63 - 1), TEXTS, TEXTS, TEXTS, TEXTS),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row[0],
)


def table(rows: list[tuple], order: list[str]) -> pa.Table:
    schema = {name: pa.int64() if name == "item_id" else pa.string() for name in COLUMNS}
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    return pa.table({name: pa.array(columns[name], schema[name]) for name in order})


def words_of_items(rows: pa.Table) -> dict[int, list[str]]:
    items = Items.of(rows, EXTRA)
    return dict(zip(items.item_ids.tolist(), items.words, strict=True))


@given(rows=ROWS, shuffle=st.randoms(use_true_random=False))
def test_words_are_the_same_in_any_order_of_rows_and_columns(
    rows: list[tuple], shuffle: random.Random
) -> None:
    expected = words_of_items(table(rows, [*COLUMNS]))
    shuffled, order = [*rows], [*COLUMNS]
    shuffle.shuffle(shuffled)
    shuffle.shuffle(order)
    assert words_of_items(table(shuffled, order)) == expected
    alone = {k: v for row in rows for k, v in words_of_items(table([row], order)).items()}
    assert alone == expected


@pytest.mark.parametrize("seed", [1, 2])
def test_sparks_documents_are_the_same_words_and_hashes_in_any_order(
    spark: SparkSession, seed: int
) -> None:
    rows = [
        (3, "Titan", "I is İ ı, an <b>Orbit</b>", None, "Ida, 1968"),
        (1, "ISLAND", None, "SCI-FI", ""),
        (2, None, "The chef &amp; salt", "kitchen", "Otto"),
    ]
    shuffle = random.Random(seed)
    order = [*COLUMNS]
    shuffle.shuffle(rows)
    shuffle.shuffle(order)
    frame = spark.createDataFrame(table(rows, order)).repartition(1 + seed)
    found = item_documents(frame, EXTRA).collect()
    expected = words_of_items(table(rows, [*COLUMNS]))
    assert {row["item_id"]: row["words"] for row in found} == expected
    hashes = {i: hashlib.sha256(" ".join(w).encode()).hexdigest() for i, w in expected.items()}
    assert {row["item_id"]: row["text_hash"] for row in found} == hashes


@pytest.mark.parametrize(
    "years", [[1968, None], [1968.0, None], ["about 1968", ""], [date(1968, 5, 1), None]]
)
def test_years_in_memory_may_be_numbers_texts_or_dates(years: list[object]) -> None:
    settings = DocumentSettings(year_column="made")
    rows = {"item_id": [1, 2], "title": ["Orbit (1970)", "Salt"], "made": years}
    spans = ["1964-1968", "1965-1969", "1966-1970", "1967-1971", "1968-1972"]
    for form in (rows, pa.table(rows), pd.DataFrame(rows)):
        assert Items.of(form, settings).words == [[*spans, "orbit"], ["salt"]]
