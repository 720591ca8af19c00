"""Cleans ids in Spark's columns, as clean_text does it in Python."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from mars_model.sources.clean_text import BLANKS, CONTROLS, INVISIBLE, PLAIN


def clean_id_column(text: Column) -> Column:
    """`clean_id` of a text column."""
    visible = F.regexp_replace(text, _java_class(INVISIBLE), "")
    blank = F.regexp_replace(visible, _java_class(BLANKS), " ")
    around = _java_class(((0x20, 0x20), *CONTROLS))
    # \A and \z: a dollar sign would stop before a last line break.
    trimmed = F.regexp_replace(blank, rf"\A{around}+|{around}+\z", "")
    cleaned = F.when(text.rlike(rf"\A{PLAIN}\z"), text).otherwise(trimmed)
    return F.nullif(cleaned, F.lit(""))


def holds_control(text: Column) -> Column:
    """Whether a line break or another control character is left within a cleaned id."""
    return text.rlike(_java_class(CONTROLS))


def _java_class(ranges: tuple[tuple[int, int], ...]) -> str:
    return "[" + "".join(f"\\x{{{a:x}}}-\\x{{{b:x}}}" for a, b in ranges) + "]"
