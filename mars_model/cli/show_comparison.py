"""How a comparison reads on a terminal."""

import math
from typing import Any

from mars_model.cli.show import table
from mars_model.evaluation.comparison import (
    MAP,
    TEST,
    Comparison,
    Outcome,
    edge_warnings,
    main_metrics,
    margins,
)
from mars_model.evaluation.significance import CONFIDENCE, paired_tests


def comparison_text(comparison: Comparison) -> str:
    """Facts, a line per model, what did not run, searches that ended at an edge, margins, tests."""
    facts, recall = comparison.protocol, main_metrics(comparison.at)[0]
    seeds = ", ".join(map(str, comparison.seeds))
    lines = [
        f"{facts['n_users']:,} users, {facts['n_items']:,} items, {facts['n_likes']:,} likes; "
        f"split: {comparison.split_name}; {_n_tested(comparison):,} users tested; seeds {seeds}; "
        f"trials for each model: {comparison.n_trials}"
    ]
    if comparison.ran:
        rows = [
            (
                outcome.name,
                _mean(outcome, recall),
                _mean(outcome, MAP),
                f"{outcome.seconds:.1f}",
                "" if outcome.peak_mb is None else f"{outcome.peak_mb:,.0f}",
                _settings(outcome),
            )
            for outcome in comparison.ran
        ]
        names = ("model", recall, MAP.upper(), "seconds", "MB", "settings")
        lines.append(table(names, rows))
    lines += [f"{o.name}: not run: {o.reason}" for o in comparison.outcomes if o.reason]
    lines += [f"warning: {sentence}" for sentence in edge_warnings(comparison.outcomes)]
    lines += [
        f"{m.model} over the best baseline ({m.best_baseline}): {m.metric} {_percent(m.share)}"
        for m in margins(comparison.outcomes, main_metrics(comparison.at))
    ]
    for metric in main_metrics(comparison.at):
        lines += [
            f"{test.best} against {test.second}: {metric} {test.difference:+.4f} a user, "
            f"{100 * CONFIDENCE:.0f} % sure from {test.low:+.4f} to {test.high:+.4f}, "
            f"p = {test.p_value:.2g}, {test.n_users:,} users"
            for test in paired_tests(comparison.ran, metric)
        ]
    return "\n".join(lines)


def _n_tested(comparison: Comparison) -> int:
    recall = main_metrics(comparison.at)[0]
    figures = (f for o in comparison.ran for f in o.cells[0].figures if f.part == TEST)
    return next((f.n_users for f in figures if f.metric == recall), 0)


def _mean(outcome: Outcome, metric: str) -> str:
    deviation = outcome.deviation(metric)
    spread = "" if deviation is None else f" ± {deviation:.4f}"
    return f"{outcome.mean(metric):.4f}{spread}"


def _settings(outcome: Outcome) -> str:
    """A baseline's chosen values; a model's stand in the JSON."""
    if not outcome.contender.is_baseline:
        return ""
    settings = outcome.contender.settings
    return ", ".join(f"{k} {_plain(v)}" for k, v in settings.items() if k != "documents")


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _percent(share: float) -> str:
    return "cannot be said, it has 0" if math.isnan(share) else f"{100 * share:+.1f} %"
