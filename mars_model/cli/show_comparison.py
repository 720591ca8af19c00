"""How a comparison reads: a table for people, rows for machines."""

import math
from typing import Any

from mars_model.cli.show import table
from mars_model.evaluation.comparison import MAP, METRICS, RECALL, Comparison, Outcome, margins


def comparison_text(comparison: Comparison) -> str:
    """Facts, a line per model, and the margins over the best baseline."""
    facts = comparison.protocol
    first = comparison.outcomes[0].cells
    n_tested = first[0].figures[-1].n_users
    rows = [
        (
            outcome.contender.name,
            _mean(outcome, RECALL),
            _mean(outcome, MAP),
            f"{outcome.seconds:.1f}",
            _settings(outcome),
        )
        for outcome in comparison.outcomes
    ]
    lines = [
        f"{facts['n_users']:,} users, {facts['n_items']:,} items, {facts['n_likes']:,} likes; "
        f"split: {comparison.split}; {n_tested:,} users tested; "
        f"seeds {', '.join(str(cell.seed) for cell in first)}",
        table(("model", "recall@50", "MAP@500", "seconds", "settings"), rows),
    ]
    lines += [
        f"{m.model} over the best baseline ({m.best_baseline}): {m.metric} {_percent(m.share)}"
        for m in margins(comparison.outcomes)
    ]
    return "\n".join(lines)


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """The same with all digits; `<metric>_sd` is null for a single seed."""
    models = []
    for outcome in comparison.outcomes:
        row: dict[str, Any] = {
            "model": outcome.contender.name,
            "is_baseline": outcome.contender.is_baseline,
            "settings": outcome.contender.settings,
            "seconds": outcome.seconds,
            "seeds": [cell.seed for cell in outcome.cells],
        }
        for metric in METRICS:
            row[metric] = outcome.mean(metric)
            row[f"{metric}_sd"] = outcome.deviation(metric)
            row[f"{metric}_by_seed"] = [cell.value("test", metric) for cell in outcome.cells]
        models.append(row)
    return {
        "dataset": comparison.dataset,
        "split": comparison.split,
        "protocol": comparison.protocol,
        "models": models,
        "margins": [
            {
                "model": m.model,
                "metric": m.metric,
                "best_baseline": m.best_baseline,
                "share": None if math.isnan(m.share) else m.share,
            }
            for m in margins(comparison.outcomes)
        ],
    }


def _mean(outcome: Outcome, metric: str) -> str:
    deviation = outcome.deviation(metric)
    spread = "" if deviation is None else f" ± {deviation:.4f}"
    return f"{outcome.mean(metric):.4f}{spread}"


def _settings(outcome: Outcome) -> str:
    """A baseline's chosen values; a model's stand in its file."""
    if not outcome.contender.is_baseline:
        return ""
    settings = outcome.contender.settings
    return ", ".join(f"{k} {v:g}" for k, v in settings.items() if isinstance(v, int | float))


def _percent(share: float) -> str:
    return "cannot be said, it has 0" if math.isnan(share) else f"{100 * share:+.1f} %"
