"""mars-batch tune."""

import re
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

import click

from mars_model.cli.job import Job, run_date_option
from mars_model.cli.show import table
from mars_model.errors import Interrupted, needs_extras

if TYPE_CHECKING:
    from mars_model.comparing.tune import Tuned

_SHOWN_TRIALS = 10


def _study_name(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value):
        raise click.BadParameter(f"{value!r}, expected letters, digits, '.', '_' and '-'")
    return value


@click.command("tune")
@click.option(
    "--model", "name", metavar="NAME", help="A name in conf/models or a settings file to start at."
)
@click.option("--trials", "n_trials", type=click.IntRange(1), default=30, show_default=True)
@click.option(
    "--study",
    callback=_study_name,
    metavar="NAME",
    show_default="the model's variant",
    help="Which search to begin or to go on with: <models>/tuning/NAME.db.",
)
@click.option(
    "--timeout-s",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Start no further trial after so long.",
)
@run_date_option
@click.pass_obj
def tune_command(
    job: Job,
    name: str | None,
    n_trials: int,
    study: str | None,
    timeout_s: float | None,
    run_date: date,
) -> None:
    """Search settings with the best validation MAP@500, on likes held out as in training.

    The first trial takes the settings as they are; what --set gives is not searched. The study
    goes on until --trials are finished, over as many starts as it takes, one at a time.

    Example: mars-batch tune --model mars-plus --trials 30
    """
    settings = job.settings if name is None else job.settings_of_model(name)
    fixed = {override.partition("=")[0].strip() for override in job.overrides}
    study = study or settings.model.variant
    database = job.registry.folder / "tuning" / f"{study}.db"
    with needs_extras("tuning", "train", "tune"):
        from mars_model.comparing.tune import tune
        from mars_model.comparing.tuning_report import files_of
    try:
        tuned = tune(
            job.warehouse, database, settings, run_date, n_trials, fixed, timeout_s, job.say
        )
    except KeyboardInterrupt as stopped:
        raise Interrupted(
            f"tune interrupted: finished trials stay in {database}, their files in "
            f"{files_of(database)}, and the same command goes on from there"
        ) from stopped
    job.show(_text(tuned, n_trials), asdict(tuned))


def _text(tuned: "Tuned", n_trials: int) -> str:
    """The best trials side by side, a row for each setting, and where everything is."""
    ended = [r for r in tuned.records if r.value is not None and r.state != "failed"]
    best = sorted(ended, key=lambda r: (r.state != "complete", -(r.value or 0), r.number))[
        :_SHOWN_TRIALS
    ]
    rows = [
        ("validation MAP@500", *(f"{r.value:.4f}" for r in best)),
        ("state", *(r.state for r in best)),
        ("best epoch", *(str(r.best_epoch) for r in best)),
        *((name, *(f"{r.values[name]:g}" for r in best)) for name in tuned.names),
    ]
    lines = [f"study {tuned.database}: {tuned.n_finished} of {n_trials} trials finished"]
    if best:
        lines.append(table(("trial", *(str(r.number) for r in best)), rows))
    lines.append(f"all trials: {tuned.table}")
    lines.append(
        f"what mattered: {tuned.plot}"
        if tuned.plot
        else "no plot of what mattered: two complete trials with different MAP@500 are needed"
    )
    lines.append(
        f"best settings: {tuned.best_file}; train with: mars-batch --conf {tuned.best_file} train"
        if tuned.best_file
        else "no best settings: no trial is complete"
    )
    return "\n".join(lines)
