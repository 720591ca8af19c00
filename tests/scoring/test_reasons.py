"""Exact scores and their reasons against plain loops."""

import math
from typing import NamedTuple

import numpy as np
import pytest

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.reasons import explain
from mars_model.scoring.top_n import settle_users

NO_BIAS = np.zeros(8, dtype=np.float32)


class Winners(NamedTuple):
    """A list and its reasons, without what lies behind their ends."""

    order: np.ndarray
    scores: np.ndarray
    slots: list[np.ndarray]
    attention: list[np.ndarray]
    contribution: list[np.ndarray]
    score_without: list[np.ndarray]


def settle(memory, candidates, item_bias, n, n_reasons, kind="softmax") -> Winners:
    """The list of one user whose slots are `memory`, all candidates being offered."""
    n_slots, n_candidates = len(memory), len(candidates)
    items = np.arange(n_slots + n_candidates)
    catalogue = Catalogue(
        item_ids=items,
        memory=np.concatenate([memory, np.zeros_like(candidates)]),
        candidates=candidates,
        item_bias=item_bias,
        candidate_idx=items[n_slots:],
        popular_idx=items[n_slots:],
        n_likes=np.zeros(len(items), dtype=np.int64),
        allowed=np.ones((1, n_candidates), dtype=np.bool_),
    )
    likes = LikeMatrix.from_rows([range(n_slots)], len(items))
    found = np.arange(n_candidates, dtype=np.int32)[None]
    scores, positions = settle_users(catalogue, likes, found, n, kind)
    reasons = explain(catalogue, likes, positions, n_reasons, kind)
    is_listed, is_reason = positions[0] >= 0, reasons.slots[0] >= 0
    of_places = [
        [row[held] for row, held in zip(array[0][is_listed], is_reason[is_listed], strict=True)]
        for array in (
            reasons.slots,
            reasons.attention,
            reasons.contribution,
            reasons.score_without,
        )
    ]
    return Winners(positions[0][is_listed], scores[0][is_listed], *of_places)


def relevance_by_loop(memory, candidate) -> list[float]:
    return [
        sum(float(m) * float(c) for m, c in zip(slot, candidate, strict=True)) for slot in memory
    ]


def score_by_loop(memory, candidate) -> tuple[float, list[float]]:
    """One candidate's score (Eq. 9) and the attention of every slot (Eq. 7)."""
    relevance = relevance_by_loop(memory, candidate)
    weights = [math.exp(value - max(relevance)) for value in relevance]
    attention = [weight / sum(weights) for weight in weights]
    user = [
        sum(a * float(slot[k]) for a, slot in zip(attention, memory, strict=True))
        for k in range(len(candidate))
    ]
    return sum(u * float(c) for u, c in zip(user, candidate, strict=True)), attention


def test_winners_are_ordered_by_their_plain_scores(tanh_vectors):
    memory, candidates = tanh_vectors(1, 5, 6), tanh_vectors(2, 8, 6)
    bias = tanh_vectors(3, 1, 8)[0]
    expected = [
        score_by_loop(memory, candidate)[0] + float(b)
        for candidate, b in zip(candidates, bias, strict=True)
    ]
    winners = settle(memory, candidates, bias, n=4, n_reasons=2)
    assert winners.order.tolist() == sorted(range(8), key=lambda c: -expected[c])[:4]
    assert winners.scores.tolist() == pytest.approx(sorted(expected)[:-5:-1], abs=1e-6)
    assert winners.scores.dtype == np.float32


def test_contributions_add_up_to_the_score_and_attention_to_one(tanh_vectors):
    memory, candidates = tanh_vectors(1, 5, 6), tanh_vectors(2, 8, 6)
    bias = tanh_vectors(3, 1, 8)[0]
    winners = settle(memory, candidates, bias, n=8, n_reasons=5)
    for candidate, score, attention, contribution in zip(
        winners.order, winners.scores, winners.attention, winners.contribution, strict=True
    ):
        assert sum(attention.tolist()) == pytest.approx(1, abs=1e-6)
        assert sum(contribution.tolist()) + bias[candidate] == pytest.approx(score, abs=1e-6)


def test_reasons_are_the_slots_of_most_attention(tanh_vectors):
    memory, candidates = tanh_vectors(1, 5, 6), tanh_vectors(2, 8, 6)
    winners = settle(memory, candidates, NO_BIAS, n=8, n_reasons=2)
    for place, candidate in enumerate(winners.order):
        relevance = relevance_by_loop(memory, candidates[candidate])
        _, attention = score_by_loop(memory, candidates[candidate])
        slots = sorted(range(5), key=lambda slot: -attention[slot])[:2]
        assert winners.slots[place].tolist() == slots
        assert winners.attention[place].tolist() == pytest.approx([attention[s] for s in slots])
        contribution = [attention[s] * relevance[s] for s in slots]
        assert winners.contribution[place].tolist() == pytest.approx(contribution, abs=1e-7)


def test_score_without_is_the_score_of_a_history_without_the_item(tanh_vectors):
    memory, candidates = tanh_vectors(1, 5, 6), tanh_vectors(2, 8, 6)
    bias = tanh_vectors(3, 1, 8)[0]
    winners = settle(memory, candidates, bias, n=8, n_reasons=5)
    for place, candidate in enumerate(winners.order):
        for slot, without in zip(winners.slots[place], winners.score_without[place], strict=True):
            rest = [m for other, m in enumerate(memory) if other != slot]
            expected = score_by_loop(rest, candidates[candidate])[0] + float(bias[candidate])
            assert without == pytest.approx(expected, abs=1e-6)


