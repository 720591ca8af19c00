"""What every command works on: settings, warehouse, registry, and how it speaks."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mars_model.cli.as_json import as_json
from mars_model.cli.ending import EndsInSentence
from mars_model.cli.interrupts import heed_signals
from mars_model.cli.secrets import known_secrets, secrets_beside
from mars_model.errors import MarsBatchError, SettingsError
from mars_model.redact import hide, redact
from mars_model.settings import Settings, find_model_file, load_settings

if TYPE_CHECKING:
    from mars_model.bundle.registry import Registry
    from mars_model.tables.warehouse import Warehouse


DAY = click.DateTime(formats=["%Y-%m-%d"])


@dataclass(frozen=True)
class Job:
    """The global options, and what follows from them."""

    conf: Path | None = None
    overrides: tuple[str, ...] = ()
    warehouse_path: str | None = None
    is_verbose: bool = False
    is_json: bool = False

    @cached_property
    def settings(self) -> Settings:
        """The tree of settings."""
        return load_settings(self.conf, self.overrides, self.warehouse_path)

    def settings_of_model(self, name: str) -> Settings:
        """The tree with a model's settings above the file of --conf and below --set.

        `name` is one of conf/models, or that of a file.
        """
        model = find_model_file(name)
        return load_settings(self.conf, self.overrides, self.warehouse_path, model)

    @cached_property
    def warehouse(self) -> "Warehouse":
        """The tables; the first use that needs Spark starts it."""
        # Not above: what reads tables takes half a second to import, and some commands read none.
        from mars_model.tables.warehouse import Warehouse

        return Warehouse(None, self.settings.warehouse.path)

    def require_writable(self, *others: Path) -> None:
        """Raise MarsBatchError where the tables lie on this machine and one cannot be written.

        What writes at the end of an hour's work asks first, for folders beside the tables too.
        """
        from mars_model.tables.check_environment import unwritable

        warehouse = self.settings.warehouse
        if warehouse.is_remote:
            return
        root = Path(warehouse.path)
        logs = sorted(root.glob("*/_delta_log"))
        folders = (root, *others, *(log.parent for log in logs), *logs)
        closed = [(folder, why) for folder in folders if (why := unwritable(folder))]
        if closed:
            folder, why = closed[0]
            where = "" if folder == root else f" in {folder}"
            raise MarsBatchError(
                f"warehouse {warehouse.path}: cannot be written{where} ({why}). Change its "
                "permissions, or choose another folder with --warehouse"
            )

    @property
    def registry(self) -> "Registry":
        """The bundles. Raises SettingsError where their folder would not be on this machine."""
        warehouse = self.settings.warehouse
        folder = warehouse.models or f"{warehouse.path}/models"
        if "://" in folder:
            raise SettingsError(
                f"bundles cannot lie in {folder}: choose a folder of this machine with --set "
                "warehouse.models=DIR"
            )
        # Not above: what verifies bundles loads Arrow, and some commands open none.
        from mars_model.bundle.registry import Registry

        return Registry(Path(folder))

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Credentials that the environment, Spark's settings or ours hold: never shown."""
        try:
            return secrets_beside(self.settings)
        except MarsBatchError:  # of the settings: said elsewhere
            return known_secrets()

    def say(self, line: str) -> None:
        """A line of progress, on stderr: stdout belongs to results."""
        click.echo(redact(line, self.secrets), err=True)

    def show(self, text: str, result: Any) -> None:
        """The result: text for people, or JSON on stdout with --json."""
        click.echo(as_json(result, self.secrets) if self.is_json else hide(text, self.secrets))


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


def run_date_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """--run-date, today in UTC where it is not given: the only place that asks the clock."""
    return click.option(
        "--run-date",
        type=DAY,
        default=lambda: datetime.now(UTC).strftime("%Y-%m-%d"),
        show_default="today, UTC",
        callback=lambda _ctx, _param, value: value.date(),
        help="Likes before this day count; the lists are published under it.",
    )(command)


def run_as_job(command: click.Command) -> None:
    """The entry point of jobs/*.py: a command with the global options as its own."""

    @click.command(command.name, EndsInSentence, params=list(command.params), help=command.help)
    @global_options
    @click.pass_context
    def job(ctx: click.Context, /, **options: Any) -> None:
        ctx.obj = Job(**{f.name: options.pop(f.name) for f in fields(Job)})
        ctx.invoke(command, **options)

    heed_signals()
    job()
