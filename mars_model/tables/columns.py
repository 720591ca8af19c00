"""Reads the columns of sql/tables as Spark does, without a session: that would need a JVM."""

import re

from pyspark.sql import types as T

_COLUMN = re.compile(r"(\w+) (.+?)( not null)?(?: comment '(.*)')?,?")
_NESTED = re.compile(r"(array|map|struct)<(.*)>")
_PLAIN = {
    kind.simpleString(): kind
    for kind in (
        *(T.StringType(), T.BooleanType(), T.IntegerType(), T.LongType()),
        *(T.FloatType(), T.DoubleType(), T.DateType(), T.TimestampType()),
    )
}


def read_columns(text: str) -> T.StructType:
    """The columns of a `create table` statement, one a line: `name type [not null] [comment '']`.

    Raises ValueError where a line or a type is not of this form.
    """
    fields = []
    for line in filter(None, map(str.strip, text.splitlines())):
        match = _COLUMN.fullmatch(line)
        if match is None:
            raise ValueError(f"column {line!r}: expected name type [not null] [comment '...']")
        name, kind, not_null, comment = match.groups()
        metadata = {"comment": comment} if comment else None
        fields.append(T.StructField(name, _type_of(kind), not not_null, metadata))
    return T.StructType(fields)


def _type_of(text: str) -> T.DataType:
    match = _NESTED.fullmatch(text)
    if match is None:
        if text not in _PLAIN:
            raise ValueError(f"type {text!r}: expected array, map, struct or {', '.join(_PLAIN)}")
        return _PLAIN[text]
    kind, parts = match[1], _split(match[2])
    if kind == "array":
        return T.ArrayType(_type_of(match[2]))
    if kind == "map":
        key, value = map(_type_of, parts)
        return T.MapType(key, value)
    named = (part.split(":", 1) for part in parts)
    return T.StructType([T.StructField(name.strip(), _type_of(of.strip())) for name, of in named])


def _split(text: str) -> list[str]:
    """At the commas that stand in no bracket."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "<") - (letter == ">")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