def test_without_its_only_like_a_user_has_no_score(tanh_vectors):
    winners = settle(tanh_vectors(1, 1, 6), tanh_vectors(2, 8, 6), NO_BIAS, n=3, n_reasons=3)
    assert [slots.tolist() for slots in winners.slots] == [[0]] * 3
    assert [share.tolist() for share in winners.attention] == [[1.0]] * 3
    assert all(math.isnan(without[0]) for without in winners.score_without)


def test_with_a_sum_every_like_counts_once_and_the_largest_contribution_comes_first(tanh_vectors):
    memory, candidates = tanh_vectors(1, 5, 6), tanh_vectors(2, 8, 6)
    bias = tanh_vectors(3, 1, 8)[0]
    winners = settle(memory, candidates, bias, n=8, n_reasons=5, kind="sum")
    plain = [relevance_by_loop(memory, candidate) for candidate in candidates]
    scores = [sum(row) + float(b) for row, b in zip(plain, bias, strict=True)]
    assert winners.order.tolist() == sorted(range(8), key=lambda c: -scores[c])
    assert winners.scores.tolist() == pytest.approx(sorted(scores, reverse=True), abs=1e-6)
    for place, candidate in enumerate(winners.order):
        relevance = plain[candidate]
        slots = sorted(range(5), key=lambda slot: -relevance[slot])
        assert winners.slots[place].tolist() == slots
        assert winners.attention[place].tolist() == [1.0] * 5
        expected = [relevance[slot] for slot in slots]
        assert winners.contribution[place].tolist() == pytest.approx(expected, abs=1e-6)
        without = [scores[candidate] - relevance[slot] for slot in slots]
        assert winners.score_without[place].tolist() == pytest.approx(without, abs=1e-6)


def test_with_a_sum_an_only_like_has_no_score_without(tanh_vectors):
    winners = settle(tanh_vectors(1, 1, 6), tanh_vectors(2, 8, 6), NO_BIAS, 3, 3, "sum")
    assert all(math.isnan(without[0]) for without in winners.score_without)


def test_a_slot_with_all_the_attention_leaves_the_others_score():
    # Relevance 60, -59 and -60: the first slot's attention is 1 - e^-119, which is 1 in float64.
    candidate = np.full((1, 60), 1, dtype=np.float32)
    memory = np.stack([np.full(60, 1), np.r_[np.full(59, -1), 0], np.full(60, -1)])
    winners = settle(memory.astype(np.float32), candidate, np.zeros(1, np.float32), 1, 3)
    assert winners.scores.tolist() == [60.0]
    assert winners.slots[0][0] == 0
    assert winners.attention[0][0] == 1.0
    # The other two: (-59 · 1 - 60 · e^-1) / (1 + e^-1).
    expected = (-59 - 60 / math.e) / (1 + 1 / math.e)
    assert winners.score_without[0][0] == pytest.approx(expected, rel=1e-6)


def test_attention_that_float32_cannot_hold_is_no_reason():
    candidate = np.full((1, 60), 1, dtype=np.float32)
    memory = np.stack([np.full(60, 1), np.full(60, -1)]).astype(np.float32)
    winners = settle(memory, candidate, np.zeros(1, np.float32), 1, 2)
    assert winners.slots[0].tolist() == [0]


@pytest.mark.parametrize("gap", [10, 13, 14, 15, 20])
def test_the_counterfactual_is_exact_on_both_sides_of_its_guard(gap):
    # Two slots: without the first, the score is the second's relevance, 0.25, whatever the gap.
    memory = np.array([[gap + 0.25], [0.25]], dtype=np.float32)
    winners = settle(memory, np.ones((1, 1), np.float32), np.zeros(1, np.float32), 1, 1)
    assert winners.score_without[0].tolist() == [pytest.approx(0.25, abs=1e-6)]


def test_equal_scores_and_equal_attention_keep_their_positions():
    slot, other = [0.5, -0.25], [-0.5, 0.75]
    memory = np.array([other, slot, slot, other], dtype=np.float32)
    candidate, worse = [0.75, 0.25], [-0.75, -0.5]
    candidates = np.array([worse, candidate, worse, candidate, candidate], dtype=np.float32)
    winners = settle(memory, candidates, np.zeros(5, np.float32), n=5, n_reasons=4)
    assert winners.order.tolist() == [1, 3, 4, 0, 2]
    # Relevance to `candidate`: 5/16 of `slot`, -3/16 of `other`; to `worse`: -1/4 and 0.
    assert [s.tolist() for s in winners.slots] == [[1, 2, 0, 3]] * 3 + [[0, 3, 1, 2]] * 2


def test_a_list_is_as_long_as_its_shortlist_allows(tanh_vectors):
    winners = settle(tanh_vectors(1, 3, 6), tanh_vectors(2, 2, 6), NO_BIAS[:2], n=5, n_reasons=9)
    assert len(winners.order) == len(winners.scores) == len(winners.slots) == 2
    assert all(len(slots) == 3 for slots in winners.slots)


def test_no_candidates_give_an_empty_list(tanh_vectors):
    winners = settle(tanh_vectors(1, 3, 6), tanh_vectors(2, 0, 6), NO_BIAS[:0], n=5, n_reasons=3)
    assert len(winners.order) == len(winners.slots) == 0
