"""Another evaluator agrees: ir-measures, over trec_eval's own C code, on the same ranked lists.

It divides average precision by all held-out likes, this project by min(|relevant|, k) as the
paper's source does: equal wherever a user has no more than k, else apart by that very factor.
Its RR has no cutoff, so it gets lists that end there. All else is defined alike.
"""

from collections.abc import Callable

import numpy as np
import pytest
from ir_measures import AP, RR, Measure, R, ScoredDoc, Success, iter_calc, nDCG

from mars_model.evaluation.metrics.accuracy import (
    average_precision,
    hit_rate,
    ndcg,
    recall,
    reciprocal_rank,
)
from mars_model.evaluation.metrics.hits import Hits
from mars_model.evaluation.metrics.means import mean_over_users
from mars_model.features.likes import LikeMatrix

N_ITEMS, N_RANKED, N_USERS = 300, 120, 200
CUTOFFS = (1, 5, 20, 100, 120)


@pytest.fixture(scope="module")
def lists() -> tuple[np.ndarray, LikeMatrix]:
    """Lists of 0 to 120 items, and 0 to 60 held-out likes: more than the smaller cutoffs."""
    rng = np.random.default_rng(5)
    ranked = np.array([rng.permutation(N_ITEMS)[:N_RANKED] for _ in range(N_USERS)])
    lengths = rng.integers(0, N_RANKED + 1, N_USERS)
    ranked[np.arange(N_RANKED) >= lengths[:, None]] = -1
    n_liked = rng.integers(0, 61, N_USERS)
    liked = [rng.choice(N_ITEMS, n, replace=False) for n in n_liked]
    return ranked, LikeMatrix.from_rows(liked, N_ITEMS)


def by_ir_measures(measure: Measure, ranked: np.ndarray, relevant: LikeMatrix) -> np.ndarray:
    """Its value for each user, NaN for users of whom it knows no relevant document."""
    qrels = {
        str(user): {str(item): 1 for item in relevant.row(user)}
        for user in range(relevant.n_users)
        if len(relevant.row(user))
    }
    # Scores fall with the rank, so no tie is left to the evaluator.
    run = [
        ScoredDoc(str(user), str(item), -rank)
        for user, row in enumerate(ranked.tolist())
        for rank, item in enumerate(row)
        if item >= 0
    ]
    found = np.full(relevant.n_users, np.nan)
    for value in iter_calc([measure], qrels, run):
        found[int(value.query_id)] = value.value
    return found


@pytest.mark.parametrize("k", CUTOFFS)
@pytest.mark.parametrize(
    ("metric", "measure"),
    [(recall, R), (ndcg, nDCG), (hit_rate, Success)],
    ids=lambda m: getattr(m, "__name__", str(m)),
)
def test_metrics_defined_alike_agree_user_by_user(
    lists: tuple[np.ndarray, LikeMatrix], metric: Callable, measure: Measure, k: int
) -> None:
    ranked, relevant = lists
    expected = by_ir_measures(measure @ k, ranked, relevant)
    found = metric(Hits.of(ranked, relevant), k)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    assert mean_over_users(found) == pytest.approx(np.nanmean(expected), abs=1e-9)
    assert 0 < np.nanmean(expected) < 1


@pytest.mark.parametrize("k", CUTOFFS)
def test_reciprocal_ranks_agree_on_lists_that_end_at_the_cutoff(lists, k: int) -> None:
    ranked, relevant = lists
    expected = by_ir_measures(RR, ranked[:, :k], relevant)
    found = reciprocal_rank(Hits.of(ranked, relevant), k)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("k", CUTOFFS)
def test_average_precision_agrees_but_for_its_divisor(lists, k: int) -> None:
    ranked, relevant = lists
    hits = Hits.of(ranked, relevant)
    theirs = by_ir_measures(AP @ k, ranked, relevant)
    found = average_precision(hits, k)
    within = hits.n_relevant <= k
    np.testing.assert_allclose(found[within], theirs[within], rtol=0, atol=1e-9)
    same_divisor = theirs * hits.n_relevant / np.minimum(hits.n_relevant, k)
    np.testing.assert_allclose(found, same_divisor, rtol=0, atol=1e-9)
