"""Positions of ids, popularity, and the fallback's list."""

import numpy as np
import pytest

from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.popular import popular_list, sort_popular


@pytest.fixture
def of_ids(make_catalogue):
    def build(item_ids) -> Catalogue:
        vectors = np.zeros((len(item_ids), 2), dtype=np.float32)
        return make_catalogue(vectors, vectors, item_ids=item_ids)

    return build


def test_positions_of_integers(of_ids):
    found = of_ids([-5, 0, 7, 2**40]).positions(np.array([7, -5, 2**40, 7]))
    assert found.tolist() == [2, 0, 3, 2]


def test_unknown_ids_have_no_position(of_ids):
    found = of_ids([10, 20, 30]).positions(np.array([5, 15, 25, 35, 30]))
    assert found.tolist() == [-1, -1, -1, -1, 2]


def test_positions_of_strings_are_not_fooled_by_longer_ids(of_ids):
    catalogue = of_ids(["B0001", "B0002", "ab"])
    assert catalogue.item_ids.dtype == np.dtype("<U5")
    found = catalogue.positions(np.array(["B00011", "B0002", "", "ab", "abc", "a"]))
    assert found.tolist() == [-1, 1, -1, 2, -1, -1]


def test_nothing_asked_or_nothing_held_gives_no_position(of_ids):
    assert of_ids([1, 2]).positions(np.array([], dtype=np.int64)).tolist() == []
    nothing = of_ids(np.array([], dtype=np.int64))
    assert nothing.positions(np.array([1, 2])).tolist() == [-1, -1]


def test_candidate_of_item_is_the_inverse_of_candidate_idx(make_catalogue):
    vectors = np.zeros((5, 2), dtype=np.float32)
    catalogue = make_catalogue(vectors, vectors, candidate_idx=[1, 4])
    assert catalogue.candidate_of_item().tolist() == [-1, 0, -1, -1, 1]


def test_popular_candidates_come_by_likes_then_by_item_id():
    n_likes = np.array([4, 9, 4, 0, 9, 100])
    assert sort_popular(np.array([0, 1, 2, 3, 4]), n_likes).tolist() == [1, 4, 0, 2, 3]


def test_the_fallback_leaves_out_what_the_user_liked(make_catalogue):
    vectors = np.zeros((6, 2), dtype=np.float32)
    catalogue = make_catalogue(
        vectors, vectors, candidate_idx=[0, 1, 2, 4, 5], n_likes=[1, 9, 4, 99, 7, 4]
    )
    nothing = np.array([], dtype=np.int32)
    assert popular_list(catalogue, nothing, 3).tolist() == [1, 4, 2]
    assert popular_list(catalogue, np.array([1, 3, 4], dtype=np.int32), 3).tolist() == [2, 5, 0]
    assert popular_list(catalogue, np.array([0, 1, 2, 4], dtype=np.int32), 3).tolist() == [5]
    assert popular_list(catalogue, np.arange(6, dtype=np.int32), 3).tolist() == []


def test_the_fallback_keeps_to_the_segment_however_far_down_its_items_stand(make_catalogue):
    # Position 19 - p is the p-th most liked; the candidates leave out item 3.
    vectors = np.zeros((20, 2), dtype=np.float32)
    chosen = [item for item in range(20) if item != 3]
    of_segments = [[True] * 19, [item in (0, 2, 18) for item in chosen], [False] * 19]
    catalogue = make_catalogue(
        vectors, vectors, candidate_idx=chosen, n_likes=range(20), allowed=of_segments
    )
    liked = np.array([18, 19], dtype=np.int32)
    assert popular_list(catalogue, liked, 2, segment=0).tolist() == [17, 16]
    assert popular_list(catalogue, liked, 2, segment=1).tolist() == [2, 0]
    assert popular_list(catalogue, liked, 1, segment=1).tolist() == [2]
    assert popular_list(catalogue, liked[1:], 4, segment=1).tolist() == [18, 2, 0]
    assert popular_list(catalogue, liked, 2, segment=2).tolist() == []


def test_vectors_alone_may_be_recommended_to_everybody():
    vectors, bias = np.zeros((3, 2), dtype=np.float32), np.zeros(3, dtype=np.float32)
    assert Catalogue.of_vectors(vectors, vectors, bias).allowed.tolist() == [[True, True, True]]
