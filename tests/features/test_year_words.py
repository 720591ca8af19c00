"""Years to words."""

import pytest

from mars_model.features.year_words import year_words


def test_a_year_is_the_five_spans_of_five_years_that_hold_it() -> None:
    spans = ["1991-1995", "1992-1996", "1993-1997", "1994-1998", "1995-1999"]
    assert year_words("Toy Story (1995)") == spans


@pytest.mark.parametrize(("later", "n_shared"), [(0, 5), (1, 4), (2, 3), (4, 1), (5, 0), (30, 0)])
def test_nearer_years_share_more_words(later: int, n_shared: int) -> None:
    assert len({*year_words("1960")} & {*year_words(str(1960 + later))}) == n_shared


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1995", 1995),
        ("1995.0", 1995),  # a column of numbers in which one is missing
        ("1995-10-30", 1995),
        ("1995-10-30 20:15:00", 1995),
        ("30.10.1995", 1995),
        ("2001: A Space Odyssey (1968)", 1968),
        ("Buffy (1997-2003)", 2003),
        ("Crime d'été (1800)", 1800),
        ("Far away, 2099", 2099),
    ],
)
def test_the_last_year_counts_however_it_is_written(text: str, year: int) -> None:
    assert year_words(text)[-1] == f"{year}-{year + 4}"


@pytest.mark.parametrize(
    "text",
    ["", "Orbit", "1799", "2100", "R1995", "1995cc", "964982703", "19951", "_1995_", "１９９５"],
)
def test_other_numbers_are_no_years(text: str) -> None:
    assert year_words(text) == []
