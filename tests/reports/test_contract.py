"""What a comparison's JSON may hold, and how the file that breaks it is named."""

import json
from pathlib import Path

import pytest

from mars_model.errors import InputDataError
from mars_model.reports.contract import ComparisonFile
from mars_model.reports.read_comparison import read_comparison
from tests.reports.comparisons import full, minimal, model


def write(path: Path, content: object) -> Path:
    """A JSON file."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_models_with_figures_are_enough(tmp_path: Path) -> None:
    content = {"models": [{"model": "ease", "recall@50": 0.25, "map@500": 0.13}]}
    row = read_comparison(write(tmp_path / "c.json", content)).models[0]
    assert row.metrics == ["recall@50", "map@500"]
    assert (row.mean("map@500"), row.deviation("map@500"), row.by_seed("map@500")) == (
        0.13,
        None,
        [],
    )


def test_deviations_and_values_by_seed_are_no_metrics_of_their_own() -> None:
    row = ComparisonFile.model_validate(full()).models[0]
    assert row.metrics == ["recall@50", "map@500", "coverage"]
    assert row.deviation("recall@50") == 0.01
    assert row.by_seed("recall@50") == [0.29, 0.31]


def test_a_comparison_written_out_is_read_as_the_same() -> None:
    comparison = ComparisonFile.model_validate(full())
    assert ComparisonFile.model_validate_json(comparison.model_dump_json()) == comparison


def test_null_sections_are_absent_ones() -> None:
    empty = dict.fromkeys(("significance", "groups", "curves", "paper_table", "examples", "split"))
    assert minimal(model("ease", 0.25), **empty) == minimal(model("ease", 0.25))


def test_all_mismatches_are_named_at_once(tmp_path: Path) -> None:
    content = {
        "models": [
            {"model": "a", "recall@50": "high"},
            {"model": "b"},
            {"recall@50": 0.1},
            {"model": "d", "recall@50": [0.1]},
            {"model": "e", "recall@50": float("nan")},
        ],
        "modles": [],
        "curves": [{"figure": "Figure 4", "x": "K", "metric": "m", "series": {"a": [[5]]}}],
        "seeds": ["one"],
    }
    with pytest.raises(InputDataError) as caught:
        read_comparison(write(tmp_path / "c.json", content))
    said = str(caught.value)
    assert said.startswith(f"comparison {tmp_path / 'c.json'}: ")
    for part in (
        "models.0.recall@50: expected a finite number, a list of them or null, found 'high'",
        "models.1: has neither a figure nor a reason",
        "models.2.model is missing",
        "models.3: recall@50 has to be one number",
        "models.4.recall@50: expected a finite number",
        "modles is not a key of a comparison",
        "curves.0.series.a.0.1 is missing",
        "seeds.0: input should be a valid integer",
        "Make one with: mars-batch",
    ):
        assert part in said


def test_names_have_to_belong_to_models_of_the_file() -> None:
    content = full()
    content["groups"][0]["values"] = {"easy": 0.1}
    content["significance"]["second"] = "als"
    content["models"].append({"model": "cdl", "reason": "again"})
    with pytest.raises(ValueError, match="model cdl stands twice") as caught:
        ComparisonFile.model_validate(content)
    assert "significance (recall@50) names als" in str(caught.value)
    assert "group history length, 5 to 9 likes names easy" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "expected JSON"), ("[]", "the file: "), ("{}", "models is missing")],
)
def test_files_of_another_kind_are_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "c.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputDataError, match=said):
        read_comparison(tmp_path / "c.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match=r"none\.json: cannot be read"):
        read_comparison(tmp_path / "none.json")
