"""mars-batch: the group of all commands, its global options, and its exit codes."""

from importlib import import_module
from typing import Any

import click

from mars_model import __version__
from mars_model.cli.ending import EndsInSentence
from mars_model.cli.job import Job, global_options

# Each as `x_y_command` in the file of its name `x-y`, or of that given here.
COMMANDS = (
    *("backfill", "build-documents", "build-histories", "demo", "diff", "doctor", "encode-items"),
    *("evaluate", "explain", "import", "models", "nightly", "report", "reproduce", "retain"),
    *("rollback", "runs", "score", "setup", "sql", "train", "tune"),
)
_OTHER_FILES = {
    **dict.fromkeys(("build-documents", "build-histories", "encode-items"), "build"),
    **dict.fromkeys(("nightly", "score"), "night"),
    "import": "import_files",  # Python keeps the word for itself
}


class SentenceGroup(EndsInSentence, click.Group):
    """A group whose commands end in a sentence and an exit code, never in a stack trace.

    A command is imported when it is asked for: most need what others never use.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands' names, in order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by name."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        module = import_module(f"mars_model.cli.{_OTHER_FILES.get(cmd_name, name)}")
        command: click.Command = getattr(module, f"{name}_command")
        return command


@click.group(
    "mars-batch", cls=SentenceGroup, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="mars-batch")
@global_options
@click.pass_context
def main(ctx: click.Context, /, **options: Any) -> None:
    """Recommend items to every user of a warehouse, nightly, and say why.

    Exit codes: 0 done; 2 wrong usage or settings; 3 bad input data; 4 an audit failed and
    nothing was published; 130 interrupted by Ctrl-C or SIGTERM; 1 anything else.

    Example: mars-batch --warehouse warehouse nightly --run-date 2026-11-23
    """
    ctx.obj = Job(**options)
