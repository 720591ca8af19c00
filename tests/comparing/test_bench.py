"""What a comparison fits, counted: what is known already is not fitted again."""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mars_model.comparing.bench import Bench, Judge
from mars_model.comparing.cells import KeptCells
from mars_model.comparing.compared_data import read_evaluation_data
from mars_model.comparing.families import Family
from mars_model.evaluation.comparison import TEST, VALIDATION, Cell, Contender
from mars_model.evaluation.search_space import Choice
from mars_model.evaluation.splits.choose_split import split_of
from mars_model.tables.warehouse import Warehouse
from tests.comparing.test_compared_data import INTERACTIONS, bring
from tests.conftest import RUN_DATE, small_settings

# Users 3 and 7 (test_compared_data): their last likes are items 1 and 0, those before 3 and 1.
BEST = np.array([[2, 1, 0], [1, 0, 3]])
WORST = np.array([[0, 2, 1], [3, 0, 1]])


def a_bench(warehouse: Warehouse) -> Bench:
    data = read_evaluation_data(warehouse, small_settings(), RUN_DATE, has_text_only=False)
    split = partial(split_of, "leave-last-out", data.timed)
    kept = KeptCells.open(warehouse, data.fingerprint, split(1).name, data.protocol)
    return Bench(kept, Judge(50, split, None), data, 1, lambda line: None)


def a_family(fitted: list[tuple[str, int]]) -> Family:
    """A model with one setting, of which "good" ranks best; `fitted` gets a line for each fit."""

    def contender(values: dict[str, str]) -> Contender:
        def rank(seed: int) -> NDArray[np.int64]:
            fitted.append((values["taste"], seed))
            return BEST if values["taste"] == "good" else WORST

        return Contender("model", dict(values), rank)

    return Family("model", {"taste": Choice(("bad", "good"))}, {"taste": "bad"}, contender)


def test_the_best_trials_lists_are_tested_without_a_second_fit(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    bring(warehouse, tmp_path, INTERACTIONS)
    fitted: list[tuple[str, int]] = []
    bench, family = a_bench(warehouse), a_family(fitted)
    values, n_trials = bench.tune(family, 8)
    assert (values, n_trials) == ({"taste": "good"}, 8)
    assert sorted(fitted) == [("bad", 1), ("good", 1)]
    outcome = bench.run(family.contender(values), (1, 2), 8)
    assert fitted[2:] == [("good", 2)]
    # Of user 7 the like before the last, b, stands first, and the last, a, second.
    assert [cell.value(TEST, "recall@50") for cell in outcome.cells] == [1.0, 1.0]
    assert outcome.cells[0].value(VALIDATION, "map@500") > 0


def test_a_start_anew_finds_every_cell_and_fits_nothing(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    bring(warehouse, tmp_path, INTERACTIONS)
    first: list[tuple[str, int]] = []
    again: list[tuple[str, int]] = []
    outcomes = []
    for fitted in (first, again):
        bench, family = a_bench(warehouse), a_family(fitted)
        values, n_trials = bench.tune(family, 8)
        outcomes.append(bench.run(family.contender(values), (1, 2), n_trials))
    assert len(first) == 3 and again == []
    assert set(outcomes[1].cells[1].figures) == set(outcomes[0].cells[1].figures)


def test_a_cell_of_other_users_is_computed_again(warehouse: Warehouse, tmp_path: Path) -> None:
    bring(warehouse, tmp_path, INTERACTIONS)
    fitted: list[tuple[str, int]] = []
    contender = a_family(fitted).contender({"taste": "good"})
    bench = a_bench(warehouse)
    found = bench.run(contender, (1,), 1).cells[0]
    of_one_user = {metric: values[:1] for metric, values in found.by_user.items()}
    kept = Cell(1, found.figures, found.seconds, found.peak_mb, of_one_user)
    bench.kept.keep(contender, kept, bench.split_of(1).record)
    again = a_bench(warehouse).run(contender, (1,), 1).cells[0]
    assert fitted == [("good", 1), ("good", 1)]
    assert [len(values) for values in again.by_user.values()] == [2, 2]
