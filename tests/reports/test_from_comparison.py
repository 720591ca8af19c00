"""A comparison's content keeps the report's contract, and a page can be made of it."""

import json
import math
from dataclasses import replace

import numpy as np

from mars_model.evaluation.comparison import MAP, Cell, Comparison, Contender, Figure, Outcome
from mars_model.evaluation.measures import ITEM_GROUPS, part_of
from mars_model.reports.contract import ComparisonFile
from mars_model.reports.from_comparison import comparison_content
from mars_model.reports.page import render_report

FACTS = {"n_users": 3, "n_items": 9, "n_likes": 12, "likes": {"min_rating": 4}}


def outcome(name: str, recall: tuple[float, ...], is_baseline: bool = True) -> Outcome:
    cells = []
    for seed, value in enumerate(recall, 1):
        figures = [Figure("test", m, value, 2) for m in ("recall@50", MAP, "coverage@50")]
        figures += [Figure(part_of(group), "recall@50", value, 2) for group in ITEM_GROUPS]
        by_user = {m: np.array([value, value + 0.125, math.nan]) for m in ("recall@50", MAP)}
        cells.append(Cell(seed, tuple(figures), 1.5, None, by_user))
    no_lists = np.zeros((0, 0), dtype=np.int64)
    settings = {"penalty": 200.0, "hidden": [64, 64]}
    reason = None if recall else "needs cmfrec, which cannot be imported"
    contender = Contender(name, settings, lambda seed: no_lists, is_baseline)
    return Outcome(contender, tuple(cells), 4, reason)


def content_of(*outcomes: Outcome) -> dict:
    comparison = Comparison(
        dataset="0123456789ab",
        split_name="paper",
        split={"split": "paper", "seed": 1, "training_share": 0.3},
        protocol=FACTS,
        at=50,
        seeds=(1, 2),
        n_trials=4,
        outcomes=outcomes,
        n_training=np.array([1, 3, 60]),
    )
    content = comparison_content(comparison, "books", "mars-batch evaluate", ["a note"])
    return json.loads(json.dumps(content, allow_nan=False))


def test_means_deviations_and_what_did_not_run_are_there():
    content = content_of(
        outcome("ease", (0.25, 0.5)), outcome("cmf", ()), outcome("mars", (0.5, 0.75), False)
    )
    ease, cmf, mars = content["models"]
    assert (ease["recall@50"], ease["recall@50_by_seed"]) == (0.375, [0.25, 0.5])
    assert ease["coverage@50"] == 0.375 and ease["n_trials"] == 4
    assert cmf["reason"].startswith("needs cmfrec") and "recall@50" not in cmf
    assert mars["is_baseline"] is False
    assert [(t["best"], t["second"]) for t in content["significance"]] == [("mars", "ease")] * 2
    assert {g["by"] for g in content["groups"]} == {"history length", "item popularity"}
    assert content["split"] == {"name": "paper", "seed": 1, "training_share": 0.3}
    page = render_report(ComparisonFile.model_validate(content))
    assert "a note" in page and "needs cmfrec" in page


def test_nothing_that_ran_is_a_report_too():
    content = content_of(outcome("cmf", ()))
    assert "needs cmfrec" in render_report(ComparisonFile.model_validate(content))
    assert content["groups"] == content["significance"] == content["margins"] == []


def test_a_search_that_ended_at_an_edge_stands_in_the_notes():
    als = replace(outcome("als", (0.25, 0.5)), at_edge=("penalty 10 (searched from 0.03 to 10)",))
    content = content_of(outcome("ease", (0.25, 0.5)), als)
    assert content["notes"][0] == "a note" and len(content["notes"]) == 2
    warning = content["notes"][1]
    assert warning.startswith("als: ") and "penalty 10 (searched from 0.03 to 10)" in warning
    assert warning in render_report(ComparisonFile.model_validate(content))
