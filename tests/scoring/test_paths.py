"""Full blocks, certified lists and plain float64 give the same lists, bit for bit."""

from dataclasses import replace

import numpy as np
import pytest

from mars_model.features.likes import LikeMatrix
from mars_model.scoring.certified_lists import top_n_by_lists
from mars_model.scoring.kept_lists import KeptLists, marks
from mars_model.scoring.paths import serve
from mars_model.scoring.reasons import explain
from mars_model.scoring.top_n import top_n_in_full, top_n_plainly
from tests.scoring.plain import list_by_loop, lists_by_sorting, no_segments, reasons_by_loop

N_ITEMS = 150  # full blocks of candidates and one that is not
BOTH_KINDS = pytest.mark.parametrize("kind", ["softmax", "evidence"])


@pytest.fixture
def world(make_catalogue):
    """Vectors of a size and scale, with twins, and a strong or a weak bias."""

    def make(seed, size, scale=1.0, bias=0.0, n_items=N_ITEMS, **given):
        rng = np.random.default_rng(seed)
        memory, vectors = np.tanh(rng.normal(size=(2, n_items, size)) * scale).astype(np.float32)
        item_bias = (bias * rng.normal(size=n_items)).astype(np.float32)
        twins = rng.choice(n_items, 12, replace=False)
        vectors[twins[6:]], item_bias[twins[6:]] = vectors[twins[:6]], item_bias[twins[:6]]
        memory[twins[3:6]] = memory[twins[:3]]
        return make_catalogue(memory, vectors, item_bias=item_bias, **given)

    return make


def some_histories(seed: int, n_items: int = N_ITEMS) -> list[list[int]]:
    """One slot, ordinary ones, most of the catalogue, and all of it."""
    rng = np.random.default_rng(seed)
    lengths = [1, 1, 2, 3, 8, 20, n_items - 5, n_items]
    return [sorted(rng.choice(n_items, n, replace=False).tolist()) for n in lengths]


def assert_all_paths_agree(
    attention, catalogue, histories, n, length, segments=None, kind="softmax"
):
    likes = LikeMatrix.from_rows(histories, len(catalogue.item_ids))
    segments = no_segments(likes) if segments is None else np.array(segments, dtype=np.int32)
    expected = [
        list_by_loop(catalogue, history, n, segment, kind)
        for history, segment in zip(histories, segments.tolist(), strict=True)
    ]
    in_full = top_n_in_full(attention, catalogue, likes, segments, n, kind)
    plainly = top_n_plainly(catalogue, likes, segments, n, kind)
    assert in_full[1].tolist() == plainly[1].tolist() == [positions for positions, _ in expected]
    assert in_full[0].tobytes() == plainly[0].tobytes()
    assert not np.isnan(in_full[0]).any()
    np.testing.assert_allclose(in_full[0], [scores for _, scores in expected], rtol=1e-6, atol=1e-5)
    lists = lists_by_sorting(catalogue, length) if kind != "sum" else None
    served = serve(attention, lists, catalogue, likes, segments, n, kind)
    assert served.positions.tolist() == in_full[1].tolist()
    assert served.scores.tobytes() == in_full[0].tobytes()
    if lists is not None:
        found = top_n_by_lists(lists, catalogue, likes, segments, n, kind)
        proved = found.is_proved
        assert found.positions[proved].tolist() == in_full[1][proved].tolist()
        assert found.scores[proved].tobytes() == in_full[0][proved].tobytes()
    return served


@BOTH_KINDS
@pytest.mark.parametrize("bias", [0.0, 2.0], ids=["no bias", "strong bias"])
@pytest.mark.parametrize(
    ("size", "scale"), [(1, 1.0), (6, 0.3), (50, 0.3), (50, 1.0), (100, 50.0), (300, 50.0)]
)
def test_all_paths_give_the_lists_of_a_plain_loop(attention_of, world, size, scale, bias, kind):
    # Vectors of scale 50 are all but ±1: relevance reaches 300, and float32 ends at exp(88).
    catalogue = world(size, size, scale, bias)
    attention, histories = attention_of(size, kind), some_histories(3)
    assert_all_paths_agree(attention, catalogue, histories, 5, length=32, kind=kind)


