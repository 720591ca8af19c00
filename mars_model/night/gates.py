"""Gates: a night's lists against the catalogue, its inputs and the night before."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from mars_model.errors import SettingsError
from mars_model.night.checks import Failure, ItemFacts, UserFacts
from mars_model.night.runs import Run
from mars_model.settings import AuditSettings, audit_gates

_DAY_S = 86_400


def measure_gates(
    users: UserFacts,
    items: ItemFacts,
    n_candidates: int,
    run: Run,
    last: Run | None = None,
    validation_map: float | None = None,
    is_empty_by_right: bool = False,
) -> dict[str, float]:
    """What the gates judge, and the mean score and validation MAP for the night after.

    `catalogue_share`: distinct items recommended / items that may be. `fallback_share`: users whose
    list the fallback made / users. `input_age_days`: from the newest like with a time to midnight
    UTC of the run date. The others compare with the published night `last`: see `_against`.
    `validation_map` is that of the model in use. Where everybody has liked everything that may be
    recommended, there are no rows, and nothing to judge.
    """
    facts = {}
    if validation_map is not None and math.isfinite(validation_map):
        facts["validation_map"] = validation_map
    if is_empty_by_right:
        return facts
    gates = {"catalogue_share": items.n_items / n_candidates if n_candidates else 0.0}
    if users.n_users:
        gates["fallback_share"] = 1 - users.n_by_model / users.n_users
    if users.newest_like_s is not None:
        gates["input_age_days"] = (_midnight_s(run) - users.newest_like_s) / _DAY_S
    if items.mean_score is not None:
        gates["mean_score"] = items.mean_score
    return gates | facts | (_against(last, run, users, gates | facts) if last else {})


def judge_gates(gates: Mapping[str, float], limits: AuditSettings) -> list[Failure]:
    """The gates that are beyond their limits."""
    failures = []
    for name, gate in audit_gates().items():
        limit = None if gate.is_check else getattr(limits, gate.setting)
        if limit is not None and name in gates and gate.is_beyond(gates[name], limit):
            detail = f"is {gates[name]:.4g}, beyond audit.{gate.setting} = {limit:g}"
            failures.append(Failure(name, 0, detail))
    return failures


def refusing(failures: Sequence[Failure], accepted: Mapping[str, str]) -> list[Failure]:
    """The failures that stop a night; a check does, whatever was accepted."""
    gates = audit_gates()
    return [one for one in failures if one.name not in accepted or gates[one.name].is_check]


def accepted_gates(gates: Sequence[str], reasons: Sequence[str]) -> dict[str, str]:
    """The reason by gate, from as many reasons as gates, or one for all of them.

    Raises SettingsError where a gate is not known, cannot be accepted, or has no reason.
    """
    known = audit_gates()
    names = ", ".join(name for name, gate in known.items() if not gate.is_check)
    for name in gates:
        if name not in known:
            raise SettingsError(f"--accept {name}: no gate of this name, expected one of {names}")
        if known[name].is_check:
            raise SettingsError(
                f"--accept {name}: a check proves rows wrong, so it cannot be accepted. Gates that "
                f"can: {names}"
            )
    written = [" ".join(reason.split()) for reason in reasons]
    if len(written) not in {len(gates), min(1, len(gates))} or not all(written):
        raise SettingsError(
            '--accept GATE --reason "why this night is right": expected a reason for each gate, or '
            f"one for all, found {len(gates)} gates and {sum(map(bool, written))} reasons"
        )
    return dict(zip(gates, written * len(gates) if len(written) == 1 else written, strict=True))


def _against(last: Run, run: Run, users: UserFacts, gates: Mapping[str, float]) -> dict[str, float]:
    """What is compared with the last published night; scores of another model are not.

    `overlap`, or `overlap_across_models`: of that night's (user, item) pairs of users in both
    nights, the share that is here again. `score_shift`: |mean score − that night's| / |that
    night's|, lists of the model only. `fallback_rise`: share of the fallback − that night's.
    `map_loss`: 1 − validation MAP of this model / that night's model's.
    """
    is_same_model = last.model_version == run.model_version
    before, found = last.gates, {}
    if users.n_rows_before:
        name = "overlap" if is_same_model else "overlap_across_models"
        found[name] = users.n_rows_again / users.n_rows_before
    if n_users := last.counts.get("users"):
        share_before = 1 - last.counts.get("users_by_mars", 0) / n_users
        found["fallback_rise"] = gates.get("fallback_share", 0.0) - share_before
    shift = shift_of_mean(before, gates) if is_same_model else None
    if shift is not None:
        found["score_shift"] = abs(shift)
    if not is_same_model and "validation_map" in gates and before.get("validation_map"):
        found["map_loss"] = 1 - gates["validation_map"] / before["validation_map"]
    return found


def shift_of_mean(before: Mapping[str, float], gates: Mapping[str, float]) -> float | None:
    """How far the mean score is from that of another night, as a share of it, with its sign."""
    mean_before, mean = before.get("mean_score"), gates.get("mean_score")
    if not mean_before or mean is None:
        return None
    return (mean - mean_before) / abs(mean_before)


def _midnight_s(run: Run) -> float:
    return datetime(run.run_date.year, run.run_date.month, run.run_date.day, tzinfo=UTC).timestamp()
