"""What is said where a command needs packages that the core installation leaves out."""

from collections.abc import Iterator
from contextlib import contextmanager

from mars_model.errors import MarsBatchError


@contextmanager
def needs_extras(what: str, *extras: str) -> Iterator[None]:
    """Turn a missing package, met while importing, into a sentence that says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MarsBatchError(
            f"{what} needs the package {error.name}, which the core installation leaves out. "
            f"Install it with: pip install 'mars-batch[{','.join(extras)}]'"
        ) from error
