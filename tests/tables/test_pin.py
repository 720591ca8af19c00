"""What a pin says of tables: which they are, and what their rows were made from."""

import pytest
from pyspark.sql.types import LongType, StringType, StructType

from mars_model.errors import InputDataError
from mars_model.tables.contracts import IdTypes
from mars_model.tables.pin import Commit, Pin, TablePin

NO_COLUMNS = StructType()
MADE_FROM = {"inputs": {"items": ["5f", 3]}}


def pinned(*operations: str) -> TablePin:
    """A table whose log has these operations, newest first; writes say what they were made from."""
    newest = len(operations) - 1
    commits = [
        Commit(newest - n, operation, MADE_FROM if operation == "WRITE" else None)
        for n, operation in enumerate(operations)
    ]
    return TablePin.of("5f", newest, commits, NO_COLUMNS)


@pytest.mark.parametrize(
    ("operations", "rows_version", "note"),
    [
        (("WRITE", "CREATE TABLE"), 1, MADE_FROM),
        (("VACUUM END", "VACUUM START", "OPTIMIZE", "WRITE", "CREATE TABLE"), 1, MADE_FROM),
        (("SET TBLPROPERTIES", "WRITE", "OPTIMIZE", "WRITE"), 2, MADE_FROM),
        # Other rows than those that were said to be made from something.
        (("DELETE", "WRITE"), 1, None),
        (("MERGE", "OPTIMIZE", "WRITE"), 2, None),
        (("RESTORE", "WRITE", "WRITE"), 2, None),
        (("an operation of a release to come", "WRITE"), 1, None),
        # The commits before were cleaned away: the oldest that is left stands for them.
        (("OPTIMIZE", "VACUUM END"), 0, None),
    ],
)
def test_the_newest_commit_that_made_rows_says_which_rows_they_are(operations, rows_version, note):
    table = pinned(*operations)
    assert table.version == len(operations) - 1
    assert (table.identity, table.note) == (["5f", rows_version], note)


@pytest.mark.parametrize(
    ("metadata", "note"),
    [
        ('{"run_id": "a"}', {"run_id": "a"}),
        (None, None),
        ("", None),
        ("of another tool", None),
        ("[1]", None),
        ("5", None),
    ],
)
def test_a_note_of_other_software_is_none(metadata, note):
    assert Commit.of(3, None, metadata) == (3, "", note, None)


def test_a_pin_holds_the_tables_that_were_there():
    pin = Pin({"items": pinned("OPTIMIZE", "WRITE")})
    assert "items" in pin and "interactions" not in pin
    assert pin.identities("items", "interactions") == {"items": ["5f", 0]}
    assert pin.versions("items", "interactions") == {"items": 1}
    with pytest.raises(InputDataError, match="table interactions: it was not there when this run"):
        pin["interactions"]


def test_a_table_that_the_run_wrote_takes_its_place_in_a_pin_of_its_own():
    before = Pin({"items": pinned("WRITE")})
    after = before.with_table("items", pinned("WRITE", "WRITE"))
    assert (before.versions("items"), after.versions("items")) == ({"items": 0}, {"items": 1})


def test_ids_are_typed_as_in_the_source_tables():
    items = StructType().add("item_id", StringType())
    interactions = StructType().add("user_id", LongType()).add("item_id", StringType())
    commits = [Commit(0, "WRITE", None)]
    pin = Pin(
        {
            "items": TablePin.of("5f", 0, commits, items),
            "interactions": TablePin.of("c0", 0, commits, interactions),
        }
    )
    assert pin.id_types() == IdTypes(item="string", user="bigint")
