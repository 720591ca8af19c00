"""A reason's kind and the likes it names, against scoring without every like and every pair."""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.claims import REASON_KINDS, claim
from mars_model.scoring.sentences import Titles, write_sentences
from mars_model.scoring.top_n import top_n_plainly
from mars_model.settings import SentenceSettings
from tests.scoring.plain import scores_by_loop

SEEDS = st.integers(0, 2**32 - 1)


def score_without(catalogue, history, left_out, position, kind) -> np.float32:
    """The item's score had the user not liked the slots `left_out`."""
    others = [item for slot, item in enumerate(history) if slot not in left_out]
    return np.float32(scores_by_loop(catalogue, others, kind)[position] if others else -np.inf)


def helping(catalogue, history, position, kind) -> list[int]:
    """The slots without which the score is lower; an only like is one."""
    score = scores_by_loop(catalogue, history, kind)[position]
    if len(history) == 1:
        return [0]
    return [
        slot
        for slot in range(len(history))
        if scores_by_loop(catalogue, np.delete(history, slot), kind)[position] < score - 1e-12
    ]


def claim_by_loop(catalogue, history, position, limit, fallback, kind):
    """Kind, and the sets of slots that may be named (of equal effect more than one)."""
    slots = helping(catalogue, history, position, kind)
    for size in (1, 2):
        without = {
            chosen: score_without(catalogue, history, chosen, position, kind)
            for chosen in combinations(slots, size)
        }
        if without and min(without.values()) < limit:
            lowest = min(without.values())
            return "likes", [set(c) for c, w in without.items() if w <= lowest + 1e-5]
    if position in fallback:
        return "popularity", [set()]
    return "taste", None


def fallback_by_loop(catalogue, history, n, segment) -> list[int]:
    """Positions of the most liked candidates that the user may get."""
    order = sorted(
        range(len(catalogue.candidate_idx)),
        key=lambda place: (-catalogue.n_likes[catalogue.candidate_idx[place]], place),
    )
    may = [
        place
        for place in order
        if catalogue.candidate_idx[place] not in history and catalogue.allowed[segment][place]
    ]
    return may[:n]


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=SEEDS,
    kind=st.sampled_from(["softmax", "evidence", "sum"]),
    scale=st.sampled_from([0.3, 1.0, 3.0]),
    bias=st.sampled_from([0.0, 0.5, 3.0]),
    n=st.sampled_from([1, 3, 10]),
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=3),
)
def test_kinds_and_named_likes_are_those_of_scoring_again_without_them(
    make_catalogue, seed, kind, scale, bias, n, lengths
):
    rng = np.random.default_rng(seed)
    memory, vectors = np.tanh(scale * rng.normal(size=(2, 30, 5))).astype(np.float32)
    catalogue = make_catalogue(
        memory,
        vectors,
        candidate_idx=range(24),
        item_bias=bias * rng.normal(size=30),
        n_likes=rng.integers(0, 9, 30),
        allowed=[np.ones(24, bool), rng.random(24) < 0.7],
    )
    histories = [sorted(rng.choice(30, length, replace=False).tolist()) for length in lengths]
    likes = LikeMatrix.from_rows(histories, 30)
    segments = (np.arange(len(histories)) % 2).astype(np.int32)
    scores, positions = top_n_plainly(catalogue, likes, segments, n + 1, kind)
    limits = scores[:, n]
    listed = np.ascontiguousarray(positions[:, :n])
    claims = claim(catalogue, likes, segments, listed, limits, kind)
    for user, place in np.argwhere(listed >= 0).tolist():
        history, position = np.array(histories[user]), int(listed[user, place])
        fallback = fallback_by_loop(catalogue, histories[user], n, segments[user])
        found = REASON_KINDS[claims.kind[user, place]]
        named = {slot for slot in claims.named[user, place].tolist() if slot >= 0}
        expected, may_name = claim_by_loop(
            catalogue, history, position, limits[user], fallback, kind
        )
        assert found == expected
        if may_name is not None:
            assert named in may_name
        assert named <= set(helping(catalogue, history, position, kind))
        without = claims.score_without[user, place]
        if named:
            plain = score_without(catalogue, history, named, position, kind)
            assert without == plain or without == pytest.approx(plain, rel=1e-5, abs=1e-5)
        else:
            assert np.isnan(without)


def test_an_item_that_only_its_popularity_holds_up_names_nobodys_likes(make_catalogue):
    # Everybody's most liked item has a bias that no like can outweigh; the third stands on a like.
    memory = np.array([[1, 0], [0, 1], [0, 0], [0, 0], [0, 0], [0, 1]], dtype=np.float32)
    vectors = np.array([[0, 0], [0, 0], [0, 0], [2, 0], [0, 0], [0, 0]], dtype=np.float32)
    catalogue = make_catalogue(
        memory, vectors, item_bias=[0, 0, 5, 0, 0.5, 0], n_likes=[0, 0, 9, 1, 5, 0]
    )
    likes = LikeMatrix.from_rows([[0, 1, 5]], 6)
    nobody = np.zeros(1, dtype=np.int32)
    scores, positions = top_n_plainly(catalogue, likes, nobody, 3, "evidence")
    assert positions.tolist() == [[2, 3, 4]]
    claims = claim(catalogue, likes, nobody, positions[:, :2].copy(), scores[:, 2], "evidence")
    assert [REASON_KINDS[k] for k in claims.kind[0]] == ["popularity", "likes"]
    assert claims.named[0].tolist() == [[-1, -1], [0, -1]]
    assert claims.score_without[0, 1] == np.float32(np.log(2))


def test_titles_are_trimmed_and_an_item_without_one_is_called_by_its_id():
    titles = Titles.of(pa.array(["Alien", " ", None, " Ünï "]), pa.array([10, 11, 12, 13]))
    taken = titles.take(np.array([3, 0, -1, 2, 1])).to_pylist()
    assert taken == ["Ünï", "Alien", None, "12", "11"]


def test_sentences_follow_the_settings():
    kinds = pa.array(["likes", "likes", "popularity", "taste", "taste", "taste"])
    first = pa.array(["A", "A", None, "A", "A", None], pa.large_string())
    second = pa.array([None, "B", None, "B", None, None], pa.large_string())
    assert write_sentences(SentenceSettings(), kinds, first, second).to_pylist() == [
        "because you liked A",
        "because you liked A and B",
        "popular with everyone",
        "in line with much of what you liked, A and B most",
        "in line with much of what you liked, A most",
        "in line with what you liked",
    ]
    german = SentenceSettings(
        verb="gekauft",
        two_likes="weil Sie {second} und {first} {verb} haben",
        taste="Ihr Geschmack",
    )
    written = write_sentences(german, kinds, first, second).to_pylist()
    assert written[1] == "weil Sie B und A gekauft haben"
    assert written[5] == "Ihr Geschmack"


@pytest.mark.parametrize(
    "templates",
    [
        {"one_like": "because of a like"},
        {"popularity": "{first}"},
        {"two_likes": "{first} {secnd}"},
    ],
)
def test_a_sentence_that_lacks_a_title_or_asks_for_one_it_has_not_is_refused(templates):
    with pytest.raises(ValueError, match=f"{next(iter(templates))} is .*expected"):
        SentenceSettings(**templates)
