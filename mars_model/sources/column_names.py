"""What becomes of each column of a file: read as one of ours, kept, or not used."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from mars_model.errors import InputDataError
from mars_model.sources.clean_text import clean_id

# What columns like ours are often called, as `_words` has it. Offered, and never taken unasked,
# but for `timestamp`, the name in most public sets.
_OFTEN_CALLED = {
    "item_id": (
        "item itemid id sku asin product productid productcode articleid article articlenumber "
        "movieid movie bookid book songid trackid videoid artistid contentid documentid docid "
        "businessid gameid recipeid isbn ean gtin upc variantid materialnumber"
    ),
    "user_id": (
        "user userid customer customerid client clientid account accountid member memberid "
        "visitor visitorid subscriber subscriberid buyer buyerid reviewerid reader readerid "
        "shopper shopperid personid profileid username uid"
    ),
    "rating": "rating score stars overall grade points vote preference reviewscore starrating",
    "interacted_at": (
        "timestamp time date datetime day createdat created orderedat orderdate ordertime "
        "eventtime eventdate eventtimestamp purchasedat purchasedate ratedat reviewdate "
        "reviewtime unixreviewtime viewedat watchedat occurredat happenedat ts when"
    ),
    "title": "title name itemname productname label booktitle movietitle heading headline",
    "text": "text description desc summary body plot abstract content details longdescription",
    "available_from": "availablefrom validfrom startdate publishedat releasedate launchdate",
    "available_until": "availableuntil validuntil validto enddate expiresat expirydate expires",
    "segment": "segment group country region market audience cohort tenant",
    "reason": "reason why cause note comment",
    "excluded_from": "excludedfrom from start startdate validfrom blockedfrom",
    "excluded_until": "excludeduntil until end enddate validuntil validto blockeduntil",
}
_TAKEN_UNASKED = {"timestamp": "interacted_at"}


@dataclass(frozen=True)
class Columns:
    """What became of the columns of a file."""

    read: dict[str, str]  # ours → theirs
    unused: tuple[str, ...]  # theirs
    missing: tuple[str, ...]  # ours that nothing was read for
    offers: dict[str, str]  # ours that are missing → theirs that look like it


def plain_name(name: str) -> str:
    """A column's name as names are compared: no case, no blanks or invisible marks around it."""
    return (clean_id(unicodedata.normalize("NFKC", name)) or "").casefold()


def match_columns(
    theirs: Sequence[str],
    ours: Sequence[str],
    renamed: Mapping[str, str],
    required: Collection[str],
    source: str,
    setting: str,
) -> tuple[Columns, dict[str, int]]:
    """Find ours among theirs; also the place of each of ours that is there.

    `ours`: the contract's columns and the extras; `renamed`: ours → theirs, as the settings say.
    Raises InputDataError for all required ones that are missing, or all of ours that two columns
    would be, at once.
    """
    # One of theirs that is called like one of ours, which the settings find elsewhere, gives way.
    wanted = {name: renamed.get(name, name) for name in ours}
    found = {name: _places(theirs, wanted[name], name in renamed) for name in ours}
    for plain, name in _TAKEN_UNASKED.items():
        if name in found and name not in renamed and not found[name]:
            found[name] = _places(theirs, plain, is_said=False)
    several = {name: places for name, places in found.items() if len(places) > 1}
    if several:
        listed = "; ".join(
            f"{name}: {', '.join(repr(theirs[p]) for p in places)}"
            for name, places in several.items()
        )
        raise InputDataError(
            f"file {source}: several of its columns would be one of ours ({listed}). Leave one of "
            f"them out of the file, or say which with --set {setting}.{next(iter(several))}=NAME"
        )
    at = {name: places[0] for name, places in found.items() if places}
    missing = tuple(name for name in ours if name not in at)
    offers = _offers(theirs, missing, {*at.values()})
    if lacking := [name for name in missing if name in required or name in renamed]:
        raise InputDataError(_lacking(theirs, wanted, lacking, offers, source, setting))
    unused = tuple(name for place, name in enumerate(theirs) if place not in at.values())
    read = {name: theirs[place] for name, place in at.items()}
    return Columns(read, unused, missing, offers), at


def _places(theirs: Sequence[str], name: str, is_said: bool) -> list[int]:
    """Where a name stands, in any spelling; of several the one that settings spell exactly so."""
    alike = [place for place, their in enumerate(theirs) if plain_name(their) == plain_name(name)]
    exact = [place for place in alike if theirs[place] == name]
    return exact if is_said and len(exact) == 1 else alike


def _offers(theirs: Sequence[str], missing: Sequence[str], taken: set[int]) -> dict[str, str]:
    offers = {}
    for ours in missing:
        known = _OFTEN_CALLED.get(ours, "").split()
        alike = [
            name
            for place, name in enumerate(theirs)
            if place not in taken and _words(name) in (_words(ours), *known)
        ]
        if alike:
            offers[ours] = min(alike, key=lambda name: _rank(name, known))
    return offers


def _rank(name: str, known: Sequence[str]) -> int:
    return known.index(_words(name)) if _words(name) in known else -1


def _words(name: str) -> str:
    """A name without what programs put between its words: productId, product-id, PRODUCT ID."""
    return re.sub(r"[\W_]", "", plain_name(name))


def _lacking(
    theirs: Sequence[str],
    wanted: Mapping[str, str],
    lacking: Sequence[str],
    offers: Mapping[str, str],
    source: str,
    setting: str,
) -> str:
    options = " ".join(f"--set {setting}.{name}={_quoted(offers.get(name))}" for name in lacking)
    is_offered = all(name in offers for name in lacking)
    offered = f"look{'s' if len(lacking) == 1 else ''} like it" if is_offered else "NAME is yours"
    return (
        f"file {source}: column {', '.join(repr(wanted[name]) for name in lacking)} not found, it "
        f"has {', '.join(theirs) or 'none'}. Say how it is called there with {options} ({offered})"
    )


def _quoted(name: str | None) -> str:
    if name is None:
        return "NAME"
    return name if re.fullmatch(r"[\w.-]+", name) else f"'{name}'"
