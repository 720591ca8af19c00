"""The tables: what stands in which cell, and which cells are marked."""

from mars_model.comparing.profiles import PAPERS_BASELINES
from mars_model.evaluation.paper_figures import table_1
from mars_model.reports.contract import ComparisonFile
from mars_model.reports.tables import (
    curve_tables,
    figures_table,
    group_table,
    lists_table,
    paper_table,
)
from tests.reports.comparisons import full, minimal, model

COMPARISON = ComparisonFile.model_validate(full())


def test_models_stand_by_their_main_metric_and_the_best_of_each_metric_is_marked() -> None:
    table = figures_table(COMPARISON)
    assert table.columns == ("model", "recall@50", "MAP@500", "seconds")
    assert table.rows == (
        ("mars-plus", "0.3000\u00a0± 0.0100", "0.1200", "61.2"),
        ("ease", "0.2500\u00a0± 0.0000", "0.1300", "–"),
        ("cdl (not run)", "–", "–", "–"),
    )
    assert table.best == {(0, 1), (1, 2)}


def test_what_lists_are_like_stands_apart_and_unmarked() -> None:
    table = lists_table(COMPARISON)
    assert table is not None
    assert table.rows == (("mars-plus", "0.4000"), ("ease", "0.2000"))
    assert table.best == frozenset()
    assert lists_table(minimal(model("a", 0.2))) is None


def test_groups_mark_the_best_of_each_row() -> None:
    table = group_table(COMPARISON, "history length")
    assert table.columns == ("part", "metric", "users", "mars-plus", "ease")
    assert table.rows == (
        ("5 to 9 likes", "recall@50", "300", "0.2000", "0.2100"),
        ("10 likes and more", "recall@50", "300", "0.3500", "–"),
    )
    assert table.best == {(0, 4), (1, 3)}


def test_curves_have_the_papers_lines_beside_ours() -> None:
    (table,) = curve_tables(COMPARISON, "Figure 4")
    assert table.bands == (("", 1), ("measured here", 1), ("the paper's", 1))
    assert table.rows == (
        ("5", "0.1000", "0.2500"),
        ("50", "0.2000\u00a0± 0.0100", "0.3200"),
        ("100", "0.1900", "–"),
    )


def test_the_papers_rows_find_our_models_whatever_the_spelling() -> None:
    table = paper_table(COMPARISON)
    assert table is not None
    assert [name for name, _ in table.bands][2] == "the paper's, on Yahoo! Movies"
    assert table.rows == (("MARS-Plus", "0.3000", "0.3230"), ("BPR", "–", "0.1756"))


def test_every_model_of_the_papers_table_finds_the_one_measured_here() -> None:
    measured = [model(name, 0.1) for name in (*PAPERS_BASELINES, "mars")]
    table = paper_table(minimal(*measured, paper_table=table_1()))
    assert table is not None
    assert [row[1] for row in table.rows] == ["0.1000"] * 8
