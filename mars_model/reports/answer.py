"""The answer of a comparison in two sentences: which model, by how much, how sure."""

from dataclasses import dataclass

from mars_model.reports.contract import ComparisonFile, Significance
from mars_model.reports.figures import ModelRow
from mars_model.reports.names import (
    count,
    figure,
    is_accuracy,
    joined,
    metric_name,
    percent,
    signed,
)

LEVEL = 0.05  # p values from here on count as chance
_RECALL = "recall@50"


@dataclass(frozen=True)
class Answer:
    """Two sentences, and those that keep a reader from taking too much from them."""

    headline: str
    sureness: str
    further: tuple[str, ...]


def answer(comparison: ComparisonFile) -> Answer:
    """What the comparison says by its main metric."""
    metric = main_metric(comparison)
    ran = ranking(comparison, metric)
    if metric is None or not ran:
        return Answer(*_nothing(comparison), ())
    further = (*_one_split(comparison, ran[0]), *_unmeasured(comparison))
    if len(ran) == 1:
        only = figure(ran[0].mean(metric), ran[0].deviation(metric))
        headline = f"Only {ran[0].model} has a figure: {metric_name(metric)} {only}."
        sureness = "It says how good this model is, not whether another one would be better."
        return Answer(headline, sureness, further)
    best, rival = ran[0], _rival(ran)
    test = _find_test(comparison, metric, best, rival)
    sureness = _by_seeds(best, rival, metric) if test is None else _by_test(test, best.model)
    others = tuple(_other_leaders(comparison, metric, best))
    return Answer(_headline(ran, rival, metric, test), sureness, others + further)


def main_metric(comparison: ComparisonFile) -> str | None:
    """The metric of the first test; else recall@50; else the first one there is."""
    metrics = all_metrics(comparison)
    tested = [test.metric for test in comparison.significance if test.metric in metrics]
    preferred = [*tested, *(m for m in metrics if m == _RECALL), *filter(is_accuracy, metrics)]
    return next(iter([*preferred, *metrics]), None)


def all_metrics(comparison: ComparisonFile) -> list[str]:
    """Every metric that some model has, in the order of the file."""
    return list(dict.fromkeys(m for row in comparison.models for m in row.metrics))


def ranking(comparison: ComparisonFile, metric: str | None) -> list[ModelRow]:
    """Models with the metric, the highest first, equal ones in the order of the file."""
    if metric is None:
        return []
    ran = [row for row in comparison.models if row.mean(metric) is not None]
    return sorted(ran, key=lambda row: -_mean(row, metric))


def _rival(ran: list[ModelRow]) -> ModelRow:
    """The best of the other kind where both kinds ran, else the next."""
    best = ran[0]
    others = [row for row in ran[1:] if row.is_baseline is not None]
    of_other_kind = (row for row in others if row.is_baseline is not best.is_baseline)
    return next(of_other_kind, ran[1]) if best.is_baseline is not None else ran[1]


def _headline(ran: list[ModelRow], rival: ModelRow, metric: str, test: Significance | None) -> str:
    best, name = ran[0], metric_name(metric)
    mean, below = _mean(best, metric), _mean(rival, metric)
    if mean == below:
        return f"{best.model} and {rival.model} are equal: both have {name} {figure(mean)}."
    who = f"The baseline {best.model}" if best.is_baseline else best.model
    role = {(False, True): ", the best baseline", (True, False): ", the best other model"}.get(
        (bool(best.is_baseline), bool(rival.is_baseline)), ", the next" if rival is ran[1] else ""
    )
    by = f"{figure(mean)}, {percent(mean, below)} {rival.model}{role} ({figure(below)})"
    if test is None:
        return f"{who} has the highest {name}: {by}."
    if _is_sure(test, best.model):
        return f"{who} ranks best: {name} {by}."
    if rival.model not in (test.best, test.second):
        return f"{who} has the highest {name}: {by}."
    who = who[0].lower() + who[1:] if best.is_baseline else who
    return f"There is no clear winner: {who} has the highest {name}, {by}."


