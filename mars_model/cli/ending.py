"""How every command ends: in a sentence and an exit code, never in a stack trace."""

import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from mars_model.causes import cause_of, first_cause
from mars_model.cli.as_json import show_error
from mars_model.cli.interrupts import end_heeding, is_interrupted, say_interrupted, tell
from mars_model.cli.secrets import known_secrets
from mars_model.errors import Interrupted, MarsBatchError
from mars_model.redact import redact


class EndsInSentence(click.Command):
    """A command that ends in a sentence and an exit code, never in a stack trace.

    With --json, which it has as an option of its own, stdout holds both as an object.
    """

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the words that were typed."""
        with _ended_with_sentence(False, "--json" in args):
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        is_verbose, is_json = (bool(ctx.params.get(name)) for name in ("is_verbose", "is_json"))
        try:
            with _ended_with_sentence(is_verbose, is_json, ctx):
                return super().invoke(ctx)
        finally:
            end_heeding()


@contextmanager
def _ended_with_sentence(
    is_verbose: bool, is_json: bool, ctx: click.Context | None = None
) -> Iterator[None]:
    try:
        yield
    except click.exceptions.Exit:
        raise
    except (click.Abort, KeyboardInterrupt) as stopped:
        _end_interrupted(stopped, is_json, ctx)
    except click.ClickException as error:
        error.message = redact(error.message, _secrets(ctx))  # type: ignore[misc]
        if is_json:
            show_error(error.format_message(), error.exit_code)
        raise  # click itself says it on stderr
    except Exception as error:  # the last place before a stack trace would be shown
        if is_interrupted():
            _end_interrupted(error, is_json, ctx)
        if isinstance(error, BrokenPipeError):
            raise
        secrets = _secrets(ctx)
        if is_verbose:
            click.echo(redact("".join(traceback.format_exception(error)), secrets), err=True)
        sentence, exit_code, details = _described(error)
        sentence = redact(sentence, secrets)
        if is_json:
            show_error(sentence, exit_code, details, secrets)
        click.echo(f"error: {printable(sentence)}", err=True)
        if not is_verbose and sentence.startswith("unexpected "):
            click.echo("Run it again with --verbose for the whole trace.", err=True)
        sys.exit(exit_code)


def _end_interrupted(stopped: BaseException, is_json: bool, ctx: click.Context | None) -> NoReturn:
    """One line, and the code of Ctrl-C."""
    command = (ctx.invoked_subcommand or ctx.command.name) if ctx else None
    sentence = redact(say_interrupted(command, stopped), _secrets(ctx))
    if is_json:
        show_error(sentence, Interrupted.exit_code)
    tell(printable(sentence))
    sys.exit(Interrupted.exit_code)


def _secrets(ctx: click.Context | None) -> tuple[str, ...]:
    """What the command's job holds, where it has one yet."""
    held: tuple[str, ...] | None = getattr(ctx.obj, "secrets", None) if ctx else None
    return known_secrets() if held is None else held


def _described(error: Exception) -> tuple[str, int, Mapping[str, Any] | None]:
    """The sentence, the exit code, and what stands beside them under --json."""
    if isinstance(error, MarsBatchError):
        return str(error), error.exit_code, error.details
    if cause := cause_of(error):
        return cause, 1, None
    return f"unexpected {type(error).__name__}: {first_cause(error)}", 1, None


def printable(text: str) -> str:
    """Text without what a terminal would obey: what stands in a file's row ends up in sentences."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
