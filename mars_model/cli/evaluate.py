"""mars-batch evaluate."""

import re
from datetime import date
from typing import Any

import click

from mars_model.cli.job import Job, run_date_option
from mars_model.cli.show_comparison import comparison_json, comparison_text
from mars_model.errors import MarsBatchError
from mars_model.settings import find_model_file


def _seeds(_ctx: click.Context, _param: click.Parameter, value: str) -> list[int]:
    """`1-5`, `3` or `1,4`."""
    seeds: dict[int, None] = {}
    for part in value.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        span = range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)
        if not span:
            raise click.BadParameter(f"{value!r}, expected for example 1-5, 3 or 1,4")
        seeds |= dict.fromkeys(span)
    return list(seeds)


@click.command("evaluate")
@click.option(
    "--model",
    "names",
    multiple=True,
    required=True,
    metavar="NAME",
    help="popularity, ease, als, tfidf, a name in conf/models or a settings file; repeat it.",
)
@click.option("--seeds", default="1-5", show_default=True, callback=_seeds, metavar="FROM-TO")
@click.option("--items-with-text", is_flag=True, help="Leave out items whose text is empty.")
@click.option(
    "--cold-items",
    "cold_share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Hold out this share of the items entirely and rank only them.",
)
@run_date_option
@click.pass_obj
def evaluate_command(
    job: Job,
    names: tuple[str, ...],
    seeds: list[int],
    items_with_text: bool,
    cold_share: float | None,
    run_date: date,
) -> None:
    """Compare models and baselines on held-out likes of the warehouse.

    Of each user's likes 30 % train, 35 % validate (and tune the baselines), 35 % test. Finished
    cells stay in evaluation_metrics, so a stopped comparison goes on where it was.

    Example: mars-batch evaluate --model mars --model ease --model als --model popularity
    """
    runner = _runner()
    models = {
        name: None if runner.is_baseline(name) else job.settings_of_model(find_model_file(name))
        for name in names
    }
    common = (job.warehouse, job.settings, models, run_date, seeds, items_with_text)
    if cold_share is None:
        comparison = runner.evaluate(*common, job.say)
    else:
        comparison = runner.evaluate_cold_items(*common, cold_share, job.say)
    job.show(comparison_text(comparison), comparison_json(comparison))


def _runner() -> Any:
    """The runner. Raises MarsBatchError where the train extra is missing."""
    try:
        from mars_model.runners import evaluation
    except ModuleNotFoundError as error:
        raise MarsBatchError(
            f"evaluating needs the package {error.name}, which the core installation leaves out. "
            "Install it with: pip install 'mars-batch[train]'"
        ) from error
    return evaluation
