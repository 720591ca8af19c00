"""Words to ids and back."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mars_model.bundle.vocabulary import Vocabulary

VOCABULARY = Vocabulary(("moon", "été", "война", "fire"))


def test_ids_start_at_one_and_unknown_words_are_dropped() -> None:
    encoded = VOCABULARY.encode([["fire", "unknown", "moon", "fire"], ["война"]], 10, 1)
    np.testing.assert_array_equal(encoded, [[4, 1, 4], [3, 0, 0]])
    assert encoded.dtype == np.int64


def test_only_the_first_known_words_count() -> None:
    encoded = VOCABULARY.encode([["unknown", "moon", "été", "fire"]], max_words=2, window=1)
    np.testing.assert_array_equal(encoded, [[1, 2]])


def test_short_and_empty_documents_are_padded_to_the_window() -> None:
    encoded = VOCABULARY.encode([["moon"], []], max_words=10, window=3)
    np.testing.assert_array_equal(encoded, [[1, 0, 0], [0, 0, 0]])
    assert VOCABULARY.encode([], max_words=10, window=3).shape == (0, 3)


def test_a_window_wider_than_max_words_only_adds_padding() -> None:
    encoded = VOCABULARY.encode([["moon", "fire", "fire"]], max_words=1, window=4)
    np.testing.assert_array_equal(encoded, [[1, 0, 0, 0]])


def test_the_file_holds_one_word_a_line_in_utf8(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.txt"
    VOCABULARY.write(path)
    assert path.read_bytes() == "moon\nété\nвойна\nfire\n".encode()
    assert Vocabulary.parse(path.read_bytes()) == VOCABULARY


def test_a_vocabulary_without_words_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.txt"
    Vocabulary(()).write(path)
    assert Vocabulary.parse(path.read_bytes()).words == ()


WORDS = st.text(st.characters(categories=["Ll", "Lo", "Lm", "Mn"]), min_size=1)


@given(st.lists(WORDS, unique=True, max_size=6))
def test_reading_inverts_writing(tmp_path_factory, words: list[str]) -> None:
    path = tmp_path_factory.mktemp("vocabulary") / "vocabulary.txt"
    Vocabulary(tuple(words)).write(path)
    assert list(Vocabulary.parse(path.read_bytes()).words) == words


@given(
    st.lists(st.lists(st.sampled_from(["moon", "fire", "new"]), max_size=5), max_size=4),
    st.integers(1, 4),
    st.integers(1, 4),
)
def test_each_row_holds_its_known_words_then_padding(
    documents: list[list[str]], max_words: int, window: int
) -> None:
    encoded = VOCABULARY.encode(documents, max_words, window)
    assert len(encoded) == len(documents)
    assert encoded.shape[1] <= max(max_words, window)
    for row, words in zip(encoded.tolist(), documents, strict=True):
        known = [{"moon": 1, "fire": 4}[word] for word in words if word != "new"][:max_words]
        assert row == known + [0] * (len(row) - len(known))


def test_words_are_counted_over_all_documents_most_frequent_first() -> None:
    documents = [["moon", "fire", "moon"], ["salt", "été", "fire", "moon"], [], ["salt"]]
    assert Vocabulary.of(documents, 1).words == ("moon", "fire", "salt", "été")
    assert Vocabulary.of(documents, 2).words == ("moon", "fire", "salt")
    assert Vocabulary.of(documents, 4).words == ()
