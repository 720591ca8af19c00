"""Text → words, in plain Python: the one cleaning, for Spark's stage and for `mars_model.model`."""

import html
import re
import unicodedata
import zipfile
from collections.abc import Set
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from mars_model.errors import MarsBatchError, SettingsError
from mars_model.features.year_words import year_words

_TAG = re.compile(r"<[/!]?[A-Za-z][^<>]*>|<!--(?s:.*?)-->")
_STOP_WORDS = "org/apache/spark/ml/feature/stopwords/{}.txt"


class _LettersOnly(dict[int, int]):
    """For `str.translate`: letters and the marks on them stay, all else becomes a space."""

    def __missing__(self, code: int) -> int:
        is_kept = unicodedata.category(chr(code))[0] in "LM"
        return self.setdefault(code, code if is_kept else ord(" "))


_LETTERS_ONLY = _LettersOnly()


def words_of(text: str, stop_words: Set[str], min_length: int) -> list[str]:
    """The words of a text in order: HTML stripped, lower case, Unicode letters, no stop words.

    `min_length` counts UTF-16 units, as Spark's tokenizer does: a rare sign outside the basic
    plane counts two.

    >>> words_of("<p>The Caf&eacute; &amp; a ROCKET</p>", {"the", "a"}, min_length=2)
    ['café', 'rocket']
    """
    # Entities last: an escaped "&lt;" in a text is a character, not a tag.
    plain = html.unescape(_TAG.sub(" ", text))
    # One code point per letter and accent where there is one: é is é, however it was typed.
    lowered = unicodedata.normalize("NFC", plain).lower()
    words = lowered.translate(_LETTERS_ONLY).split()
    return [
        word
        for word in words
        if (len(word) >= min_length or len(word.encode("utf-16-le")) // 2 >= min_length)
        and word not in stop_words
    ]


def document_words(year: str, text: str, stop_words: Set[str], min_length: int) -> list[str]:
    """The words of an item, in order: those of its year, then those of its text."""
    return year_words(year) + words_of(text, stop_words, min_length)


@cache
def stop_words(language: str) -> frozenset[str]:
    """Spark's stop words of a language, read from its jar without a JVM.

    Raises SettingsError where Spark has none for it.
    """
    try:
        with zipfile.ZipFile(_jar()) as archive:
            lines = archive.read(_STOP_WORDS.format(language)).decode("utf-8")
    except KeyError:
        raise SettingsError(
            f"settings: 'documents.stop_words_language' is {language!r}, for which Spark has no "
            "stop words; expected for example english, german, french, spanish, russian"
        ) from None
    return frozenset(lines.lower().splitlines())


def _jar() -> Path:
    """Spark's jar of text tools: beside pip's pyspark, or in the Spark distribution around it.

    spark-submit imports pyspark from a zip inside either.
    """
    spec = find_spec("pyspark")
    package = Path(spec.origin).parent if spec and spec.origin else Path("pyspark")
    for folder in (package, *package.parents):
        for jar in (folder / "jars").glob("spark-mllib_*.jar"):
            return jar
    raise MarsBatchError(
        f"{package}: no jars/spark-mllib_*.jar there, nor in a Spark distribution around it. "
        "Install Spark with: pip install pyspark"
    )
