"""The global options, shared by mars-batch and the jobs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def global_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--conf, --set, --warehouse, --verbose, --json."""
    for option in (
        click.option("--json", "is_json", is_flag=True, help="The result as JSON on stdout."),
        click.option("--verbose", "is_verbose", is_flag=True, help="Show whole stack traces."),
        click.option(
            "--warehouse",
            "warehouse_path",
            metavar="DIR",
            help="Folder of the tables; the setting warehouse.path without it.",
        ),
        click.option(
            "--set",
            "overrides",
            multiple=True,
            metavar="KEY=VALUE",
            help="Any setting, for example --set scoring.top_n=20; may be repeated.",
        ),
        click.option(
            "--conf",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Settings as YAML; without it mars-batch.yaml beside the tables, if any.",
        ),
    ):
        command = option(command)
    return command
