"""mars-batch: the group of all commands, its global options, and its exit codes."""

import sys
from typing import Any

import click

from mars_model import __version__
from mars_model.cli.build_documents import build_documents_command
from mars_model.cli.build_histories import build_histories_command
from mars_model.cli.demo import demo_command
from mars_model.cli.doctor import doctor_command
from mars_model.cli.encode_items import encode_items_command
from mars_model.cli.evaluate import evaluate_command
from mars_model.cli.explain import explain_command
from mars_model.cli.import_files import import_command
from mars_model.cli.job import Job, end_with_sentence
from mars_model.cli.models import models_command
from mars_model.cli.nightly import nightly_command
from mars_model.cli.options import global_options
from mars_model.cli.report import report_command
from mars_model.cli.reproduce import reproduce_command
from mars_model.cli.runs import runs_command
from mars_model.cli.score import score_command
from mars_model.cli.sql import sql_command
from mars_model.cli.train import train_command
from mars_model.cli.tune import tune_command


class SentenceGroup(click.Group):
    """A group whose commands end in a sentence and an exit code, never in a stack trace."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; errors of click itself keep click's own handling."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            sys.exit(end_with_sentence(error, bool(ctx.params.get("is_verbose"))))


@click.group(cls=SentenceGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mars-batch")
@global_options
@click.pass_context
def main(ctx: click.Context, /, **options: Any) -> None:
    """Recommend items to every user of a warehouse, nightly, and say why.

    Exit codes: 0 done; 2 wrong usage or settings; 3 bad input data; 4 an audit failed and
    nothing was published; 130 a training was interrupted; 1 anything else.

    Example: mars-batch --warehouse warehouse nightly --run-date 2026-11-23
    """
    ctx.obj = Job(**options)


for command in (
    demo_command,
    import_command,
    build_documents_command,
    build_histories_command,
    train_command,
    tune_command,
    encode_items_command,
    score_command,
    nightly_command,
    explain_command,
    evaluate_command,
    report_command,
    reproduce_command,
    sql_command,
    runs_command,
    models_command,
    doctor_command,
):
    main.add_command(command)
