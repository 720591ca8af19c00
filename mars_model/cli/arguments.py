"""Commands whose arguments may begin with a hyphen: ids are what they are, and so are queries."""

import re
from typing import Any

import click

from mars_model.sources.clean_text import clean_id


class IdsCommand(click.Command):
    """A command of ids alone: `-5` is an id, and only --help and the global options are not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Without -h, which would be found in `-hello` too.
        kwargs["context_settings"] = {
            "ignore_unknown_options": True,
            "help_option_names": ["--help"],
        }
        super().__init__(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Ids behind `--` are taken as they are, those before it unless they are options."""
        n_before = args.index("--") if "--" in args else len(args)
        for word in args[:n_before]:
            if word in _global_options(ctx):
                raise click.NoSuchOption(
                    word,
                    f"{word} stands before the command: mars-batch {word} … {self.name}",
                    ctx=ctx,
                )
        before = ["--help" if word == "-h" else word for word in args[:n_before]]
        return super().parse_args(ctx, [*before, *args[n_before:]])


class QueryCommand(click.Command):
    """A command of a query, which may begin with SQL's comment, `-- like this`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """A word with white space in it is no option, unless it is one with its value."""
        begins = re.compile(r"--(?![\w-]*=)\S*\s")
        return super().parse_args(ctx, [f" {a}" if begins.match(a) else a for a in args])


def cleaned(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """An id as an import keeps it: what was copied with a blank or a tab is the same id."""
    return None if value is None else clean_id(value) or value


def _global_options(ctx: click.Context) -> set[str]:
    params = ctx.parent.command.params if ctx.parent else []
    return {name for param in params if isinstance(param, click.Option) for name in param.opts}
