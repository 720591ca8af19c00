"""The dates of a span that have no published run, in order, each an ordinary night."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from mars_model.bundle.registry import Registry
from mars_model.errors import MarsBatchError
from mars_model.night.clock import Say
from mars_model.night.run_night import run_night
from mars_model.night.runs import Run, read_runs, standing_on
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class Backfilled:
    """What a backfill did."""

    published: list[Run]
    left: list[date]  # had a published run


def backfill(
    warehouse: Warehouse,
    registry: Registry,
    settings: Settings,
    first: date,
    last: date,
    say: Say,
) -> Backfilled:
    """Publish every date from `first` to `last` that has no published run, with the inputs of now.

    Dates that have one are left as they are, and not looked at. Run it again after a stop: what
    was published by then is left too. The first night that fails ends it, by the same kind of
    error, whose details name the dates that are done.
    """
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    standing = read_runs(warehouse)
    missing = [day for day in days if standing_on(standing, day) is None]
    say(f"{len(missing)} of {len(days)} dates have no published run")
    published: list[Run] = []
    for n, day in enumerate(missing, start=1):
        say(f"night of {day}, {n} of {len(missing)}")
        if standing_on(read_runs(warehouse), day) is not None:
            say("another run published it meanwhile")
            continue
        try:
            run = run_night(warehouse, registry, settings, day, say, skip_published=True)
        except MarsBatchError as error:
            raise _stopped(error, day, published) from error
        published.append(run)
    done = {run.run_date for run in published}
    return Backfilled(published, [day for day in days if day not in done])


def _stopped(error: MarsBatchError, day: date, published: Sequence[Run]) -> MarsBatchError:
    """The error of a night, with what was done before it."""
    done = ", ".join(str(run.run_date) for run in published) or "none"
    details = {"stopped_at": day, "published": [asdict(run) for run in published]}
    return type(error)(
        f"backfill stopped at {day}: {error}. Dates published before it: {done}. Once that is "
        "mended, the same command goes on from there",
        {**(error.details or {}), **details},
    )
