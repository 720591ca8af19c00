"""A comparison → the content of its JSON and report; contract.py says what each key means."""

import math
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mars_model import __version__
from mars_model.evaluation.comparison import (
    Comparison,
    Outcome,
    edge_warnings,
    main_metrics,
    margins,
)
from mars_model.evaluation.groups import groups
from mars_model.evaluation.significance import CONFIDENCE, TEST_NAME, paired_tests

# What figures and seconds depend on.
_LIBRARIES = ("numpy", "torch", "pyspark", "cornac", "implicit", "cmfrec", "optuna")


def comparison_content(
    comparison: Comparison, name: str | None, made_with: str, notes: Sequence[str] = ()
) -> dict[str, Any]:
    """What JSON holds, all digits; `name` is the data's, `made_with` the command."""
    metrics = main_metrics(comparison.at)
    facts = comparison.protocol
    split = {key: value for key, value in comparison.split.items() if key != "split"}
    tests = [test for metric in metrics for test in paired_tests(comparison.ran, metric)]
    return {
        "made_with": made_with,
        "made_by": versions(),
        "dataset": {
            "name": name,
            **{key: facts[key] for key in ("n_users", "n_items", "n_likes", "likes")},
            "fingerprint": comparison.dataset,
        },
        "split": {"name": comparison.split_name, **split},
        "protocol": facts,
        "seeds": list(comparison.seeds),
        "n_trials": comparison.n_trials,
        "models": [_model(outcome) for outcome in comparison.outcomes],
        "margins": [
            {**asdict(m), "share": None if math.isnan(m.share) else m.share}
            for m in margins(comparison.outcomes, metrics)
        ],
        "significance": [
            {**asdict(test), "test": TEST_NAME, "confidence": CONFIDENCE} for test in tests
        ],
        "groups": [asdict(group) for group in groups(comparison)],
        "notes": [*notes, *edge_warnings(comparison.outcomes)],
    }


def versions() -> dict[str, str]:
    """Of this software, Python and the libraries that are installed."""
    found = {"mars-batch": __version__, "python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def _model(outcome: Outcome) -> dict[str, Any]:
    """A row: the means of the test part's metrics, their deviations and the value of each seed."""
    row: dict[str, Any] = {
        "model": outcome.name,
        "is_baseline": outcome.contender.is_baseline,
        "reason": outcome.reason,
        "settings": outcome.contender.settings,
        "n_trials": outcome.n_trials,
    }
    if outcome.cells:
        row |= {
            "seconds": outcome.seconds,
            "peak_mb": outcome.peak_mb,
            "seeds": [cell.seed for cell in outcome.cells],
        }
        for metric in outcome.metrics():
            row[metric] = outcome.mean(metric)
            row[f"{metric}_sd"] = outcome.deviation(metric)
            row[f"{metric}_by_seed"] = outcome.values(metric)
    return row
