"""Runs tune: searches settings on validation likes, trial by trial; no bundle is written."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from mars_model.comparing.study import Study, open_study
from mars_model.comparing.trial_records import TrialRecord, trial_line
from mars_model.comparing.tuning_report import (
    BEST,
    PLOT,
    TABLE,
    draw_importances,
    files_of,
    write_files,
)
from mars_model.comparing.tuning_space import made_of, space_of, values_in, with_values
from mars_model.errors import InputDataError, MarsBatchError, SettingsError
from mars_model.evaluation.fit import FittingTask, fit
from mars_model.evaluation.training_set import TrainingData
from mars_model.features.likes import LikeMatrix
from mars_model.fitting.training_data import read_training_data
from mars_model.locks import locked
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse
from mars_model.training.derived_settings import settle
from mars_model.training.epoch_records import Progress

_WAIT_S = 5.0  # a search takes hours: whoever meets one is told


@dataclass(frozen=True)
class Tuned:
    """A study's trials so far and its files; a file that cannot be made yet is None."""

    database: Path
    names: tuple[str, ...]  # of the settings searched
    records: tuple[TrialRecord, ...]
    n_finished: int
    best: TrialRecord | None
    table: Path
    best_file: Path | None
    plot: Path | None


def tune(
    warehouse: Warehouse,
    database: Path,
    settings: Settings,
    run_date: date,
    n_trials: int,
    fixed: Collection[str],
    timeout_s: float | None,
    say: Callable[[str], None],
) -> Tuned:
    """Go on until the study has `n_trials` finished ones, or until `timeout_s` have passed.

    Trials learn and are judged as `train` does it before the run date: same likes, same hold-out,
    same validation. The first one tries the settings as they are; those of `fixed`, by dotted
    name, stay so throughout. The files beside the study are brought up to date after every trial.
    Raises MarsBatchError where another process goes on with the same study.
    """
    started = time.monotonic()
    space = space_of(settings, fixed)
    data = read_training_data(warehouse, settings, run_date)
    kept, held = data.hold_out(settings)
    with locked(database.with_suffix(".lock"), f"study {database}", _WAIT_S):
        study = open_study(
            database,
            space,
            values_in(settings, space, kept),
            made_of(settings, space, data),
            settings.training.seed,
            n_warmup_epochs=max(1, settle(settings, kept).max_epochs // 5),
        )
        if n_interrupted := study.fail_interrupted():
            say(f"{n_interrupted} interrupted trial(s) are tried again")
        evaluate = partial(_evaluate, settings, data, kept, held)
        while study.n_finished() < n_trials:
            if timeout_s is not None and time.monotonic() - started >= timeout_s:
                say(f"{timeout_s:g} s have passed: no further trial is started")
                break
            record = study.run_next(evaluate)
            best = write_files(study, database, settings, list(space))
            say(trial_line(record, best, study.n_finished(), n_trials))
        return _report(study, database, settings, list(space))


def _evaluate(
    settings: Settings,
    data: TrainingData,
    kept: LikeMatrix,
    held: LikeMatrix,
    values: dict[str, float],
    progress: Progress,
) -> float | str:
    """Train with some values: the best epoch's validation, or why it came to no number."""
    tried = with_values(settings, values)
    task = FittingTask(data.texts, kept, held, tried)
    try:
        return fit(task, progress).result.best_validation
    except (SettingsError, InputDataError):
        raise
    except MarsBatchError as error:
        return str(error)


def _report(study: Study, database: Path, settings: Settings, names: list[str]) -> Tuned:
    best = write_files(study, database, settings, names)
    folder, n_finished = files_of(database), study.n_finished()
    importances = study.importances()
    if importances:
        n_complete = sum(record.state == "complete" for record in study.records())
        title = f"What mattered in the study {database.stem}: {n_complete} complete trials"
        draw_importances(folder / PLOT, importances, title)
    return Tuned(
        database=database,
        names=tuple(names),
        records=tuple(study.records()),
        n_finished=n_finished,
        best=best,
        table=folder / TABLE,
        best_file=folder / BEST if best else None,
        plot=folder / PLOT if importances else None,
    )
