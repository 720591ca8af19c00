"""mars-batch reproduce."""

import json
from datetime import date
from pathlib import Path

import click

from mars_model.cli.evaluate import command_line
from mars_model.cli.job import Job, run_date_option
from mars_model.cli.report import require_report, write_report
from mars_model.errors import InputDataError, needs_extras
from mars_model.importing.import_files import import_files
from mars_model.redact import redact
from mars_model.settings import Settings


@click.command("reproduce")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="A folder with items.parquet and interactions.parquet, for a warehouse without items.",
)
@click.option(
    "--profile",
    "profile_name",
    type=click.Choice(["quick", "paper"]),
    default="quick",
    show_default=True,
    help="quick: minutes, fewer trials, seeds and epochs; paper: the real protocol, nights.",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where comparison.json and report.html go. Default: <warehouse>/reproduction-<profile>.",
)
@run_date_option
@click.pass_obj
def reproduce_command(
    job: Job, data: Path | None, profile_name: str, folder: Path | None, run_date: date
) -> None:
    """Repeat the MARS paper's experiment on the warehouse's likes, and write one report.

    Table 1 with the paper's seven baselines and four simple ones, Figures 4 to 7, Table 2; the
    paper's own figures stand beside. What was computed stays in evaluation_metrics: a run that was
    stopped goes on where it was.

    Example: mars-batch --warehouse ml --conf conf/datasets/ml-latest-small.yaml reproduce
    """
    with needs_extras("reproducing", "train", "tune", "evaluate"):
        from mars_model.cli.show_comparison import comparison_text
        from mars_model.comparing import profiles
        from mars_model.comparing.reproduce import reproduce
        from mars_model.evaluation.paper_figures import table_1
        from mars_model.reports.from_comparison import comparison_content
    require_report()
    profile = profiles.PROFILES[profile_name]
    _import_once(job, data)

    def settings_of(name: str) -> Settings:
        return profile.shortened(job.settings_of_model(name))

    baselines = (*profiles.SIMPLE_BASELINES, *profiles.PAPERS_BASELINES)
    models = {**dict.fromkeys(baselines), **{name: settings_of(name) for name in profiles.MODELS}}
    variants = {name: settings_of(name) for name in profiles.VARIANTS}
    found = reproduce(job.warehouse, job.settings, models, variants, profile, run_date, job.say)
    notes = [
        "The paper's figures were measured on the paper's data: compare orders and ratios, not "
        "numbers.",
    ]
    if profile_name == "quick":
        notes.append(
            f"Profile quick: {profile.n_trials} trials and {len(profile.seeds)} seeds, and all "
            f"networks stop early: after {profile.max_network_epochs} epochs at most, MARS after "
            f"{profile.max_epochs['sampled']} and mars-plus after "
            f"{profile.max_epochs['catalogue']}. It shows that all of it runs; the profile paper "
            "says which model is better."
        )
    name = data.name if data else Path(redact(job.warehouse.path)).name
    content = comparison_content(found.comparison, name, command_line(), notes)
    content["dataset"]["profile"] = profile_name
    content |= {"curves": found.curves, "paper_table": table_1(), "examples": found.examples}
    folder = folder or Path(job.warehouse.path) / f"reproduction-{profile_name}"
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    (folder / "comparison.json").write_text(text, encoding="utf-8")
    write_report(content, folder / "report.html")
    where = f"report: {folder / 'report.html'}\nfigures: {folder / 'comparison.json'}"
    job.show(f"{comparison_text(found.comparison)}\n{where}", content)


def _import_once(job: Job, data: Path | None) -> None:
    """Bring the folder's files in where the warehouse has no items yet."""
    if data is None or job.warehouse.exists("interactions"):
        return
    files = [data / f"{table}.parquet" for table in ("items", "interactions")]
    if missing := [str(file) for file in files if not file.exists()]:
        raise InputDataError(
            f"folder {data}: {' and '.join(missing)} not found. It needs both, or import files of "
            "other names and shapes first, with mars-batch import, and leave --data out"
        )
    job.say(f"importing {data}")
    items, interactions = map(str, files)
    import_files(job.warehouse, job.settings, items, interactions)
