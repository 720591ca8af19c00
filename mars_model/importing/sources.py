"""The tables that files are imported into: their columns, keys and contracts, as data."""

from mars_model.importing.check_file import Source
from mars_model.settings import imported_columns as columns
from mars_model.sources import validate as v

ITEMS = Source(
    "items",
    columns.ITEM_COLUMNS,
    ("item_id",),
    "item_columns",
    v.ITEM_KEY,
    v.validate_items,
)
INTERACTIONS = Source(
    "interactions",
    columns.INTERACTION_COLUMNS,
    ("user_id", "item_id"),
    "interaction_columns",
    v.INTERACTION_KEY,
    lambda looked, kept, _: v.validate_interactions(looked, kept),
)
LISTS = (
    Source(
        "excluded_items",
        columns.EXCLUDED_ITEM_COLUMNS,
        ("item_id",),
        "excluded_item_columns",
        None,
        lambda looked, kept, _: v.validate_excluded_items(looked, kept),
    ),
    Source(
        "segment_items",
        columns.SEGMENT_ITEM_COLUMNS,
        columns.SEGMENT_ITEM_COLUMNS,
        "segment_item_columns",
        None,
        lambda looked, kept, _: v.validate_segment_items(looked, kept),
    ),
    Source(
        "user_segments",
        columns.USER_SEGMENT_COLUMNS,
        columns.USER_SEGMENT_COLUMNS,
        "user_segment_columns",
        None,
        lambda looked, kept, _: v.validate_user_segments(looked, kept),
    ),
)
# In this order: what others refer to comes first, and a segment's items before its users.
SOURCES = (ITEMS, INTERACTIONS, *LISTS)
