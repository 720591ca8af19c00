"""Which of their columns is which of ours, and what is said of the others."""

import pytest

from mars_model.errors import InputDataError
from mars_model.sources.column_names import Columns, match_columns

EVENT = ("user_id", "item_id", "rating", "interacted_at")


def match(
    theirs: list[str], renamed: dict[str, str] | None = None, ours: tuple[str, ...] = EVENT
) -> tuple[Columns, dict[str, int]]:
    required = ("user_id", "item_id") if "user_id" in ours else ("item_id",)
    return match_columns(theirs, ours, renamed or {}, required, "x.csv", "sources.of_it")


def refused(theirs: list[str], renamed: dict[str, str] | None = None) -> str:
    with pytest.raises(InputDataError) as caught:
        match(theirs, renamed)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_names_match_in_any_case_and_with_blanks_or_marks_around_them() -> None:
    columns, at = match(["User_ID", " item_id ", "\ufeffRATING", "\u00a0Interacted_At\t", "price"])
    assert at == {"user_id": 0, "item_id": 1, "rating": 2, "interacted_at": 3}
    assert columns.unused == ("price",) and columns.missing == () and columns.offers == {}


def test_every_column_is_read_or_said_to_be_unused() -> None:
    theirs = ["sku", "title", "full.title", "price", ""]
    columns, at = match(
        theirs,
        {"item_id": "SKU", "title": "full.title", "text": "full.title"},
        ("item_id", "title", "text", "genres", "available_from"),
    )
    assert at == {"item_id": 0, "title": 2, "text": 2}
    assert columns.read == {"item_id": "sku", "title": "full.title", "text": "full.title"}
    assert columns.unused == ("title", "price", "")
    assert columns.missing == ("genres", "available_from")


def test_a_column_called_timestamp_is_the_time_unless_another_is() -> None:
    ids = ["user_id", "item_id"]
    assert match([*ids, "timestamp"])[1]["interacted_at"] == 2
    assert match([*ids, "timestamp", "at"], {"interacted_at": "at"})[1]["interacted_at"] == 3
    columns, at = match([*ids, "timestamp", "interacted_at"])
    assert at["interacted_at"] == 3 and columns.unused == ("timestamp",)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("item_id", "sku"),
        ("item_id", "productId"),
        ("item_id", "Movie ID"),
        ("user_id", "userId"),
        ("user_id", "customer"),
        ("user_id", "CUSTOMER-ID"),
    ],
)
def test_all_missing_columns_are_said_with_those_that_look_like_them(
    ours: str, theirs: str
) -> None:
    other = {"item_id": "user_id", "user_id": "item_id"}[ours]
    message = refused([theirs, other, "n"])
    spelt = f"'{theirs}'" if " " in theirs else theirs
    assert f"column '{ours}' not found" in message
    assert f"--set sources.of_it.{ours}={spelt}" in message
    assert "it has " in message and ", n" in message


def test_what_looks_like_an_optional_column_is_offered_and_not_taken() -> None:
    columns, at = match(["user_id", "item_id", "ordered_at", "stars"])
    assert at == {"user_id": 0, "item_id": 1}
    assert columns.offers == {"interacted_at": "ordered_at", "rating": "stars"}
    assert columns.unused == ("ordered_at", "stars")


def test_two_columns_for_one_of_ours_are_refused() -> None:
    message = refused(["user_id", "User_Id", "item_id", "ITEM_ID "])
    assert (
        "user_id: 'user_id', 'User_Id'" in message and "item_id: 'item_id', 'ITEM_ID '" in message
    )
    # Which one is meant can be said.
    _, at = match(["user_id", "User_Id", "item_id"], {"user_id": "User_Id"})
    assert at["user_id"] == 1


def test_a_column_that_the_settings_name_must_be_there() -> None:
    message = refused(["user_id", "item_id"], {"rating": "stars"})
    assert "column 'stars' not found, it has user_id, item_id" in message


def test_a_file_without_columns_has_none() -> None:
    assert "it has none" in refused([])
