"""Names and words as they go into SQL: quoted, or refused."""

import re

from pyspark.sql import Column
from pyspark.sql import functions as F

from mars_model.errors import MarsBatchError

_WORD = re.compile(r"[A-Za-z0-9_.-]+")


def quoted_name(name: str) -> str:
    """A column's name as SQL takes it, whatever stands in it.

    >>> print(quoted_name("price`; drop"))
    `price``; drop`
    """
    return "`" + name.replace("`", "``") + "`"


def column(name: str) -> Column:
    """A column by its name as it stands: a dot in it leads into no struct."""
    return F.col(quoted_name(name))


def is_word(name: str, word: str) -> str:
    """The condition that one of our columns holds a word. Raises MarsBatchError where it is none.

    Spark and Delta's own library write quotes in a text differently: such texts are refused.

    >>> is_word("run_id", "2026-03-01-0a1b2c3d")
    "run_id = '2026-03-01-0a1b2c3d'"
    """
    if not _WORD.fullmatch(word):
        raise MarsBatchError(
            f"{name} {word!r}: expected letters, digits, dots, dashes and underscores alone. "
            "Name one that mars-batch runs shows"
        )
    return f"{name} = '{word}'"
