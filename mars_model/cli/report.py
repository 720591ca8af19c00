"""mars-batch report."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from mars_model.cli.job import Job
from mars_model.errors import MarsBatchError, needs_extras
from mars_model.reports.contract import ComparisonFile
from mars_model.reports.read_comparison import read_comparison


@click.command("report")
@click.argument("comparison", type=click.Path(path_type=Path), metavar="COMPARISON.json")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("report.html"),
    show_default=True,
    metavar="FILE",
    help="The page to write; one that is there is replaced.",
)
@click.pass_obj
def report_command(job: Job, comparison: Path, target: Path) -> None:
    """Make one HTML page of a kept comparison: the answer, tables, plots, how to repeat it.

    The page is complete in itself and asks nothing of the network. Needs mars-batch[evaluate].

    Example: mars-batch report comparison.json --to report.html
    """
    require_report()
    content = read_comparison(comparison)
    write_page(content, target)
    n_models = sum(bool(row.metrics) for row in content.models)
    job.show(
        f"report of {n_models} models with figures written to {target}",
        {"report": str(target), "models": n_models},
    )


def require_report() -> None:
    """Raise MarsBatchError where a package is missing that a report needs."""
    with needs_extras("a report", "evaluate"):
        import_module("mars_model.reports.page")


def write_report(content: dict[str, Any], target: Path) -> None:
    """The page of a comparison that was just made."""
    # As JSON has it: what is shown is what a kept file would say.
    write_page(ComparisonFile.model_validate_json(json.dumps(content)), target)


def write_page(content: ComparisonFile, target: Path) -> None:
    """Render and write. Raises MarsBatchError where the file cannot be written."""
    require_report()
    from mars_model.reports.page import render_report

    try:
        target.write_text(render_report(content), encoding="utf-8")
    except OSError as error:
        raise MarsBatchError(
            f"report {target}: cannot be written ({error.strerror}). Name another file with --to "
            "or --report"
        ) from error
