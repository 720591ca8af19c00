"""What training learns from."""

from mars_model.evaluation.training_set import Texts
from tests.conftest import small_settings

WORDS = [
    ["1964-1968", "1965-1969", "orbit"],
    ["1965-1969", "orbit"],
    ["orbit"],
    [],
    ["1999-2003", "orbit"],  # nothing else is of these years
]


def test_items_have_a_year_where_the_vocabulary_holds_a_word_of_it() -> None:
    texts = Texts.of(WORDS, small_settings("documents.min_occurrences=2"))
    assert texts.vocabulary.words == ("orbit", "1965-1969")
    assert texts.n_with_year == 2
    assert Texts.of(WORDS, small_settings("documents.min_occurrences=1")).n_with_year == 3
