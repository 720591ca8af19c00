"""New texts become vectors, known texts are looked up."""

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from mars_model.night.encode import new_item_vectors

DOCUMENTS = "item_id bigint, title string, words array<string>, n_words int, text_hash string"
VECTORS = (
    "model_version string, item_id bigint, text_hash string, item_vector array<float>, "
    "memory_vector array<float>, item_bias float"
)
# What item_vectors holds already: no encoder would give these.
PLANTED_ITEM, PLANTED_MEMORY, PLANTED_BIAS = [0.5] * 6, [-0.5] * 6, 0.25
TEXTS = {
    "orbit": ["astronaut", "crew", "rocket", "orbit"],
    "soup": ["chef", "cooks", "soup"],
    "short": ["chef"],
    "none": [],
    "unknown": ["quokka", "wombat"],
    "gaps": ["quokka", "chef", "wombat", "soup"],
    "long": ["chef", "orbit", "crew"] * 10,
}


@pytest.fixture(scope="module")
def encoded(spark, night) -> dict[int, dict]:
    """Rows for eight documents of which one has its vectors; 2 shares that one's text."""
    version = night.run.model_version
    documents = [
        (1, "orbit"),
        (2, "orbit"),
        (3, "soup"),
        (4, "soup"),
        *((item_id, text) for item_id, text in enumerate(list(TEXTS)[2:], start=5)),
    ]
    vectors = [
        (version, 1, "orbit", PLANTED_ITEM, PLANTED_MEMORY, PLANTED_BIAS),
        # Item 3 had another text, and another model has read its present one.
        (version, 3, "before", PLANTED_ITEM, PLANTED_MEMORY, PLANTED_BIAS),
        ("mars-other", 3, "soup", PLANTED_ITEM, PLANTED_MEMORY, PLANTED_BIAS),
    ]
    rows = new_item_vectors(
        spark.createDataFrame(
            [(i, "", TEXTS[text], len(TEXTS[text]), text) for i, text in documents], DOCUMENTS
        ),
        spark.createDataFrame(vectors, VECTORS),
        night.registry.promoted(),
    ).collect()
    assert len({row["item_id"] for row in rows}) == len(rows)
    return {row["item_id"]: row.asDict() for row in rows}


def word_ids(night, words: list[str]) -> np.ndarray:
    """One document as the encoders read it: line numbers of the vocabulary, at least a window."""
    lines = night.registry.promoted().file("vocabulary.txt").read_text().split()
    known = [lines.index(word) + 1 for word in words if word in lines][:20]
    return np.array([known + [0] * (3 - len(known))], dtype=np.int64)


def test_only_documents_without_vectors_get_rows(encoded, night):
    assert sorted(encoded) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert {row["model_version"] for row in encoded.values()} == {night.run.model_version}


def test_a_known_text_is_looked_up_and_not_encoded(encoded):
    assert encoded[2]["item_vector"] == PLANTED_ITEM
    assert encoded[2]["memory_vector"] == PLANTED_MEMORY
    assert encoded[2]["item_bias"] == PLANTED_BIAS


def test_vectors_of_another_model_or_of_an_older_text_are_not_used(encoded):
    assert encoded[3]["text_hash"] == "soup"
    assert encoded[3]["item_vector"] != PLANTED_ITEM


def test_equal_texts_get_equal_vectors(encoded):
    columns = ("text_hash", "item_vector", "memory_vector", "item_bias")
    assert [encoded[3][c] for c in columns] == [encoded[4][c] for c in columns]
    # Nothing but words that the vocabulary does not have is as good as no text.
    assert encoded[6]["item_vector"] == encoded[7]["item_vector"]


@pytest.mark.parametrize("column", ["item_vector", "memory_vector"])
def test_vectors_are_those_of_the_graphs_read_node_by_node(encoded, night, column):
    name = {"item_vector": "item_encoder.onnx", "memory_vector": "user_encoder.onnx"}[column]
    graph = ReferenceEvaluator(onnx.load(night.registry.promoted().file(name)))
    for item_id in (3, 5, 6, 7, 8, 9):
        row = encoded[item_id]
        (expected,) = graph.run(None, {"words": word_ids(night, TEXTS[row["text_hash"]])})
        assert row[column] == pytest.approx(expected[0].tolist(), abs=1e-6)


def test_the_two_encoders_are_not_the_same(encoded):
    assert encoded[3]["item_vector"] != encoded[3]["memory_vector"]
