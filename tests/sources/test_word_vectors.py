"""Word vectors from files as word2vec, GloVe and fastText write them, and from broken ones."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from mars_model.errors import InputDataError, SettingsError
from mars_model.sources.lines import MAX_LINE_BYTES
from mars_model.sources.word_vectors import read_word_vectors

WORDS = ("rocket", "café", "chef")
GLOVE = b"the 0.1 0.2\nrocket 1 -2.5\nchef 3e-1 4\n"


def written(folder: Path, content: bytes, name: str = "vectors.txt") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (GLOVE, "glove.txt"),
        (b"3 2\n" + GLOVE, "word2vec.txt"),
        (b"3 2\nthe 0.1 0.2 \nrocket 1 -2.5 \r\nchef 3e-1 4 \n", "fasttext.vec"),
        (GLOVE.replace(b" ", b"\t"), "tabs.tsv"),
        (gzip.compress(GLOVE), "glove.txt.gz"),
        (GLOVE, "unpacked-by-the-browser.txt.gz"),
        (gzip.compress(GLOVE), "packed-under-another-name.txt"),
        (GLOVE.rstrip(), "no-last-newline.txt"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_every_kind_of_text_file_gives_the_same_vectors(tmp_path, content, name):
    found = read_word_vectors(written(tmp_path, content, name), WORDS)
    expected = np.array([[0, 0], [1, -2.5], [0, 0], [0.3, 4]], dtype=np.float32)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.float32


def test_a_word_as_it_stands_is_better_than_one_in_capitals_and_the_first_than_the_next(tmp_path):
    lines = "Chef 9 9\nCHEF 8 8\nchef 1 1\nChef 7 7\nchef 6 6\nRocket 5 5\nROCKET 4 4\n"
    found = read_word_vectors(written(tmp_path, lines.encode()), WORDS)
    assert found[3].tolist() == [1, 1] and found[1].tolist() == [5, 5]


def test_letters_and_accents_are_one_word_however_they_are_written(tmp_path):
    found = read_word_vectors(written(tmp_path, "Cafe\u0301 1 2\n".encode()), WORDS)
    assert found[2].tolist() == [1, 2]


def test_a_file_in_latin_1_has_its_words_with_accents_too(tmp_path):
    found = read_word_vectors(written(tmp_path, "café 1 2\n".encode("latin-1")), WORDS)
    assert found[2].tolist() == [1, 2]


def test_several_words_in_a_line_are_none_of_them(tmp_path):
    # GloVe's largest file has such lines; their first word is not what they are about.
    content = b"the 0 1\nrocket science 1 2\nchef de cuisine 1 2\nchef 3 4\n\xff\xfe 5 6\n"
    found = read_word_vectors(written(tmp_path, content), WORDS)
    assert not found[1].any() and found[3].tolist() == [3, 4]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty file"),
        (b"rocket\nchef\n", "line 1: expected a word and its numbers"),
        (b"the 1 2\nrocket 1\n", "line 2: expected a word and 2 numbers"),
        (b"the 1 2\nrocket 1 two\n", "line 2: expected a word and 2 numbers"),
        (b"the 1 2\nrocket 1 nan\n", "line 2: expected a word and 2 numbers"),
        (b"3 2\nrocket 1 2\nchef 3 4\n", "ends after 2 of 3 words"),
        (b"die 1 2\nund 3 4\n", "has none of the 3 words of the items' texts, such as 'rocket'"),
        (b"the 1 2\n" + b"7" * (MAX_LINE_BYTES + 1), "line 2: the line is longer than 1,048,576"),
        (b"2 999999\nthe 1 2\n", "line 1: expected a word and its numbers"),
        (b"9" * 5000 + b" 2\n" + GLOVE, "line 1: expected a word and its numbers"),
        (gzip.compress(GLOVE)[:-12], "line 3: the compressed data is damaged or cut off"),
        (b"2 2\n\x00\x01\x02\x80\n\x81rocket\x9c\n", "has none of the 3 words"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_is_no_file_of_word_vectors_is_refused(tmp_path, content, said):
    path = written(tmp_path, content)
    with pytest.raises(InputDataError, match=said) as caught:
        read_word_vectors(path, WORDS)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(SettingsError, match=r"no such file. Correct model\.word_vectors"):
        read_word_vectors(tmp_path / "none.txt", WORDS)
    with pytest.raises(InputDataError, match="cannot be read"):
        read_word_vectors(tmp_path, WORDS)
