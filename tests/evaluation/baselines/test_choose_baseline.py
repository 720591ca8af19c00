"""Baselines by name: a missing package is said, and search spaces fit the classes."""

import builtins
from dataclasses import fields
from typing import Any

import pytest

from mars_model.errors import MarsBatchError
from mars_model.evaluation.baselines import choose_baseline
from mars_model.evaluation.baselines.choose_baseline import NAMES, baseline, why_not
from mars_model.evaluation.baselines.spaces import SPACES, Choice, Range


def test_the_papers_seven_and_six_others_are_there() -> None:
    papers = {"bpr", "neumf", "cmf", "ctr", "deepfm", "cdl", "wide-and-deep"}
    assert set(NAMES) == papers | {"popularity", "item-knn", "ease", "slim", "als", "ials"}
    assert set(SPACES) == set(NAMES)


@pytest.mark.parametrize(("module", "extra"), [("cmfrec", "cmf"), ("cornac", "evaluate")])
def test_a_missing_package_is_named_with_what_installs_it(
    module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named '{name}'")

    monkeypatch.setattr(choose_baseline, "import_module", missing)
    name = {"cmfrec": "cmf", "cornac": "ctr"}[module]
    reason = why_not(name)
    assert reason is not None
    assert reason.startswith(f"{name}: needs {module}") and f"mars-batch[{extra}]" in reason
    with pytest.raises(MarsBatchError, match=f"needs {module}"):
        baseline(name, {}, None)


def test_a_library_that_does_not_load_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(choose_baseline, "import_module", broken)
    assert "libgomp.so.1" in (why_not("item-knn") or "")


def test_what_needs_no_extra_can_always_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose_baseline, "import_module", builtins.__import__)
    assert [why_not(name) for name in ("popularity", "ease", "slim", "als", "ials")] == [None] * 5


@pytest.mark.parametrize("name", NAMES)
def test_a_space_holds_settings_of_the_class_and_its_defaults(name: str) -> None:
    if reason := why_not(name):
        pytest.skip(reason)
    made = baseline(name, {}, object() if name == "als" else None)  # type: ignore[arg-type]
    known = {field.name for field in fields(made)}  # type: ignore[arg-type]
    for setting, span in SPACES[name].items():
        assert setting in known
        default = getattr(made, setting)
        if isinstance(span, Range):
            assert span.low <= default <= span.high
            assert isinstance(default, type(span.low)) and (span.low > 0 or not span.is_log)
        else:
            assert isinstance(span, Choice) and default in span.values


def test_lists_from_json_become_tuples() -> None:
    if reason := why_not("neumf"):
        pytest.skip(reason)
    assert baseline("neumf", {"hidden": [8, 4]}, None) == baseline(
        "neumf", {"hidden": (8, 4)}, None
    )
