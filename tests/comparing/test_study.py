"""A study over scripted trainings: pruning, going on after a kill, and what it leaves behind."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mars_model.comparing.study import Study, open_study
from mars_model.comparing.trial_records import write_trials
from mars_model.comparing.tuning_report import draw_importances, write_best
from mars_model.comparing.tuning_space import (
    CATALOGUE,
    SAMPLED,
    space_of,
    values_in,
    with_values,
)
from mars_model.errors import MarsBatchError, SettingsError
from mars_model.evaluation.search_space import Choice, Range
from mars_model.features.likes import LikeMatrix
from mars_model.settings import Settings, find_model_file, load_settings
from mars_model.training.epoch_records import EpochRecord

VARIANTS = ("mars", "mars-no-text", "mars-embed", "mars-no-attention", "mars-plus")
SPACE = {
    "training.learning_rate": Range(1e-4, 1e-1, is_log=True),
    "training.users_per_batch": Choice((64, 128)),
}
START = {"training.learning_rate": 0.01, "training.users_per_batch": 128}
MADE_OF = {"training.seed": "1", "likes": "abc"}
LIKES = LikeMatrix.from_rows([np.array([0, 1], np.int32)], n_items=3)


def opened(folder: Path, made_of=MADE_OF, seed: int = 1) -> Study:
    return open_study(folder / "small.db", SPACE, START, made_of, seed, n_warmup_epochs=2)


def scripted(*metrics: float, note: str = ""):
    """A training whose epochs have these metrics, whatever its settings."""

    def evaluate(values, progress):
        for epoch, metric in enumerate(metrics, 1):
            progress.on_epoch(EpochRecord(epoch, 1.0, metric, 0))
        return note or max(metrics)

    return evaluate


def by_learning_rate(values, progress):
    """The closer to 0.003, the better; users_per_batch does not matter."""
    metric = 1 / (1 + abs(values["training.learning_rate"] / 0.003 - 1))
    return scripted(metric / 2, metric)(values, progress)


def tried(study: Study) -> list[tuple]:
    """What finished trials tried and gave, without their numbers and times."""
    return [(r.values, r.value, r.state) for r in study.records() if r.state != "failed"]


def test_a_hopeless_trial_is_pruned_once_there_are_others_to_compare_with(tmp_path):
    study = opened(tmp_path)
    for _ in range(5):
        assert study.run_next(scripted(0.1, 0.2, 0.3, 0.4)).state == "complete"
    hopeless = study.run_next(scripted(0.01, 0.02, 0.03, 0.04))
    assert (hopeless.state, hopeless.n_epochs, hopeless.value) == ("pruned", 2, 0.02)
    good = study.run_next(scripted(0.1, 0.2, 0.3, 0.5))
    assert (good.state, good.n_epochs) == ("complete", 4)
    assert study.n_finished() == 7
    assert study.best() == good


def test_a_trial_is_worth_its_best_epoch_the_first_of_equal_ones(tmp_path):
    record = opened(tmp_path).run_next(scripted(0.1, 0.3, 0.3, 0.2))
    assert (record.value, record.best_epoch, record.n_epochs) == (0.3, 2, 4)


def test_the_first_trial_takes_the_settings_as_they_are(tmp_path):
    assert opened(tmp_path).run_next(scripted(0.1)).values == START


def test_a_stopped_study_tries_what_it_would_have_tried(tmp_path):
    (tmp_path / "whole").mkdir()
    whole = opened(tmp_path / "whole")
    for _ in range(12):
        whole.run_next(by_learning_rate)

    def stop(values, progress):
        raise KeyboardInterrupt

    for n_more in (0, 1, 10, 1):
        study = opened(tmp_path)
        for _ in range(n_more):
            study.run_next(by_learning_rate)
        with pytest.raises(KeyboardInterrupt):
            study.run_next(stop)
    study = opened(tmp_path)
    assert tried(study) == tried(whole)
    assert study.n_finished() == 12
    assert [r.number for r in study.records() if r.state == "failed"] == [1, 3, 14, 16]


def test_another_seed_tries_something_else(tmp_path):
    (tmp_path / "other").mkdir()
    studies = opened(tmp_path), opened(tmp_path / "other", seed=2)
    first, other = ([s.run_next(by_learning_rate).values for _ in range(3)] for s in studies)
    assert first[0] == other[0] == START
    assert first[1:] != other[1:]


def test_a_killed_trial_counts_as_failed_and_is_tried_again(tmp_path):
    code = (
        "import os, pathlib, sys; from tests.comparing.test_study import opened; "
        "opened(pathlib.Path(sys.argv[1])).run_next(lambda values, progress: os._exit(9))"
    )
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=root)
    assert killed.returncode == 9
    study = opened(tmp_path)
    assert study.records() == []
    assert study.fail_interrupted() == 1
    assert study.run_next(scripted(0.1)).values == START
    assert [r.state for r in study.records()] == ["failed", "complete"]


def test_a_training_that_broke_off_is_a_bad_trial_and_says_why(tmp_path):
    study = opened(tmp_path)
    record = study.run_next(scripted(note="the loss is nan"))
    assert (record.state, record.value, record.note) == ("pruned", None, "the loss is nan")
    assert study.best() is None
    assert study.n_finished() == 1


def test_a_study_of_other_likes_or_settings_is_refused_with_every_difference(tmp_path):
    opened(tmp_path)
    with pytest.raises(SettingsError) as caught:
        opened(tmp_path, {"training.seed": "2", "likes": "abc", "more": "1"})
    message = str(caught.value)
    assert "small.db" in message and "--study" in message
    assert "'training.seed' was 1, is 2; 'more' was missing, is 1" in message


def test_a_file_that_is_no_study_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "small.db").write_bytes(b"no database " * 100)
    with pytest.raises(MarsBatchError, match="cannot be opened") as caught:
        opened(tmp_path)
    assert "\n" not in str(caught.value)


def test_what_mattered_is_said_once_complete_trials_differ(tmp_path):
    study = opened(tmp_path)
    study.run_next(scripted(0.1))
    assert study.importances() == {}
    study.run_next(scripted(0.1))
    assert study.importances() == {}
    for _ in range(10):
        study.run_next(by_learning_rate)
    importances = study.importances()
    assert next(iter(importances)) == "training.learning_rate"
    assert sum(importances.values()) == pytest.approx(1)
    draw_importances(tmp_path / "plot.png", importances, "What mattered")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_has_every_trial_and_every_setting(tmp_path):
    study = opened(tmp_path)
    study.run_next(scripted(0.1, 0.2))
    study.run_next(scripted(note="the loss is nan"))
    write_trials(tmp_path / "trials.csv", study.records(), list(SPACE))
    with (tmp_path / "trials.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert first["trial"] == "1" and first["validation_map@500"] == "0.2"
    assert first["best_epoch"] == first["n_epochs"] == "2"
    assert {name: float(first[name]) for name in SPACE} == START
    assert second["validation_map@500"] == "" and second["note"] == "the loss is nan"
    assert all(second[name] for name in SPACE)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_best_settings_are_a_file_for_conf_with_all_that_shapes_the_model(tmp_path, variant):
    given = ["likes.min_rating=4", "tracking.uri=http://user:secret@host", "scoring.top_n=7"]
    settings = load_settings(overrides=given, warehouse="shop", model=find_model_file(variant))
    found = {"training.learning_rate": 0.0017, "model.representation_size": 20}
    best = with_values(settings, found)
    write_best(tmp_path / "best.yaml", best, "Trial 1: found")
    read = load_settings(tmp_path / "best.yaml")
    assert values_in(read, found, LIKES) == found
    assert read.model_copy(update={"tracking": best.tracking}) == best
    assert "secret" not in (tmp_path / "best.yaml").read_text()


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_value_of_a_variants_space_is_one_that_its_settings_allow(variant):
    settings = load_settings(model=find_model_file(variant))
    space = space_of(settings)
    for name, values in space.items():
        draws = values.values if isinstance(values, Choice) else (values.low, values.high)
        for draw in draws:
            setting = values.setting(draw)
            assert values_in(with_values(settings, {name: setting}), [name], LIKES) == {
                name: setting
            }
            assert values.setting(values.draw_of(setting)) == setting
        shipped = values_in(settings, [name], LIKES)[name]
        assert values.draw_of(shipped) is not None, f"{name}: the shipped {shipped} is outside"


def test_only_settings_that_a_variant_has_are_searched():
    spaces = {name: set(space_of(load_settings(model=find_model_file(name)))) for name in VARIANTS}
    filters = {"model.n_filters"}
    assert spaces["mars-plus"] == set(CATALOGUE) - filters
    assert spaces["mars"] == set(SAMPLED)
    plus = find_model_file("mars-plus")
    plus_by_cnn = Settings.model_validate({"model": {"text": "cnn"}})
    start = {"training.start_decay"}
    assert set(space_of(plus_by_cnn)) == set(CATALOGUE) - start
    at_random = load_settings(overrides=["model.text_start=random"], model=plus)
    assert set(space_of(at_random)) == set(CATALOGUE) - filters - start
    text_only = load_settings(overrides=["model.has_free_vectors=false"], model=plus)
    free = {"training.free_dropout", "training.free_weight_decay"}
    assert set(space_of(text_only)) == set(CATALOGUE) - filters - free
    free_only = load_settings(overrides=["model.text=none"], model=plus)
    text = {"training.weight_decay", "model.embedding_size", "model.n_filters"} | start
    assert set(space_of(free_only)) == set(CATALOGUE) - text - {"training.free_dropout"}


def test_what_is_fixed_is_not_searched_and_something_must_be_left():
    settings = load_settings(model=find_model_file("mars"))
    assert "training.max_memory" not in space_of(settings, {"training.max_memory"})
    with pytest.raises(SettingsError, match=r"training\.max_memory"):
        space_of(settings, set(SAMPLED))


def test_small_decays_stand_for_none():
    decay = CATALOGUE["training.weight_decay"]
    assert decay.setting(2e-5) == 0
    assert decay.setting(0.0123456) == 0.0123
    assert decay.draw_of(0.0) == decay.low
    assert decay.draw_of(5.0) is None
