"""How files are written that are imported, and what their columns are called."""

import codecs
import re
from typing import Self

from pydantic import field_validator, model_validator

from mars_model.settings.branch import Branch

# Of the tables that files are imported into.
ITEM_COLUMNS = ("item_id", "title", "text", "available_from", "available_until")
INTERACTION_COLUMNS = ("user_id", "item_id", "rating", "interacted_at")
EXCLUDED_ITEM_COLUMNS = ("item_id", "reason", "excluded_from", "excluded_until")
USER_SEGMENT_COLUMNS = ("user_id", "segment")
SEGMENT_ITEM_COLUMNS = ("segment", "item_id")


def column_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names where a table can have columns of these names."""
    for name in names:
        if not name or re.search(r"[ ,;{}()=`\x00-\x1f\x7f]", name):
            raise ValueError(
                f"{name!r} is no name that a table can have: expected one without blanks, commas, "
                "semicolons, equals signs, backticks and brackets. Map it with sources.item_columns"
            )
    return names


class SourceSettings(Branch):
    """How imported files are written, and how their columns are called: our name → theirs."""

    encoding: str = "utf-8"  # of CSV and JSON lines
    item_columns: dict[str, str] = {}
    interaction_columns: dict[str, str] = {}
    excluded_item_columns: dict[str, str] = {}
    user_segment_columns: dict[str, str] = {}
    segment_item_columns: dict[str, str] = {}
    extra_item_columns: tuple[str, ...] = ()  # kept in items beside the contract's columns

    @field_validator("extra_item_columns")
    @classmethod
    def _are_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return column_names(names)

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            codecs.lookup(name)
        except LookupError as error:
            raise ValueError(f"{name!r} is no encoding, expected such as utf-8, cp1252") from error
        return name

    @model_validator(mode="after")
    def _names_are_ours(self) -> Self:
        """A misspelt name of ours would leave its column empty without a word."""
        for setting, known in (
            ("item_columns", (*ITEM_COLUMNS, *self.extra_item_columns)),
            ("interaction_columns", INTERACTION_COLUMNS),
            ("excluded_item_columns", EXCLUDED_ITEM_COLUMNS),
            ("user_segment_columns", USER_SEGMENT_COLUMNS),
            ("segment_item_columns", SEGMENT_ITEM_COLUMNS),
        ):
            if strange := {*getattr(self, setting)} - {*known}:
                raise ValueError(f"{setting} names {sorted(strange)}, expected {sorted(known)}")
        return self
