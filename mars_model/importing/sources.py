"""The tables that files are imported into: their columns, keys and contracts, as data."""

from mars_model.importing.check_file import Source
from mars_model.sources import validate as v

ITEMS = Source(
    "items",
    ("item_id", "title", "text", "available_from", "available_until"),
    ("item_id",),
    "item_columns",
    v.ITEM_KEY,
    v.validate_items,
)
INTERACTIONS = Source(
    "interactions",
    ("user_id", "item_id", "rating", "interacted_at"),
    ("user_id", "item_id"),
    "interaction_columns",
    v.INTERACTION_KEY,
    lambda looked, kept, _: v.validate_interactions(looked, kept),
)
# In this order: a new segment has its items before it has users.
LISTS = (
    Source(
        "excluded_items",
        ("item_id", "reason", "excluded_from", "excluded_until"),
        ("item_id",),
        "excluded_item_columns",
        None,
        lambda looked, kept, _: v.validate_excluded_items(looked, kept),
    ),
    Source(
        "segment_items",
        ("segment", "item_id"),
        ("segment", "item_id"),
        "segment_item_columns",
        None,
        lambda looked, kept, _: v.validate_segment_items(looked, kept),
    ),
    Source(
        "user_segments",
        ("user_id", "segment"),
        ("user_id", "segment"),
        "user_segment_columns",
        None,
        lambda looked, kept, _: v.validate_user_segments(looked, kept),
    ),
)
