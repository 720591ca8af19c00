"""mars-batch report."""

from pathlib import Path
from typing import Any

import click

from mars_model.cli.job import Job
from mars_model.errors import MarsBatchError


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
    page, reading = _renderer()
    content = reading.read_comparison(comparison)
    html = page.render_report(content)
    try:
        target.write_text(html, encoding="utf-8")
    except OSError as error:
        raise MarsBatchError(
            f"report {target}: cannot be written ({error.strerror}). Name another file with --to"
        ) from error
    n_models = sum(bool(row.metrics) for row in content.models)
    job.show(
        f"report of {n_models} models with figures written to {target}",
        {"report": str(target), "models": n_models},
    )


def _renderer() -> tuple[Any, Any]:
    """The modules that render and read. Raises MarsBatchError where the extra is missing."""
    try:
        from mars_model.evaluation.report import page, reading
    except ModuleNotFoundError as error:
        raise MarsBatchError(
            f"a report needs the package {error.name}, which the core installation leaves out. "
            "Install it with: pip install 'mars-batch[evaluate]'"
        ) from error
    return page, reading
