"""The tables' contracts: sql/tables/<table>.sql is the one place that lists their columns."""

import re
from dataclasses import dataclass
from functools import cache

from pyspark.sql.types import ArrayType, DataType, StructType

from mars_model.errors import InputDataError
from mars_model.resources import resource_folder
from mars_model.tables.columns import read_columns

ID_TYPES = ("bigint", "string")
# Tables that a night reads where they exist; without them nobody and nothing is limited.
OPTIONAL_SOURCES = ("excluded_items", "segment_items", "user_segments")
# What to run where a table is not there yet.
_MADE_BY = {
    "items": "mars-batch import --items FILE",
    "interactions": "mars-batch import --interactions FILE",
    "excluded_items": "mars-batch import --excluded-items FILE",
    "user_segments": "mars-batch import --user-segments FILE",
    "segment_items": "mars-batch import --segment-items FILE",
    "item_documents": "mars-batch build-documents",
    "user_histories": "mars-batch build-histories",
    "item_vectors": "mars-batch encode-items",
    "recommendations": "mars-batch nightly",
    "evaluation_metrics": "mars-batch evaluate --model NAME",
}
_ID_PLACEHOLDERS = ("${item_id_type}", "${user_id_type}")


@dataclass(frozen=True)
class IdTypes:
    """How the source's ids are typed: `bigint` or `string`."""

    item: str
    user: str


def made_by(table: str) -> str:
    """The command that makes a table."""
    return _MADE_BY.get(table, "mars-batch nightly")


@cache
def definition(table: str) -> str:
    """The `create table` statement, with placeholders for the location and the id types."""
    path = resource_folder("sql") / "tables" / f"{table}.sql"
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))


@cache
def schema(table: str, ids: IdTypes) -> StructType:
    """The table's columns in order."""
    match = re.search(r"\((.*?)\n\)", definition(table), re.DOTALL)
    assert match, f"sql/tables/{table}.sql has no list of columns"
    return read_columns(_fill_ids(match.group(1), ids))


def create_statement(table: str, location: str, ids: IdTypes) -> str:
    """The statement that creates the table at a location (`delta.`path``)."""
    return _fill_ids(definition(table), ids).replace("${table}", location)


def columns_beyond(table: str, held: StructType) -> StructType:
    """The columns of the contract that a table from an earlier release does not have.

    Its ids are typed as the table has them. Only columns that may be null are new in a release.
    """
    ids = {name: held[name].dataType.simpleString() for name in held.fieldNames()}
    wanted = schema(table, IdTypes(ids.get("item_id", "string"), ids.get("user_id", "string")))
    return StructType([f for f in wanted if f.name not in held.fieldNames() and f.nullable])


def check_contract(table: str, found: StructType, where: str) -> None:
    """Raise InputDataError that lists every missing or wrongly typed column of a table at once.

    `where` names what is checked, for example "user_histories (version 12)".
    """
    variants = [schema(table, IdTypes(i, u)) for i in ID_TYPES for u in ID_TYPES]
    mismatches = []
    for field in variants[0]:
        expected = list(dict.fromkeys(_plain(v[field.name].dataType) for v in variants))
        if field.name not in found.fieldNames():
            mismatches.append(f"column '{field.name}' is missing, expected {_either(expected)}")
        elif (actual := _plain(found[field.name].dataType)) not in expected:
            mismatches.append(f"column '{field.name}' is {actual}, expected {_either(expected)}")
    if mismatches:
        contract = f". Its contract is sql/tables/{table}.sql"
        if columns_beyond(table, found):
            contract += (
                f". Columns that an earlier release did not have are added by: {made_by(table)}"
            )
        raise InputDataError(f"{where}: " + "; ".join(mismatches) + contract)


def check_same_type(where: str, actual: DataType, expected: DataType, as_in: str) -> None:
    """Raise InputDataError where an id column's type differs from the table it refers to."""
    if _plain(actual) != _plain(expected):
        raise InputDataError(
            f"{where} is {_plain(actual)}, expected {_plain(expected)} as in {as_in}"
        )


def _fill_ids(text: str, ids: IdTypes) -> str:
    for placeholder, id_type in zip(_ID_PLACEHOLDERS, (ids.item, ids.user), strict=True):
        text = text.replace(placeholder, id_type)
    return text


def _plain(data_type: DataType) -> str:
    if isinstance(data_type, ArrayType) and isinstance(data_type.elementType, StructType):
        inner = ", ".join(f"{f.name} {_plain(f.dataType)}" for f in data_type.elementType)
        return f"array<struct<{inner}>>"
    return data_type.simpleString()


def _either(types: list[str]) -> str:
    return " or ".join(types)
