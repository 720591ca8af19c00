"""mars-batch demo."""

from datetime import date
from pathlib import Path
from typing import Any

import click
from pyspark.sql import functions as F

from mars_model.cli.explain import line
from mars_model.cli.job import Job, run_date_option
from mars_model.cli.show import SYNTHETIC_NOTE, run_text
from mars_model.cli.train import require_training, train_and_promote
from mars_model.importing.import_sample import fill_sample, prepare_demo_folder
from mars_model.night.read_lists import read_lists
from mars_model.night.run_night import run_night

_SHOWN_USERS = 3
_SHOWN_ITEMS = 3
_SHOWN_LIKES = 12


@click.command("demo")
@run_date_option
@click.pass_obj
def demo_command(job: Job, run_date: date) -> None:
    """Run the whole night on a synthetic sample and show a few lists with their reasons.

    Example: mars-batch demo
    """
    require_training(job)
    job.require_writable()
    prepare_demo_folder(Path(job.settings.warehouse.path))
    # Read anew: the demo's settings lie beside its tables only now.
    job = Job(job.conf, job.overrides, job.warehouse_path, job.is_verbose, job.is_json)
    job.say(f"sample warehouse in {job.settings.warehouse.path} {SYNTHETIC_NOTE}")
    for imported in fill_sample(job.warehouse, job.settings):
        job.say(f"{imported.table}: {imported.n_good:,} rows, {imported.n_rejected:,} rejected")
    if job.registry.promoted_version() is None:
        train_and_promote(job, run_date)
    where = job.warehouse, job.registry, job.settings, run_date
    run = run_night(*where, job.say, skip_published=False, repin=True)
    genres = {r["item_id"]: r["genres"] for r in job.warehouse.read("items").collect()}
    shown = {user: read_lists(job.warehouse, [user]) for user in _users_to_show(job)}
    parts = [SYNTHETIC_NOTE]
    for user, items in shown.items():
        parts.append(f"\nuser {user} liked {_likes_of(job, user)}")
        parts += [line(_with_genres(row, genres)) for row in items[:_SHOWN_ITEMS]]
    job.show("\n".join([*parts, "", run_text(run, job.settings.warehouse.path)]), shown)


def _users_to_show(job: Job) -> list[str]:
    """The first users by id with a history long enough to hold several tastes."""
    histories = job.warehouse.read("user_histories").where(f"n_items between 8 and {_SHOWN_LIKES}")
    rows = histories.orderBy("user_id").limit(_SHOWN_USERS).select("user_id").collect()
    return [str(row["user_id"]) for row in rows]


def _with_genres(row: dict[str, Any], genres: dict[Any, str]) -> dict[str, Any]:
    """A row whose titles say their genres, so that a stranger sees whether the reasons fit."""
    reasons = [
        {**reason, "title": f"{reason['title']} ({genres[reason['item_id']]})"}
        for reason in row["because_titles"] or []
    ]
    title = f"{row['title']} ({genres[row['item_id']]})"
    return {**row, "title": title, "because_titles": reasons}


def _likes_of(job: Job, user_id: str) -> str:
    histories = job.warehouse.read("user_histories").where(
        F.col("user_id").cast("string") == user_id
    )
    likes = histories.select(F.posexplode("item_ids").alias("position", "item_id"))
    titled = likes.join(job.warehouse.read("items"), "item_id").orderBy("position")
    rows = titled.select("title", "genres").collect()
    titles = [f"{row['title']} ({row['genres']})" for row in rows[:_SHOWN_LIKES]]
    more = f" and {len(rows) - _SHOWN_LIKES} more" if len(rows) > _SHOWN_LIKES else ""
    return "; ".join(titles) + more
