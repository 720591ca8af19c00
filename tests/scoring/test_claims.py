"""A reason's kind and the likes it names, against scoring without every like and every pair."""

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
from tests.scoring.plain_claims import claim_by_loop, fallback_by_loop, score_without

SEEDS = st.integers(0, 2**32 - 1)


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
        expected = claim_by_loop(catalogue, history, position, limits[user], fallback, kind)
        assert REASON_KINDS[claims.kind[user, place]] == expected.kind
        named = [slot for slot in claims.named[user, place].tolist() if slot >= 0]
        assert set(named) in expected.may_name
        assert set(named) <= set(expected.helping)
        without = claims.score_without[user, place]
        if named:
            plain = score_without(catalogue, history, named, position, kind)
            assert without == plain or without == pytest.approx(plain, rel=1e-6, abs=1e-6)
        else:
            assert np.isnan(without)


def claims_of_one_item(make_catalogue, memory, likes, kind, bias=0.0, t=-9.0):
    """What the one candidate, the last item of vector (1), is there for."""
    memory = np.array(memory, dtype=np.float32)[:, None]
    ones = np.ones((len(memory), 1), dtype=np.float32)
    last = len(memory) - 1
    catalogue = make_catalogue(memory, ones, candidate_idx=[last], item_bias=[bias] * len(memory))
    claims = claim(
        catalogue,
        LikeMatrix.from_rows([likes], len(memory)),
        np.zeros(1, dtype=np.int32),
        np.zeros((1, 1), dtype=np.int32),
        np.array([t], dtype=np.float32),
        kind,
    )
    return REASON_KINDS[claims.kind[0, 0]], claims.named[0, 0].tolist(), claims.score_without[0, 0]


def test_two_likes_are_named_where_neither_alone_is_enough(make_catalogue):
    # Sum of relevance 1 + 2 + 3 + 0.5: without 3 it is 3.5, without 3 and 2 it is 1.5.
    found = claims_of_one_item(make_catalogue, [1, 2, 3, 0.5, 0], [0, 1, 2, 3], "sum", t=2)
    assert found == ("likes", [2, 1], 1.5)
    found = claims_of_one_item(make_catalogue, [1, 2, 3, 0.5, 0], [0, 1, 2, 3], "sum", t=4)
    assert found == ("likes", [2, -1], 3.5)


def test_a_score_that_falls_to_t_and_not_below_is_not_there_for_these_likes(make_catalogue):
    kind, _, _ = claims_of_one_item(make_catalogue, [1, 2, 3, 0.5, 0], [0, 1, 2, 3], "sum", t=1.5)
    assert kind == "popularity"  # the fallback has one item only


def test_of_equal_likes_those_of_the_lower_ids_are_named(make_catalogue):
    found = claims_of_one_item(make_catalogue, [1, 1, 1, 0], [0, 1, 2], "sum", t=1.5)
    assert found == ("likes", [0, 1], 1.0)


@pytest.mark.parametrize("n_likes", [2, 3, 7])
def test_equal_likes_do_not_help_an_average(make_catalogue, n_likes):
    memory = [0.3] * (n_likes + 1)
    kind, named, without = claims_of_one_item(
        make_catalogue, memory, list(range(n_likes)), "softmax", t=0.299
    )
    assert (kind, named) == ("popularity", [-1, -1])
    assert np.isnan(without)


@pytest.mark.parametrize("attention", ["softmax", "evidence", "sum"])
def test_without_an_only_like_nothing_is_left(make_catalogue, attention):
    found = claims_of_one_item(make_catalogue, [-0.5, 0], [0], attention, t=-9)
    assert found == ("likes", [0, -1], -np.inf)


def test_nothing_is_below_an_item_that_is_not_there(make_catalogue):
    kind, _, _ = claims_of_one_item(make_catalogue, [0.5, 0], [0], "evidence", t=-np.inf)
    assert kind == "popularity"


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
        popularity="von allen {verb}",
    )
    written = write_sentences(german, kinds, first, second).to_pylist()
    assert written[1] == "weil Sie B und A gekauft haben"
    assert written[2] == "von allen gekauft"
    assert written[5] == "Ihr Geschmack"


def test_a_title_with_braces_is_no_placeholder():
    kinds, first = pa.array(["likes"]), pa.array(["{verb} {first}"], pa.large_string())
    written = write_sentences(SentenceSettings(), kinds, first, pa.nulls(1, pa.large_string()))
    assert written.to_pylist() == ["because you liked {verb} {first}"]


def test_no_rows_have_no_sentences():
    nothing = pa.array([], pa.large_string())
    written = write_sentences(SentenceSettings(), pa.array([], pa.string()), nothing, nothing)
    assert written.to_pylist() == []


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
