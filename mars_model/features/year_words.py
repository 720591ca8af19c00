"""A year → words that near years share, so that items of one time are alike."""

import re

_YEAR = re.compile(r"(?<!\w)(?:18|19|20)[0-9]{2}(?!\w)")
_SPAN = 5  # years that a word covers, and words of a year


def year_words(text: str) -> list[str]:
    """The five spans of five years that hold the last year in a text; none where it has none.

    A year is a number from 1800 to 2099 that stands alone. Years that are d < 5 apart share
    5 - d words. No word of a text is among them: those have letters only.

    >>> year_words("Toy Story (1995)")
    ['1991-1995', '1992-1996', '1993-1997', '1994-1998', '1995-1999']
    """
    years = _YEAR.findall(text)
    if not years:
        return []
    last = int(years[-1])
    return [f"{first}-{first + _SPAN - 1}" for first in range(last - _SPAN + 1, last + 1)]


def is_year_word(word: str) -> bool:
    """Whether a document's word comes from a year."""
    return word[:1].isdigit()
