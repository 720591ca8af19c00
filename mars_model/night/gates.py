"""Gates: a night's lists against the catalogue and against the night before."""

from collections.abc import Mapping

from mars_model.night.checks import Failure, ItemFacts, UserFacts
from mars_model.settings import AuditSettings


def measure_gates(
    users: UserFacts,
    items: ItemFacts,
    n_candidates: int,
    mean_before: float | None,
    is_empty_by_right: bool = False,
) -> dict[str, float]:
    """What the gates compare, and the mean score for the night after.

    `catalogue_share`: distinct items recommended / items that may be. `overlap`: of the last
    night's (user, item) pairs of users in both nights, the share that is here again.
    `score_shift`: |mean score − that night's| / |that night's|, lists of the model only. The
    last two are only there where that night used the same model version. Where everybody has
    liked everything that may be recommended, there are no rows, and nothing to compare.
    """
    if is_empty_by_right:
        return {}
    gates = {"catalogue_share": items.n_items / n_candidates if n_candidates else 0.0}
    if users.n_rows_before:
        gates["overlap"] = users.n_rows_again / users.n_rows_before
    if items.mean_score is not None:
        gates["mean_score"] = items.mean_score
        if mean_before:
            gates["score_shift"] = abs(items.mean_score - mean_before) / abs(mean_before)
    return gates


def judge_gates(gates: Mapping[str, float], limits: AuditSettings) -> list[Failure]:
    """The gates that are beyond their limits."""
    failures = []
    for name, setting, limit in (
        ("catalogue_share", "min_catalogue_share", limits.min_catalogue_share),
        ("overlap", "min_overlap", limits.min_overlap),
        ("score_shift", "max_score_shift", limits.max_score_shift),
    ):
        value = gates.get(name)
        if value is None:
            continue
        if value > limit if setting.startswith("max") else value < limit:
            detail = f"is {value:.4g}, beyond audit.{setting} = {limit:g}"
            failures.append(Failure(name, 0, detail))
    return failures
