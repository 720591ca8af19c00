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


def paired_tests(outcomes: Sequence[Outcome], metric: str) -> list[Significance]:
    """The best model against the next, and against the best baseline where that is another one.

    None with fewer than two models, or users that both have. The t-test is the one that keeps its
    promises on such means.
    Source: J. Urbano, H. Lima, A. Hanjalic, "Statistical Significance Testing in Information
    Retrieval" (2019).
    """
    ran = sorted((o for o in outcomes if o.cells), key=lambda o: -o.mean(metric))
    if not ran:
        return []
    best, *others = ran
    baselines = [o for o in others if o.contender.is_baseline]
    against = {o.name: o for o in (*others[:1], *baselines[:1])}
    found = (_paired(best, other, metric) for other in against.values())
    return [test for test in found if test is not None]


def _paired(best: Outcome, second: Outcome, metric: str) -> Significance | None:
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
    mean = float(difference.mean())
    return Significance(metric, best.name, second.name, p_value, mean, low, high, len(difference))
