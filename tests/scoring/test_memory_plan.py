"""The memory plan: less memory, smaller blocks and shorter lists, and an error where none fits."""

import numpy as np
import pyarrow as pa
import pytest

from mars_model.errors import SettingsError
from mars_model.night.spread import Work
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.scoring.memory_plan import plan_memory
from mars_model.scoring.sentences import Titles
from mars_model.settings import ScoringSettings

WORK = Work(n_users=1_000_000, n_likes=30_000_000, longest=2_000)
NAMED = Titles.of(pa.array(["Salt", "Orbit"]), pa.array([1, 2]))


def lists_of(n_lists: int, length: int) -> NeighbourLists:
    values = -np.sort(-np.random.default_rng(1).random((n_lists, length)), axis=1)
    ones = np.ones(n_lists, dtype=np.float32)
    return NeighbourLists(
        np.arange(n_lists, dtype=np.int32),
        np.zeros((n_lists, length), dtype=np.int32),
        values.astype(np.float32),
        values[:, -1].astype(np.float32) - 0.5,
        -ones,
        ones,
        np.zeros(0, dtype=np.int32),
    )


def test_less_memory_means_fewer_users_at_a_time(make_catalogue, tanh_vectors):
    catalogue = make_catalogue(tanh_vectors(1, 100, 8), tanh_vectors(2, 100, 8))
    sizes = [
        plan_memory(ScoringSettings(max_memory_mb=mb), catalogue, NAMED, None, WORK).users_per_block
        for mb in (512, 600, 1024)
    ]
    assert sizes == sorted(sizes) and sizes[0] < sizes[2]


def test_titles_take_memory_and_longer_ones_make_longer_rows(make_catalogue, tanh_vectors):
    catalogue = make_catalogue(tanh_vectors(1, 100, 8), tanh_vectors(2, 100, 8))
    settings = ScoringSettings(max_memory_mb=512)
    ids = pa.array(range(100_000))
    short, long = (Titles.of(pa.array([c * n] * 100_000), ids) for c, n in (("a", 1), ("b", 900)))
    plans = [plan_memory(settings, catalogue, names, None, WORK) for names in (short, long)]
    assert plans[1].users_per_block < plans[0].users_per_block
    longest = Titles.of(pa.array(["c" * 2_000] * 100_000), ids)  # 200 MB
    with pytest.raises(SettingsError, match="max_memory_mb is 512"):
        plan_memory(settings, catalogue, longest, None, WORK)


def test_lists_that_do_not_fit_are_cut_and_say_so_in_their_floors(make_catalogue, tanh_vectors):
    catalogue = make_catalogue(tanh_vectors(1, 100, 8), tanh_vectors(2, 100, 8))
    lists = lists_of(50_000, 512)  # 205 MB
    plan = plan_memory(ScoringSettings(max_memory_mb=512), catalogue, NAMED, lists, WORK)
    kept = plan.lists.values.shape[1]
    assert 32 <= kept < 512
    assert plan.lists.values.tolist()[7] == lists.values[7, :kept].tolist()
    assert plan.lists.floors[7] == lists.values[7, kept] > lists.floors[7]
    whole = plan_memory(ScoringSettings(max_memory_mb=2048), catalogue, NAMED, lists, WORK)
    assert whole.lists is lists


def test_a_limit_too_small_for_one_user_is_an_error_that_says_how_much_is_needed(
    make_catalogue, tanh_vectors
):
    catalogue = make_catalogue(tanh_vectors(1, 100_000, 8), tanh_vectors(2, 100_000, 8))
    work = Work(n_users=10, n_likes=10_000_000, longest=100_000)
    settings = ScoringSettings(max_memory_mb=512, top_n=1000, n_reasons=1000)
    with pytest.raises(SettingsError, match=r"max_memory_mb is 512.*need .* MB"):
        plan_memory(settings, catalogue, NAMED, None, work)