@pytest.mark.parametrize("n_changed", [1, 7, 25])
@pytest.mark.parametrize("n_candidates", [N_ITEMS, 110])
def test_items_that_the_lists_do_not_speak_for_are_scored_beside_them(
    attention_of, world, n_changed, n_candidates
):
    now = world(11, 6, bias=0.5)
    rng = np.random.default_rng(n_changed)
    changed = np.sort(rng.choice(N_ITEMS, n_changed, replace=False))
    memory, candidates, item_bias = now.memory.copy(), now.candidates.copy(), now.item_bias.copy()
    memory[changed], candidates[changed] = rng.uniform(-1, 1, (2, n_changed, 6))
    item_bias[changed] += 3.0  # what stands in the lists would win everywhere
    then = replace(now, memory=memory, candidates=candidates, item_bias=item_bias)
    night = now.with_candidates(np.sort(rng.choice(N_ITEMS, n_candidates, replace=False)))
    of_then = lists_by_sorting(then, 64)
    kept = KeptLists(
        item_ids=then.item_ids,
        candidate_marks=marks(then.candidates, then.item_bias),
        owners=np.arange(N_ITEMS),
        owner_marks=marks(then.memory),
        neighbours=of_then.neighbours,
        values=of_then.values,
        floors=of_then.floors,
        lowest=of_then.lowest,
        highest=of_then.highest,
    )
    assert kept.changed(marks(now.candidates, now.item_bias)).tolist() == changed.tolist()
    lists = kept.among(night, marks(now.memory), changed)

    untouched = np.setdiff1d(np.arange(N_ITEMS), changed)
    histories = [np.sort(rng.choice(untouched, n, replace=False)) for n in (1, 2, 3, 8, 20)]
    histories += [*histories[:2], np.sort(changed[:1])]
    likes = LikeMatrix.from_rows(histories, N_ITEMS)
    for n in (1, 5, 20):
        in_full = top_n_in_full(attention_of(6), night, likes, no_segments(likes), n, "softmax")
        served = serve(attention_of(6), lists, night, likes, no_segments(likes), n, "softmax")
        assert served.positions.tolist() == in_full[1].tolist()
        assert served.scores.tobytes() == in_full[0].tobytes()
        assert served.counts["users_by_path_lists"] > 0
        assert served.counts["users_by_path_full"] >= 1  # who likes an item with other vectors


@BOTH_KINDS
@pytest.mark.parametrize("n", [1, 5, 10, 150, 200])
def test_lists_of_any_length_agree(attention_of, world, n, kind):
    catalogue, histories = world(5, 6, bias=0.5), some_histories(4)
    assert_all_paths_agree(attention_of(6, kind), catalogue, histories, n, length=64, kind=kind)


def test_attention_of_a_sum_agrees(attention_of, world):
    catalogue = world(6, 6, bias=0.5)
    histories = some_histories(5)
    assert_all_paths_agree(attention_of(6, "sum"), catalogue, histories, 5, 32, kind="sum")


def test_segments_agree_where_they_are_large_small_and_empty(attention_of, world):
    large = np.arange(N_ITEMS) % 2 == 0
    small = np.arange(N_ITEMS) % 30 == 7
    allowed = [np.ones(N_ITEMS, bool), large, small, np.zeros(N_ITEMS, bool)]
    catalogue = world(7, 6, bias=0.5, allowed=allowed)
    segments = [1, 2, 3, 0, 1, 2, 1, 3]
    served = assert_all_paths_agree(attention_of(6), catalogue, some_histories(6), 5, 150, segments)
    by_path = {path: served.counts[f"users_by_path_{path}"] for path in ("few_candidates", "lists")}
    assert by_path["few_candidates"] == 4  # users of segments 2 and 3
    assert by_path["lists"] > 0


def test_items_that_are_no_candidates_are_slots_and_never_listed(attention_of, world):
    catalogue = world(8, 6, bias=0.5)
    lists = lists_by_sorting(catalogue, 64)
    chosen = np.flatnonzero(np.arange(N_ITEMS) % 3 > 0)
    some = catalogue.with_candidates(chosen)
    place = some.candidate_of_item()
    # The lists were made over all items: entries that are no candidates now are -1.
    lists = replace(lists, neighbours=place[lists.neighbours].astype(np.int32))
    histories = some_histories(7)
    likes = LikeMatrix.from_rows(histories, N_ITEMS)
    served = serve(attention_of(6), lists, some, likes, no_segments(likes), 5, "softmax")
    expected = [list_by_loop(some, history, 5)[0] for history in histories]
    assert served.positions.tolist() == expected
    assert served.counts["users_by_path_lists"] > 0


