"""mars-batch evaluate."""

import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click

from mars_model.cli.job import DAY, Job, run_date_option
from mars_model.cli.report import require_report, write_report
from mars_model.errors import needs_extras
from mars_model.redact import redact

SPLITS = ("paper", "temporal", "leave-last-out")


def _seeds(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[int, ...]:
    """`1-5`, `3` or `1,4`."""
    seeds: dict[int, None] = {}
    for part in value.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})(?:-(\d{1,9}))?\s*", part)
        span = range(int(match[1]), int(match[2] or match[1]) + 1) if match else range(0)
        if not span:
            raise click.BadParameter(f"{value!r}, expected for example 1-5, 3 or 1,4")
        seeds |= dict.fromkeys(span)
    return tuple(seeds)


@click.command("evaluate")
@click.option(
    "--model",
    "names",
    multiple=True,
    required=True,
    metavar="NAME",
    help="A baseline, a name in conf/models or a settings file; repeat it. Baselines: popularity, "
    "item-knn, ease, slim, als, ials, bpr, neumf, cmf, ctr, deepfm, wide-and-deep, cdl; of cold "
    "items tfidf.",
)
@click.option(
    "--splits",
    "split",
    type=click.Choice(SPLITS),
    default="paper",
    show_default=True,
    help="How likes are held out: docs/evaluation.md.",
)
@click.option(
    "--test-from",
    type=DAY,
    help="Of the temporal split: likes from this day on test. Default: the latest fifth.",
)
@click.option("--seeds", default="1-5", show_default=True, callback=_seeds, metavar="FROM-TO")
@click.option("--at", type=click.IntRange(1, 500), default=50, show_default=True, metavar="N")
@click.option(
    "--trials",
    "n_trials",
    type=click.IntRange(1),
    help="Settings tried for each model. Default: evaluation.n_trials; 1: as they are.",
)
@click.option("--items-with-text", is_flag=True, help="Leave out items whose text is empty.")
@click.option(
    "--cold-items",
    "cold_share",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Hold out this share of the items entirely and rank only them; nothing is tuned.",
)
@click.option(
    "--report",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the comparison as one HTML page.",
)
@run_date_option
@click.pass_obj
def evaluate_command(
    job: Job,
    names: tuple[str, ...],
    split: str,
    test_from: datetime | None,
    seeds: tuple[int, ...],
    at: int,
    n_trials: int | None,
    items_with_text: bool,
    cold_share: float | None,
    target: Path | None,
    run_date: date,
) -> None:
    """Compare models and baselines on held-out likes of the warehouse.

    Each model is tuned by the same number of trials on the same validation likes. Finished cells
    stay in evaluation_metrics, so a stopped comparison goes on where it was.

    Example: mars-batch evaluate --model mars-plus --model ease --model als --seeds 1-3
    """
    with needs_extras("evaluating", "train", "tune", "evaluate"):
        from mars_model.cli.show_comparison import comparison_text
        from mars_model.comparing import evaluate as evaluation
        from mars_model.reports.from_comparison import comparison_content
    if target is not None:
        require_report()
    protocol = evaluation.Protocol(
        run_date=run_date,
        seeds=seeds,
        split=split,
        at=at,
        n_trials=n_trials or job.settings.evaluation.n_trials,
        test_from_s=int(test_from.replace(tzinfo=UTC).timestamp()) if test_from else None,
        has_text_only=items_with_text,
    )
    models = {n: None if evaluation.is_baseline(n) else job.settings_of_model(n) for n in names}
    common = (job.warehouse, job.settings, models, protocol)
    if cold_share is None:
        comparison = evaluation.evaluate(*common, job.say)
    else:
        comparison = evaluation.evaluate_cold_items(*common, cold_share, job.say)
    content = comparison_content(comparison, Path(redact(job.warehouse.path)).name, command_line())
    if target is not None:
        write_report(content, target)
    job.show(comparison_text(comparison), content)


def command_line() -> str:
    """The command as it was typed, for whoever wants to repeat it."""
    return redact(" ".join(["mars-batch", *sys.argv[1:]]))
