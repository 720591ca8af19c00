"""Reads the JSON of a comparison that was kept."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mars_model.errors import InputDataError
from mars_model.reports.contract import ComparisonFile

_HOW = "Make one with: mars-batch --json evaluate --model NAME > FILE"


def read_comparison(path: Path) -> ComparisonFile:
    """The comparison in a JSON file.

    Raises InputDataError with all mismatches where the file is no such JSON.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputDataError(
            f"comparison {path}: cannot be read ({error.strerror}). {_HOW}"
        ) from error
    try:
        return ComparisonFile.model_validate_json(content)
    except ValidationError as error:
        found = "; ".join(_mismatch(problem) for problem in error.errors(include_url=False))
        raise InputDataError(f"comparison {path}: {found}. {_HOW}") from error


def _mismatch(problem: Any) -> str:
    """Where, what was expected, and what was found where it is short enough to say."""
    place = ".".join(map(str, problem["loc"])) or "the file"
    message = problem["msg"].removeprefix("Value error, ")
    match problem["type"]:
        case "json_invalid":
            return f"expected JSON, found none: {problem['ctx']['error']}"
        case "extra_forbidden":
            return f"{place} is not a key of a comparison"
        case "missing":
            return f"{place} is missing"
    found = problem["input"]
    is_short = found is None or isinstance(found, bool | int | float | str)
    said = f", found {found!r}" if is_short and len(str(found)) <= 60 else ""
    return f"{place}: {message[0].lower()}{message[1:]}{said}"