@BOTH_KINDS
@pytest.mark.parametrize("n_slots", [256, 257, 512, 1300])
def test_long_histories_agree(attention_of, world, n_slots, kind):
    n_items = 1400
    catalogue = world(9, 20, scale=0.5, bias=0.5, n_items=n_items)
    history = np.random.default_rng(n_slots).choice(n_items, n_slots, replace=False)
    histories = [sorted(history.tolist()), [3]]
    assert_all_paths_agree(attention_of(20, kind), catalogue, histories, 10, length=64, kind=kind)


@BOTH_KINDS
def test_candidates_that_are_all_alike_come_by_position(
    attention_of, make_catalogue, tanh_vectors, kind
):
    # No bound of an error can tell them apart: in the end all of them are scored in float64.
    catalogue = make_catalogue(tanh_vectors(1, 130, 6), np.repeat(tanh_vectors(2, 1, 6), 130, 0))
    histories = [[0], [3, 7, 20], [1, 2]]
    attention = attention_of(6, kind)
    served = assert_all_paths_agree(attention, catalogue, histories, 4, 16, kind=kind)
    assert served.positions.tolist() == [[1, 2, 3, 4], [0, 1, 2, 4], [0, 3, 4, 5]]


def test_scores_closer_than_float32_can_tell_come_by_position(attention_of, make_catalogue):
    # In float64 each is better than the one before by 2^-40; in float32 all are 1.
    memory = np.array([[1.0, 2.0**-20]] * 70, dtype=np.float32)
    vectors = np.array([[1.0, n * 2.0**-20] for n in range(70)], dtype=np.float32)
    served = assert_all_paths_agree(attention_of(2), make_catalogue(memory, vectors), [[5]], 4, 70)
    assert served.positions.tolist() == [[0, 1, 2, 3]]
    assert served.scores.tolist() == [[1.0] * 4]


@BOTH_KINDS
def test_weights_that_vanish_in_float32_are_settled_in_float64(attention_of, make_catalogue, kind):
    # One item's slot has relevance 300 to itself, so exp is shifted by 220; the user's own
    # slots have -300 and -298, whose weights exp(-520) float32 does not hold.
    memory = np.ones((80, 300), dtype=np.float32)
    memory[1:] = -1
    memory[2:, 0] = 0
    vectors = np.ones((80, 300), dtype=np.float32)
    vectors[40:, 1] = 0.5
    catalogue = make_catalogue(memory, vectors)
    histories = [[1, 2], [0], [0, 1, 2]]
    assert_all_paths_agree(attention_of(300, kind), catalogue, histories, 4, 80, kind=kind)


@BOTH_KINDS
@pytest.mark.parametrize(("size", "scale"), [(6, 1.0), (50, 1.0), (300, 50.0)])
def test_reasons_are_those_of_a_plain_loop(world, size, scale, kind):
    catalogue = world(11, size, scale, bias=0.5)
    histories = [h for h in some_histories(8) if len(h) < N_ITEMS]
    likes = LikeMatrix.from_rows(histories, N_ITEMS)
    _, positions = top_n_plainly(catalogue, likes, no_segments(likes), 4, kind)
    reasons = explain(catalogue, likes, positions, 3, kind)
    for user, history in enumerate(histories):
        for place, position in enumerate(positions[user].tolist()):
            expected = reasons_by_loop(catalogue, history, position, 3, kind)
            slots = reasons.slots[user, place]
            assert slots.tolist() == [r.slot for r in expected] + [-1] * (3 - len(expected))
            found = np.stack(
                [reasons.attention, reasons.contribution, reasons.score_without], axis=-1
            )[user, place, : len(expected)]
            plain = [(r.attention, r.contribution, r.score_without) for r in expected]
            np.testing.assert_allclose(found, plain, rtol=1e-5, atol=1e-5)
