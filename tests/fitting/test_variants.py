"""A night of every variant: trained, exported, encoded, scored by the same code."""

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pyarrow.parquet as pq
import pytest
from onnx.reference import ReferenceEvaluator

from mars_model.fitting.train import train_model
from mars_model.night.encode import new_item_vectors
from mars_model.night.run_night import run_night
from mars_model.resources import resource_folder
from mars_model.scoring.encode_documents import encode_documents
from tests.conftest import Night, SilentProgress, small_settings
from tests.night.conftest import copy_night, rows_of

pytestmark = pytest.mark.long

# The fifth, mars, is the shared night's.
VARIANTS = ("mars-no-text", "mars-embed", "mars-no-attention", "mars-plus")
BOTH = (("item_encoder", "item_vector"), ("user_encoder", "memory_vector"))


@pytest.fixture(scope="module")
def variant_nights(night, tmp_path_factory) -> dict[str, Night]:
    """A night of each other variant on the tables of the small night."""
    copied = copy_night(night, tmp_path_factory.mktemp("variants") / "wh")
    nights = {}
    for name in VARIANTS:
        conf = resource_folder("conf") / "models" / f"{name}.yaml"
        settings = small_settings("training.max_epochs=2", "promotion.max_map_loss=1", conf=conf)
        parts = copied.warehouse, copied.registry, settings, copied.run_date
        train_model(*parts, SilentProgress())
        run = run_night(*parts, lambda line: None, False)
        nights[name] = replace(copied, settings=settings, run=run)
    return nights


@pytest.fixture(scope="module", params=VARIANTS)
def variant(request, variant_nights) -> Night:
    return variant_nights[request.param]


def vectors_of(night: Night) -> dict[int, dict]:
    """item_vectors of a night's model by item."""
    rows = rows_of(night.warehouse, "item_vectors")
    return {r["item_id"]: r for r in rows if r["model_version"] == night.run.model_version}


def words_of(night: Night, words: list[str]) -> np.ndarray:
    """One document by line numbers of the vocabulary, at least a window long."""
    lines = night.registry.promoted().file("vocabulary.txt").read_text().split()
    known = [lines.index(word) + 1 for word in words if word in lines][:20]
    return np.array([known + [0] * (3 - len(known))], dtype=np.int64)


def test_every_variant_publishes_a_night(variant):
    assert variant.run.status == "published"
    assert variant.run.model_version.startswith(f"{variant.settings.model.variant}-")
    assert variant.run.counts["users_by_mars"] == 8


def test_vectors_are_those_of_the_graphs_and_the_items_own_factors(variant):
    bundle = variant.registry.open(variant.run.model_version)
    path = bundle.folder / "item_factors.parquet"
    own = {r["item_id"]: r for r in pq.read_table(path).to_pylist()} if path.exists() else {}
    assert bool(own) == (variant.settings.model.variant in ("mars-no-text", "mars-plus"))
    documents = {r["item_id"]: r for r in rows_of(variant.warehouse, "item_documents")}
    for (graph, column), side in zip(BOTH, ("free_item", "free_memory"), strict=True):
        encoder = ReferenceEvaluator(onnx.load(bundle.file(f"{graph}.onnx")))
        for item_id, row in vectors_of(variant).items():
            factors = own.get(item_id, {side: [0.0] * 6, "item_bias": 0.0})
            given = {
                "words": words_of(variant, documents[item_id]["words"]),
                "free": np.array([factors[side]], dtype=np.float32),
            }
            (expected,) = encoder.run(None, {name: given[name] for name in encoder.input_names})
            assert row[column] == pytest.approx(expected[0].tolist(), abs=1e-6)
            assert row["item_bias"] == pytest.approx(factors["item_bias"])


