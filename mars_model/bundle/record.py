"""Records as JSON, the manifest and the promotions: their format is read before all else."""

from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import from_json

from mars_model.bundle.sealed_file import MIB, BadFileError

# A decision takes 400 bytes, so forty thousand trainings.
MOST_RECORD_BYTES = 16 * MIB

# Of a folder here, never a path out of it.
NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
ModelVersion = Annotated[str, Field(pattern=NAME_PATTERN, max_length=200)]
Record = TypeVar("Record", bound=BaseModel)


def parse_record(content: bytes, kind: type[Record]) -> Record:
    """A record from its JSON; `kind` has a `format`. Raises BadFileError.

    A later format is told apart from damage: only a newer release can say what it means.
    """
    (known,) = get_args(kind.model_fields["format"].annotation)
    try:
        found = from_json(content)
    except ValueError as error:
        raise BadFileError(f"is no JSON ({str(error)[:200]})") from error
    number = found.get("format", known) if isinstance(found, dict) else known
    if _is_number(number) and number != known:
        do = "Use a newer mars-batch" if number > known else "It was written by an older release"
        raise BadFileError(f"is of format {number}, this release reads {known}. {do}")
    try:
        return kind.model_validate(found)
    except ValidationError as error:
        raise BadFileError(
            f"does not hold what this release expects: {_first_problem(error)}"
        ) from error


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part)[:100] for part in problem["loc"]) or "the whole"
    more = error.error_count() - 1
    return f"{where}: {problem['msg'][:200]}" + (f", and {more} more" if more else "")
