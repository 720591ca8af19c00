"""Neighbour lists: made once, kept beside the bundles, and true of every night's catalogue."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from mars_model.bundle.registry import Bundle, Registry
from mars_model.night.make_lists import current_lists
from mars_model.night.run_night import run_night
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists
from tests.conftest import RUN_DATE, Night, small_settings
from tests.night.conftest import by_user, copy_night, rows_of

LENGTH, N_ITEMS, SIZE = 16, 60, 6  # one item in 60 is less than 2 %, two are more
LIKED = [3, 10, 20, 59]
COLUMNS = ("user_id", "rank", "item_id", "score", "source", "because")


@dataclass
class Shelf:
    """Items with their vectors, who of them is liked, and a folder of models for their lists."""

    spark: object
    bundle: Bundle
    item_ids: np.ndarray
    memory: np.ndarray
    candidates: np.ndarray
    bias: np.ndarray
    liked: list[int]

    @property
    def everything(self) -> Catalogue:
        n_likes = np.zeros(len(self.item_ids), dtype=np.int64)
        n_likes[self.liked] = 1
        whole = Catalogue.of_vectors(self.candidates, self.memory, self.bias)
        return replace(whole, item_ids=self.item_ids, n_likes=n_likes)

    def lists(self, candidate_idx: list[int] | None = None) -> tuple[NeighbourLists, int]:
        """A night's lists, held against the plain loop, and how many were made for it."""
        everything = self.everything
        catalogue = everything
        if candidate_idx is not None:
            catalogue = everything.with_candidates(np.array(candidate_idx))
        lists, n_made = current_lists(self.spark, self.bundle, everything, catalogue, LENGTH)
        self._assert_true(lists, catalogue)
        return lists, n_made

    def _assert_true(self, lists: NeighbourLists, catalogue: Catalogue) -> None:
        """Of every liked item: values as listed, and no candidate above the floor left out."""
        for item in self.liked:
            row = lists.row_of_item[item]
            assert row >= 0
            relevance = catalogue.candidates.astype(float) @ self.memory[item].astype(float)
            value = relevance + catalogue.item_bias
            is_place = lists.neighbours[row] >= 0
            listed = lists.neighbours[row][is_place]
            assert lists.values[row][is_place] == pytest.approx(value[listed], abs=1e-6)
            assert len(set(listed.tolist())) == len(listed)
            assert not set(listed.tolist()) & set(lists.uncovered.tolist())
            rest = np.delete(np.arange(len(value)), [*listed, *lists.uncovered])
            assert value[rest].max(initial=-np.inf) <= lists.floors[row] + 1e-6
            covered = np.delete(relevance, lists.uncovered)
            assert lists.lowest[row] <= covered.min() + 1e-6
            assert lists.highest[row] >= covered.max() - 1e-6

    def change(self, item: int, seed: int) -> None:
        """Other vectors of an item, large ones: it stands in nobody's old place."""
        rng = np.random.default_rng(seed)
        self.memory[item], self.candidates[item] = 3 * np.tanh(rng.normal(size=(2, SIZE)))

    @property
    def kept(self) -> Path:
        return self.bundle.folder.parent / ".lists"


@pytest.fixture
def shelf(spark, night, tmp_path, tanh_vectors) -> Shelf:
    bundle = night.registry.promoted()
    shutil.copytree(bundle.folder, tmp_path / "models" / bundle.model_version)
    return Shelf(
        spark,
        Registry(tmp_path / "models").open(bundle.model_version),
        np.arange(N_ITEMS) * 2,
        tanh_vectors(1, N_ITEMS, SIZE),
        tanh_vectors(2, N_ITEMS, SIZE),
        tanh_vectors(3, N_ITEMS, 1)[:, 0].copy(),
        list(LIKED),
    )


def assert_equal(found: NeighbourLists, expected: NeighbourLists) -> None:
    for item in LIKED:
        rows = found.row_of_item[item], expected.row_of_item[item]
        for name in ("neighbours", "values", "floors", "lowest", "highest"):
            ours, theirs = getattr(found, name)[rows[0]], getattr(expected, name)[rows[1]]
            assert ours.tobytes() == theirs.tobytes(), name


def test_a_first_night_makes_a_list_for_every_liked_item_and_a_second_maps_them(shelf):
    first, n_made = shelf.lists()
    assert n_made == len(LIKED)
    assert np.flatnonzero(first.row_of_item >= 0).tolist() == LIKED
    assert first.neighbours.shape == (len(LIKED), LENGTH) and len(first.uncovered) == 0
    second, n_made = shelf.lists()
    assert n_made == 0
    assert isinstance(second.neighbours, np.memmap) and isinstance(second.values, np.memmap)
    assert_equal(second, first)


def test_lists_of_newly_liked_items_are_made_and_the_others_stay(shelf):
    first, _ = shelf.lists()
    shelf.liked += [0, 31]
    second, n_made = shelf.lists()
    assert n_made == 2
    assert_equal(second, first)
    shelf.liked = [0]  # what is liked no more keeps its list
    assert shelf.lists()[1] == 0
    shelf.liked = [0, *LIKED]
    assert shelf.lists()[1] == 0


def test_an_item_with_other_vectors_is_scored_beside_the_lists(shelf):
    shelf.lists()
    shelf.change(30, seed=7)
    lists, n_made = shelf.lists()
    assert (n_made, lists.uncovered.tolist()) == (0, [30])
    assert not (lists.neighbours == 30).any()


