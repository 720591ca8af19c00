"""Which bundle is in use and why: the gate that a new one passes, and the record of decisions."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from mars_model.bundle.record import MOST_RECORD_BYTES, ModelVersion, parse_record
from mars_model.bundle.sealed_file import BadFileError, read_plain_file
from mars_model.errors import MarsBatchError

PROMOTED_FILE = "promoted.json"


class Decision(BaseModel):
    """Why a bundle was or was not promoted; `compared_with` was in use, if any was measured."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    model_version: ModelVersion
    is_promoted: bool
    reason: str
    run_date: date | None = None  # of the training; None where it was chosen by hand
    validation_map: float | None = None
    compared_with: str | None = None
    compared_map: float | None = None  # on the same held-out likes as validation_map
    max_map_loss: float | None = None


class Promotions(BaseModel):
    """The bundle in use and all decisions, oldest first: one file, so both change at once."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    format: Literal[1] = 1
    model_version: ModelVersion
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class Measured:
    """A bundle and its MAP@500 on the held-out likes of the new training."""

    model_version: str
    validation_map: float


@dataclass(frozen=True)
class Unmeasured:
    """A bundle in use that gives no number to compare with: `why`, as the end of a sentence."""

    why: str


def decide(
    new: Measured,
    in_use: Measured | Unmeasured | None,
    n_validation_users: int,
    max_map_loss: float,
    run_date: date,
) -> Decision:
    """Promote unless the new MAP is more than a share `max_map_loss` below that of the one in use.

    Both are measured on the same held-out likes. Without a bundle in use, without a way to
    measure it, or with nobody to measure on, the new one is promoted.
    """
    is_promoted, reason = True, "first model"
    if isinstance(in_use, Unmeasured):
        reason = f"the bundle in use gives nothing to compare with: {in_use.why}"
    elif in_use is not None and in_use.model_version == new.model_version:
        reason = "the same result as the bundle in use"
    elif in_use is not None and not n_validation_users:
        reason = "no user has a like to hold out, so there is nothing to compare"
    elif in_use is not None:
        is_promoted = new.validation_map >= in_use.validation_map * (1 - max_map_loss)
        reason = (
            f"MAP@500 {new.validation_map:.4f}, {in_use.validation_map:.4f} with the one in use "
            f"({in_use.model_version}): {'within' if is_promoted else 'below'} the margin of "
            f"{max_map_loss:.1%}"
        )
    return Decision(
        model_version=new.model_version,
        is_promoted=is_promoted,
        reason=reason,
        run_date=run_date,
        validation_map=new.validation_map,
        compared_with=in_use.model_version if isinstance(in_use, Measured) else None,
        compared_map=in_use.validation_map if isinstance(in_use, Measured) else None,
        max_map_loss=max_map_loss,
    )


def read_promotions(folder: Path) -> Promotions | None:
    """What a registry's folder records, None before the first promotion.

    Raises MarsBatchError where the record cannot be read.
    """
    path = folder / PROMOTED_FILE
    try:
        path.lstat()  # a folder that is closed is not one without a record
    except FileNotFoundError:
        return None
    try:
        return parse_record(read_plain_file(path, MOST_RECORD_BYTES), Promotions)
    except BadFileError as error:
        raise MarsBatchError(
            f"model registry {path}: {error}. Choose the bundle in use with: mars-batch models "
            "--promote VERSION"
        ) from error


def add_decision(folder: Path, decision: Decision) -> None:
    """Append a decision and, where it promotes, change the bundle in use by the same rename.

    A record that cannot be read gives way to a promotion; nothing else replaces it.
    """
    try:
        before = read_promotions(folder)
    except MarsBatchError:
        if not decision.is_promoted:
            raise
        before = None
    if before is None and not decision.is_promoted:
        raise MarsBatchError(
            f"model registry {folder}: no bundle is in use, so {decision.model_version} cannot "
            "be left aside. Choose one with: mars-batch models --promote VERSION"
        )
    in_use = decision.model_version if decision.is_promoted or not before else before.model_version
    after = Promotions(
        model_version=in_use, decisions=(*(before.decisions if before else ()), decision)
    )
    draft = folder / f".{PROMOTED_FILE}-{os.getpid()}"
    draft.write_text(after.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draft.replace(folder / PROMOTED_FILE)