def test_a_bundle_encodes_documents_to_the_vectors_that_spark_stores(variant):
    documents = {r["item_id"]: r["words"] for r in rows_of(variant.warehouse, "item_documents")}
    bundle = variant.registry.open(variant.run.model_version)
    stored = vectors_of(variant)
    given = np.array(list(documents)), list(documents.values())
    for item_id, item, memory, bias in zip(
        documents, *encode_documents(bundle, *given), strict=True
    ):
        row = stored[item_id]
        assert item.tolist() == pytest.approx(row["item_vector"], abs=1e-6)
        assert memory.tolist() == pytest.approx(row["memory_vector"], abs=1e-6)
        assert bias == row["item_bias"]


def test_only_items_liked_in_training_have_factors_and_biases_near_log_popularity(variant_nights):
    night = variant_nights["mars-plus"]
    folder = night.registry.open(night.run.model_version).folder
    factors = pq.read_table(folder / "item_factors.parquet").to_pylist()
    histories = rows_of(night.warehouse, "user_histories")
    n_likes = Counter(item_id for row in histories for item_id in row["item_ids"])
    assert len(factors) > 5
    assert {row["item_id"] for row in factors} <= set(n_likes)
    scale = 2.0  # the logit scale that follows from so few likes
    for row in factors:
        # A part of the likes was held out for validation, and training moved it a little.
        highest = math.log(1 + n_likes[row["item_id"]]) / scale
        assert math.log(2) / scale - 0.1 < row["item_bias"] < highest + 0.1


def test_a_night_with_bias_and_free_vectors_is_that_of_plain_loops(variant_nights):
    night = variant_nights["mars-plus"]
    published = rows_of(night.warehouse, "recommendations")  # the last of the nights
    rows = [row for row in published if row["source"] == "mars"]
    assert len(rows) == 7 * 4 + 2
    by_item = vectors_of(night)
    histories = {r["user_id"]: r["item_ids"] for r in rows_of(night.warehouse, "user_histories")}

    def score(slots: list[int], item_id: int) -> float:
        candidate = by_item[item_id]
        relevance = [
            float(np.dot(by_item[slot]["memory_vector"], candidate["item_vector"]))
            for slot in slots
        ]
        evidence = sum(math.exp(value) for value in relevance)
        return math.log(evidence) + candidate["item_bias"]

    for row in rows:
        liked = histories[row["user_id"]]
        unseen = sorted(set(by_item) - set(liked), key=lambda i: (-score(liked, i), i))
        assert row["item_id"] == unseen[row["rank"] - 1]
        assert row["score"] == pytest.approx(score(liked, row["item_id"]), abs=1e-5)
        for reason in row["because"]:
            rest = [slot for slot in liked if slot != reason["item_id"]]
            without = score(rest, row["item_id"])
            assert reason["score_without"] == pytest.approx(without, abs=1e-5)


def test_items_of_one_text_keep_vectors_of_their_own(variant_nights):
    night = variant_nights["mars-plus"]
    spark, bundle = night.warehouse.spark, night.registry.promoted()
    schema = "item_id bigint, title string, words array<string>, n_words int, text_hash string"
    (known,) = [r for r in rows_of(night.warehouse, "item_documents") if r["item_id"] == 101]
    same = [(item_id, "", known["words"], known["n_words"], "same") for item_id in (101, 102, 901)]
    held = night.warehouse.read("item_vectors")
    new = new_item_vectors(spark.createDataFrame(same, schema), held, bundle).collect()
    rows = {row["item_id"]: row for row in new}
    assert sorted(rows) == [101, 102, 901]
    for column in ("item_vector", "memory_vector"):
        assert len({tuple(row[column]) for row in rows.values()}) == 3
    assert rows[901]["item_bias"] == 0
    encoder = ReferenceEvaluator(onnx.load(bundle.file("item_encoder.onnx")))
    text = {"words": words_of(night, known["words"]), "free": np.zeros((1, 6), np.float32)}
    (expected,) = encoder.run(None, text)
    assert rows[901]["item_vector"] == pytest.approx(expected[0].tolist(), abs=1e-6)


def test_a_bundle_of_a_variant_holds_nothing_pickled(variant):
    folder: Path = variant.registry.open(variant.run.model_version).folder
    for path in folder.iterdir():
        assert not path.read_bytes().startswith((b"\x80", b"PK", b"\x93NUMPY")), path.name
