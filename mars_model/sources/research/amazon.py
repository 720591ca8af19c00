"""Amazon reviews with metadata, JSON lines of 2014, 2018 and 2023, plain or gzip.

Sources: jmcauley.ucsd.edu/data/amazon (2014), nijianmo.github.io/amazon (2018),
amazon-reviews-2023.github.io. Reviews of 2014 and 2018 have `reviewerID`, `asin`, `overall` and
`unixReviewTime` in seconds, those of 2023 `user_id`, `parent_asin`, `rating` and `timestamp` in
milliseconds; the metadata of 2023 is by `parent_asin` too, that before by `asin`. Files of 2014
hold Python dicts rather than JSON. `description` is a text in 2014 and a list since; features are
`feature` (2018) and `features` (2023); categories are `categories`, in 2018 `category`. Titles of
2018 that hold "getTime" are pieces of a page, as that site says, and no titles.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from mars_model.sources.lines import Line
from mars_model.sources.research.fields import identifier, joined, json_object, microseconds, number
from mars_model.sources.research.records import Interaction, Item, rows_of_file
from mars_model.sources.research.set_files import Reading, ResearchSet, json_files, missing_files

_METADATA = "meta"  # meta_Books.json.gz, metadata.json.gz
_SCRIPT = "getTime"
# The fields of a review: user, item, rating and time, and the time's units in a second.
_OF_2023 = ("user_id", "parent_asin", "rating", "timestamp", 1000)
_BEFORE_2023 = ("reviewerID", "asin", "overall", "unixReviewTime", 1)


def open_set(files: Sequence[Path]) -> ResearchSet:
    """All metadata files and all files of reviews, of one category or several."""
    metadata = json_files(files, lambda name: name.startswith(_METADATA))
    reviews = json_files(files, lambda name: not name.startswith(_METADATA))
    missing = []
    if not reviews:
        missing.append("reviews (such as reviews_Books_5.json.gz or Books.jsonl.gz)")
    if not metadata:
        missing.append("metadata (such as meta_Books.json.gz or meta_Books.jsonl.gz)")
    if missing:
        raise missing_files("amazon", missing, files)
    return ResearchSet(
        Reading(metadata, partial(rows_of_file, _product)),
        Reading(reviews, partial(rows_of_file, _review)),
    )


def _product(line: Line) -> tuple[Item]:
    found = json_object(line.text, can_be_python=True)
    title = joined(found.get("title"))
    item = Item(
        identifier(found, "parent_asin" if "parent_asin" in found else "asin"),
        None if title and _SCRIPT in title else title,
        joined(found.get("description"), found.get("feature"), found.get("features")),
        joined(found.get("categories"), found.get("category"), separator="|"),
    )
    return (item,)


def _review(line: Line) -> tuple[Interaction]:
    found = json_object(line.text, can_be_python=True)
    user, item, rating, time, per_second = _OF_2023 if "user_id" in found else _BEFORE_2023
    review = Interaction(
        identifier(found, user),
        identifier(found, item),
        number(found.get(rating), rating),
        microseconds(found.get(time), time, per_second),
    )
    return (review,)
