"""Is the best model better than another one, or lucky with its users?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import ttest_rel

from mars_model.evaluation.comparison import Outcome

TEST_NAME = "paired t-test over users, two-sided"
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Significance:
    """`difference` is the mean over users of best − second, `low` to `high` its confidence range.

    Each user counts once, with the mean over the seeds in which he has a held-out like.
    """

    metric: str
    best: str
    second: str
    p_value: float
    difference: float
    low: float
    high: float
    n_users: int


def best_against_second(outcomes: Sequence[Outcome], metric: str) -> Significance | None:
    """The test of the best model against the next; None with fewer than two models or users.

    The t-test is the one that keeps its promises on such means.
    Source: J. Urbano, H. Lima, A. Hanjalic, "Statistical Significance Testing in Information
    Retrieval" (2019).
    """
    ran = sorted((o for o in outcomes if o.cells), key=lambda o: -o.mean(metric))
    if len(ran) < 2:
        return None
    best, second = ran[:2]
    difference = best.by_user(metric) - second.by_user(metric)
    difference = difference[~np.isnan(difference)]
    if len(difference) < 2:
        return None
    if np.ptp(difference) == 0:  # the test divides by the spread
        p_value = 1.0 if difference[0] == 0 else 0.0
        low = high = float(difference[0])
    else:
        tested = ttest_rel(difference, np.zeros_like(difference))
        p_value = float(tested.pvalue)
        low, high = map(float, tested.confidence_interval(CONFIDENCE))
    return Significance(
        metric,
        best.name,
        second.name,
        p_value,
        float(difference.mean()),
        low,
        high,
        len(difference),
    )
