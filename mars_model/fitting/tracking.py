"""Logs a training to MLflow where a tracking address is set: the only module that imports it."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from mars_model.bundle.promotion import Decision
from mars_model.bundle.registry import Bundle
from mars_model.errors import MarsBatchError, SettingsError
from mars_model.redact import redact
from mars_model.settings import Settings
from mars_model.training.epoch_records import EpochRecord

_PARAMETERS_PER_CALL = 100  # MLflow takes no more at once


class Tracking:
    """Hears of epochs and of the bundle and logs them; a lost connection ends only the logging."""

    def __init__(self, client: Any, run_id: str, say: Callable[[str], None]) -> None:
        self._client, self._run_id, self._say = client, run_id, say
        self._is_lost = False

    def on_epoch(self, record: EpochRecord) -> None:
        """Loss and validation MAP@500 of an epoch."""
        metrics = {"epoch_loss": record.loss, "epoch_validation_map@500": record.validation}
        self._try(lambda: self._log_metrics(metrics, record.epoch))

    def log_bundle(self, bundle: Bundle, decision: Decision) -> None:
        """The manifest's metrics, the bundle's files, and whether it was promoted."""
        tags = {
            "model_version": bundle.model_version,
            "is_promoted": str(decision.is_promoted).lower(),
            "promotion": decision.reason,
        }
        self._try(lambda: self._log_bundle(bundle, tags))

    def end(self, status: str) -> None:
        """Close MLflow's run as FINISHED, FAILED or KILLED."""
        self._try(lambda: self._client.set_terminated(self._run_id, status))

    def _log_bundle(self, bundle: Bundle, tags: dict[str, str]) -> None:
        self._log_metrics(bundle.manifest.metrics, 0)
        for key, value in tags.items():
            self._client.set_tag(self._run_id, key, redact(value))
        self._client.log_artifacts(self._run_id, str(bundle.folder), "bundle")

    def _log_metrics(self, metrics: dict[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now_ms = int(time.time() * 1000)  # MLflow's own column; nothing here is made from it
        entries = [Metric(_name(k), v, now_ms, step) for k, v in metrics.items()]
        self._client.log_batch(self._run_id, metrics=entries)

    def _try(self, log: Callable[[], object]) -> None:
        if self._is_lost:
            return
        try:
            log()
        except Exception as error:  # each of MLflow's stores raises types of its own
            self._is_lost = True
            self._say(f"tracking stopped, the training goes on: {_first_line(error)}")


@contextmanager
def track(
    settings: Settings, run_date: date, say: Callable[[str], None]
) -> Iterator[Tracking | None]:
    """An MLflow run around a training, its parameters logged; None without a tracking address.

    Raises SettingsError where MLflow is not installed, MarsBatchError where the address does not
    answer: both before anything is trained.
    """
    if settings.tracking.uri is None:
        yield None
        return
    tracking = _start(settings, run_date, say)
    status = "KILLED"
    try:
        yield tracking
        status = "FINISHED"
    except Exception:
        status = "FAILED"
        raise
    finally:
        tracking.end(status)


def require_mlflow(settings: Settings) -> None:
    """Raise SettingsError where a tracking address is set and MLflow is not installed."""
    if settings.tracking.uri is None:
        return
    # MLflow reports its use to its makers unless told not to, before it is imported.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        import mlflow  # noqa: F401
    except ModuleNotFoundError as error:
        raise SettingsError(
            "settings: 'tracking.uri' (or MLFLOW_TRACKING_URI) is set, but MLflow is not "
            "installed. Install it with: pip install 'mars-batch[mlflow]', or unset the address"
        ) from error


def parameters_of(settings: Settings) -> dict[str, str]:
    """Every setting by its dotted name, without the tracking address and other credentials."""
    tree = settings.model_dump(mode="json", exclude={"tracking"})
    return {
        f"{branch}.{name}": redact(str(value))
        for branch, settings_of in tree.items()
        for name, value in settings_of.items()
    }


def _start(settings: Settings, run_date: date, say: Callable[[str], None]) -> Tracking:
    uri = str(settings.tracking.uri)
    require_mlflow(settings)
    from mlflow import MlflowClient
    from mlflow.entities import Param

    parameters = [Param(key, value) for key, value in parameters_of(settings).items()]
    tags = {"run_date": run_date.isoformat()}
    try:
        client = MlflowClient(tracking_uri=uri)
        experiment_id = _experiment(client, settings.tracking.experiment, uri)
        name = f"{settings.model.variant} {run_date}"
        run_id = client.create_run(experiment_id, run_name=name, tags=tags).info.run_id
        for first in range(0, len(parameters), _PARAMETERS_PER_CALL):
            client.log_batch(run_id, params=parameters[first : first + _PARAMETERS_PER_CALL])
    except Exception as error:  # each of MLflow's stores raises types of its own
        raise MarsBatchError(
            "settings: the address in 'tracking.uri' (or MLFLOW_TRACKING_URI) cannot be used: "
            f"{_first_line(error)}. Give one that answers, or unset it to train without tracking"
        ) from error
    return Tracking(client, run_id, say)


def _experiment(client: Any, name: str, uri: str) -> str:
    """The experiment's id, made where it is new; a local database keeps its files beside it."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    beside = None
    if uri.startswith("sqlite:///"):
        database = Path(uri.removeprefix("sqlite:///")).absolute()
        beside = (database.parent / "mlartifacts").as_uri()
    return str(client.create_experiment(name, artifact_location=beside))


def _name(metric: str) -> str:
    return metric.replace("@", "_at_")  # MLflow allows no @


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return redact(lines[0][:300]).rstrip(". ")
