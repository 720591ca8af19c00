"""What MLflow holds after a training, read back by MLflow from a real store."""

import importlib.util
import json
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mars_model.bundle.sealed_file import seal
from mars_model.cli.main import main
from mars_model.errors import MarsBatchError, SettingsError
from mars_model.fitting.tracking import parameters_of, track
from mars_model.settings import Settings, load_settings
from mars_model.training.epoch_records import EpochRecord
from tests.conftest import RUN_DATE, Night
from tests.night.conftest import copy_night

needs_mlflow = pytest.mark.skipif(
    importlib.util.find_spec("mlflow") is None,
    reason="the extra mlflow is not installed",
)


def tracked_at(uri: str) -> Settings:
    return load_settings(overrides=[f"tracking.uri={uri}"])


def train_as_typed(night: Night, *settings: str) -> Result:
    """mars-batch train with the night's own settings and more."""
    tree = night.settings.model_dump(mode="json")
    own = [
        f"{branch}.{name}={json.dumps(value)}"
        for branch in ("likes", "documents", "model", "training")
        for name, value in tree[branch].items()
    ]
    typed = [word for setting in (*own, *settings) for word in ("--set", setting)]
    command = ["--warehouse", night.warehouse.path, *typed, "--json", "train"]
    return CliRunner().invoke(main, [*command, "--run-date", RUN_DATE.isoformat()])


@needs_mlflow
def test_parameters_metrics_of_every_epoch_and_the_bundle_are_logged(night, tmp_path):
    from mlflow import MlflowClient

    copied = copy_night(night, tmp_path / "wh")
    uri = f"sqlite:///{tmp_path}/tracked.db"
    result = train_as_typed(copied, f"tracking.uri={uri}", "training.seed=4")
    assert result.exit_code == 0, result.output
    manifest = json.loads(result.stdout)

    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("mars-batch")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["training.seed"] == "4"
    assert run.data.params["model.representation_size"] == "6"
    assert run.data.params["likes.min_rating"] == "4.0"
    assert uri not in run.data.params.values()
    assert run.data.tags["model_version"] == manifest["model_version"]
    assert run.data.tags["run_date"] == RUN_DATE.isoformat()
    assert run.data.tags["promotion"] == manifest["decision"]["reason"]

    final = {name.replace("@", "_at_"): value for name, value in manifest["metrics"].items()}
    assert {name: run.data.metrics[name] for name in final} == final
    by_epoch = client.get_metric_history(run.info.run_id, "epoch_validation_map_at_500")
    assert [entry.step for entry in by_epoch] == [1, 2, 3]
    assert max(entry.value for entry in by_epoch) == final["validation_map_at_500"]
    losses = client.get_metric_history(run.info.run_id, "epoch_loss")
    said = [f"epoch {entry.step}: loss {entry.value:.4f}" for entry in losses]
    assert len(said) == 3 and all(line in result.stderr for line in said)

    folder = Path(client.download_artifacts(run.info.run_id, "bundle", str(tmp_path)))
    assert {name: seal(folder / name).sha256 for name in manifest["files"]} == manifest["files"]
    assert (folder / "manifest.json").is_file()
    assert (tmp_path / "mlartifacts").is_dir()


@needs_mlflow
@pytest.mark.parametrize(
    ("error", "status"), [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED")]
)
def test_a_training_that_did_not_end_is_marked_so(tmp_path, error, status):
    from mlflow import MlflowClient

    settings = tracked_at(f"sqlite:///{tmp_path}/tracked.db")
    with pytest.raises(error), track(settings, date(2026, 3, 1), print):
        raise error
    client = MlflowClient(tracking_uri=settings.tracking.uri)
    (run,) = client.search_runs([client.get_experiment_by_name("mars-batch").experiment_id])
    assert run.info.status == status


@needs_mlflow
def test_a_store_that_falls_silent_stops_the_logging_and_not_the_training(tmp_path):
    said: list[str] = []
    database = tmp_path / "tracked.db"
    with track(tracked_at(f"sqlite:///{database}"), date(2026, 3, 1), said.append) as tracking:
        database.write_bytes(b"no database any more" * 1000)
        tracking.on_epoch(EpochRecord(1, 0.5, 0.1, 0))
        tracking.on_epoch(EpochRecord(2, 0.4, 0.2, 0))
    (line,) = said
    assert line.startswith("tracking stopped, the training goes on: ")


@needs_mlflow
def test_an_address_that_cannot_be_used_stops_before_training():
    with (
        pytest.raises(MarsBatchError, match="cannot be used") as caught,
        track(tracked_at("nothing://here"), date(2026, 3, 1), print),
    ):
        raise AssertionError("trained all the same")
    assert "\n" not in str(caught.value)


def test_without_the_extra_an_address_is_refused_before_training(night, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    before = night.registry.decisions()
    result = train_as_typed(night, "tracking.uri=http://127.0.0.1:9")
    assert result.exit_code == 2
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert "pip install 'mars-batch[mlflow]'" in line
    assert night.registry.decisions() == before


def test_without_an_address_mlflow_is_not_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with track(Settings(), date(2026, 3, 1), print) as tracking:
        assert tracking is None


def test_mlflows_own_variable_is_an_address_and_a_setting_wins_over_it(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://from-environment")
    assert load_settings().tracking.uri == "http://from-environment"
    assert tracked_at("http://from-setting").tracking.uri == "http://from-setting"
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(SettingsError, match="MLFLOW_TRACKING_URI"):
        track(load_settings(), date(2026, 3, 1), print).__enter__()


def test_every_setting_but_the_address_is_a_parameter():
    parameters = parameters_of(tracked_at("http://user:secret@host"))
    assert parameters["scoring.top_n"] == "10"
    assert parameters["likes.min_rating"] == "None"
    assert not any("secret" in value for value in parameters.values())
    n_settings = sum(len(branch) for branch in Settings().model_dump().values())
    assert len(parameters) == n_settings - len(Settings().tracking.model_dump())