def test_a_liked_item_with_other_vectors_gets_a_list_of_its_own(shelf):
    shelf.lists()
    shelf.change(20, seed=7)
    lists, n_made = shelf.lists()
    assert (n_made, lists.uncovered.tolist()) == (1, [20])


def test_a_new_item_is_scored_beside_the_lists_and_the_others_keep_their_places(
    shelf, tanh_vectors
):
    shelf.lists()
    shelf.item_ids = np.insert(shelf.item_ids, 15, 29)
    shelf.memory = np.insert(shelf.memory, 15, tanh_vectors(4, 1, SIZE), axis=0)
    shelf.candidates = np.insert(shelf.candidates, 15, 3 * tanh_vectors(5, 1, SIZE), axis=0)
    shelf.bias = np.insert(shelf.bias, 15, 0.5).astype(np.float32)
    shelf.liked = [3, 10, 21, 60]
    lists, n_made = shelf.lists()
    assert (n_made, lists.uncovered.tolist()) == (0, [15])
    shelf.liked.append(15)
    lists, n_made = shelf.lists()
    assert (n_made, lists.uncovered.tolist()) == (1, [15])


def test_an_item_that_is_gone_leaves_its_places_empty(shelf):
    first, _ = shelf.lists()
    gone = int(first.neighbours[first.row_of_item[3], 0])
    kept = np.delete(np.arange(N_ITEMS), gone)
    shelf.item_ids, shelf.memory = shelf.item_ids[kept], shelf.memory[kept]
    shelf.candidates, shelf.bias = shelf.candidates[kept], shelf.bias[kept]
    shelf.liked = [item - (item > gone) for item in LIKED if item != gone]
    lists, n_made = shelf.lists()
    assert n_made == 0
    assert lists.neighbours[lists.row_of_item[shelf.liked[0]], 0] == -1


def test_above_two_percent_of_changed_items_all_lists_are_made_anew(shelf):
    shelf.lists()
    for item in (30, 31):
        shelf.change(item, seed=item)
    lists, n_made = shelf.lists()
    assert (n_made, len(lists.uncovered)) == (len(LIKED), 0)


def test_an_item_that_changes_back_is_not_taken_for_one_that_never_changed(shelf):
    shelf.lists()
    as_it_was = shelf.memory[30].copy(), shelf.candidates[30].copy()
    shelf.change(30, seed=7)
    shelf.liked.append(0)
    assert shelf.lists()[1] == 1  # made of the changed item
    shelf.memory[30], shelf.candidates[30] = as_it_was
    shelf.lists()


def test_lists_speak_of_a_nights_candidates_and_outlive_them(shelf):
    even = list(range(0, N_ITEMS, 2))
    lists, n_made = shelf.lists(even)
    assert n_made == len(LIKED)
    assert lists.neighbours.max() < len(even)
    shelf.change(30, seed=7)
    lists, n_made = shelf.lists(even)
    assert (n_made, lists.uncovered.tolist()) == (0, [15])  # the 16th candidate
    odd = list(range(1, N_ITEMS, 2))
    lists, n_made = shelf.lists(odd)
    assert (n_made, lists.uncovered.tolist()) == (0, [])


@pytest.mark.parametrize("harm", ["removed", "cut off"])
def test_lists_that_were_removed_or_broken_are_made_again(shelf, harm):
    first, _ = shelf.lists()
    first = replace(first, **{n: np.array(v) for n, v in vars(first).items()})
    if harm == "removed":
        shutil.rmtree(shelf.kept)
    else:
        (values,) = shelf.kept.glob("*/values.npy")
        values.write_bytes(values.read_bytes()[:-4])
    second, n_made = shelf.lists()
    assert n_made == len(LIKED)
    assert_equal(second, first)
    assert shelf.lists()[1] == 0


def test_a_folder_that_takes_no_files_costs_the_making_every_night_and_nothing_else(shelf):
    shelf.kept.write_text("in the way")
    first, n_made = shelf.lists()
    second, again = shelf.lists()
    assert n_made == again == len(LIKED)
    assert_equal(second, first)


def test_nothing_liked_makes_no_list(shelf):
    shelf.liked = []
    lists, n_made = shelf.lists()
    assert n_made == 0 and (lists.row_of_item == -1).all()


@pytest.fixture(scope="module")
def through_lists(night, tmp_path_factory) -> Night:
    """The night again, through lists, in a copy of its own."""
    copied = copy_night(night, tmp_path_factory.mktemp("lists") / "wh")
    settings = small_settings("scoring.path=lists", f"scoring.list_length={LENGTH}")
    parts = (copied.warehouse, copied.registry, settings, RUN_DATE)
    return replace(copied, settings=settings, run=run_night(*parts, lambda _: None, False))


@pytest.mark.night
def test_a_night_through_lists_publishes_the_rows_of_a_night_in_full_blocks(through_lists, night):
    counts = through_lists.run.counts
    assert counts["users_by_path_lists"] + counts["users_by_path_full"] == counts["users_by_mars"]
    assert counts["users_by_path_lists"] > 0
    histories = rows_of(night.warehouse, "user_histories")
    assert counts["lists_made"] == len({item for row in histories for item in row["item_ids"]})
    assert "users_by_path_lists" not in night.run.counts
    found, expected = (
        by_user(rows_of(one.warehouse, "recommendations")) for one in (through_lists, night)
    )
    assert [[r[c] for c in COLUMNS] for r in found] == [[r[c] for c in COLUMNS] for r in expected]