def _by_test(test: Significance, best: str) -> str:
    sign = 1 if test.best == best else -1
    against = test.second if test.best == best else test.best
    ends = [test.low, test.high][::sign]
    bounds = [signed(sign * end) for end in ends if end is not None]
    share = f"{100 * test.confidence:g}\u00a0%"
    within = f", {share} interval {bounds[0]} to {bounds[1]}" if len(bounds) == 2 else ""
    p = "p\u00a0<\u00a00.001" if test.p_value < 0.001 else f"p\u00a0=\u00a0{test.p_value:.3f}"
    over = f" over {count(test.n_users, 'user')}" if test.n_users is not None else ""
    difference = f"{signed(sign * test.difference)} in {metric_name(test.metric)}"
    return (
        f"Against {against} the difference of {difference} {_verdict(test, best)} "
        f"({test.test}{over}: {p}{within})."
    )


def _verdict(test: Significance, best: str) -> str:
    if _is_sure(test, best):
        return "is more than chance explains"
    if test.p_value < LEVEL:
        return "speaks against the higher mean, so trust neither of the two"
    return "may be chance, so take the two as equal until more data say otherwise"


def _is_sure(test: Significance, best: str) -> bool:
    """Whether the test speaks for the best and not against it."""
    ahead = test.difference if test.best == best else -test.difference
    return test.p_value < LEVEL and ahead > 0


def _by_seeds(best: ModelRow, rival: ModelRow, metric: str) -> str:
    pairs = list(zip(best.by_seed(metric), rival.by_seed(metric), strict=False))
    if len(pairs) > 1:
        n_ahead = sum(one > other for one, other in pairs)
        return (
            f"It is ahead of {rival.model} in {n_ahead} of {len(pairs)} splits; no test of "
            "significance was made, and few splits of the same likes prove little."
        )
    if len(pairs) == 1:
        return (
            "This is one split and no test of significance was made, so the difference may be "
            "chance."
        )
    return (
        "Neither several splits nor a test of significance are on record, so how sure this is "
        "cannot be said."
    )


def _find_test(
    comparison: ComparisonFile, metric: str, best: ModelRow, rival: ModelRow
) -> Significance | None:
    """The test of these two; else another one of the best."""
    tests = [t for t in comparison.significance if t.metric == metric]
    tests = [t for t in tests if best.model in (t.best, t.second)]
    of_both = [t for t in tests if rival.model in (t.best, t.second)]
    return next(iter([*of_both, *tests]), None)


def _other_leaders(comparison: ComparisonFile, metric: str, best: ModelRow) -> list[str]:
    """A sentence for each further metric of hits by which another model leads."""
    found = []
    for other in filter(is_accuracy, all_metrics(comparison)):
        leader = ranking(comparison, other)[0]
        mine = best.mean(other)
        if other == metric or leader is best or mine == leader.mean(other):
            continue
        beside = f", {best.model} {figure(mine)}" if mine is not None else ""
        name = metric_name(other)
        value = figure(leader.mean(other), leader.deviation(other))
        found.append(f"By {name} another leads: {leader.model} {value}{beside}.")
    return found


def _one_split(comparison: ComparisonFile, best: ModelRow) -> list[str]:
    if len(best.seeds or comparison.seeds) != 1:
        return []
    return ["All figures are of one split: how much they vary between splits is not known."]


def _unmeasured(comparison: ComparisonFile) -> list[str]:
    missing = [row.model for row in comparison.models if not row.metrics]
    if not missing:
        return []
    n_models = count(len(comparison.models), "model")
    return [f"No figure for {len(missing)} of {n_models}: {joined(missing)}."]


def _nothing(comparison: ComparisonFile) -> tuple[str, str]:
    if not comparison.models:
        return "Nothing was compared.", "The file holds no model."
    return (
        "No model has a figure, so nothing can be said.",
        f"{count(len(comparison.models), 'model')} could not be run; the reasons stand below.",
    )


def _mean(row: ModelRow, metric: str) -> float:
    value = row.mean(metric)
    if value is None:
        raise ValueError(f"{row.model} has no {metric}")
    return value
