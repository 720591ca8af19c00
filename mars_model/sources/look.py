"""Looks at a file's columns as wholes, once: what its ids are, and which rule its times follow."""

from collections.abc import Mapping
from dataclasses import dataclass

from mars_model.sources.files import readable
from mars_model.sources.ids import IdColumn, id_counts, id_look, id_text
from mars_model.sources.name_rows import Named
from mars_model.sources.readings import Reading
from mars_model.sources.times import (
    is_time,
    read_times,
    rule_of,
    time_counts,
    time_look,
    time_text,
)

_IDS = ("item_id", "user_id")
_TIMES = (
    *("interacted_at", "available_from", "available_until", "excluded_from", "excluded_until"),
)


@dataclass(frozen=True)
class Looked:
    """Rows whose ids and times are cleaned text, and what these columns are."""

    named: Named
    ids: Mapping[str, IdColumn]
    rules: Mapping[str, str | None]

    def times(self, name: str) -> Reading:
        """The times of a column."""
        return read_times(self.named.rows, name, self.rules.get(name))


def look_at(named: Named) -> Looked:
    """Look at all rows once. Raises InputDataError where a column mixes several kinds of time."""
    rows = named.rows
    with readable(named.source):
        ids = [name for name in _IDS if name in rows.columns]
        times = [name for name in _TIMES if name in rows.columns]
        cleaned = {name: id_text(rows, name) for name in ids}
        rows = rows.withColumns({**cleaned, **{name: time_text(rows, name) for name in times}})
        untyped = [name for name in times if not is_time(rows.schema[name].dataType)]
        looks = {k: v for name in ids for k, v in id_look(name).items()}
        looks |= {k: v for name in untyped for k, v in time_look(name).items()}
        wanted = [c for name in ids for c in id_counts(name)]
        wanted += [c for name in untyped for c in time_counts(name)]
        counts = rows.withColumns(looks).agg(*wanted).first() if wanted else None
    if counts is None:
        return Looked(named.with_rows(rows), {}, {})
    return Looked(
        named.with_rows(rows),
        {name: IdColumn.of(counts, name) for name in ids},
        {name: rule_of(counts, name, named.source) for name in untyped},
    )
