"""A search as a study in SQLite that goes on where it stopped: the only module with optuna."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from mars_model.comparing.tuning_basis import check_made_of
from mars_model.comparing.tuning_trials import TrialRecord
from mars_model.errors import MarsBatchError
from mars_model.evaluation.search_space import Choice, Range, Space

if TYPE_CHECKING:
    from mars_model.training.loop import EpochRecord, Progress

# Trains with these values, tells the listener of every epoch, and notes why it broke off, if so.
Evaluate = Callable[[dict[str, float], "Progress"], str]

_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
_STATES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}
_STARTUP_TRIALS = 5  # of which none is pruned
_MADE_OF = "made_of"
_NOTE = "note"


class Study:
    """Trials over a space; what the next one tries depends on the seed and the finished ones."""

    def __init__(self, study: optuna.Study, space: Space, start: Mapping[str, float], seed: int):
        self._study, self._space, self._start, self._seed = study, space, start, seed

    def records(self) -> list[TrialRecord]:
        """All trials that ended, by number."""
        trials = self._study.get_trials(deepcopy=False, states=tuple(_STATES))
        return [self._record(trial) for trial in trials]

    def n_finished(self) -> int:
        """Trials that count: complete or pruned."""
        return len(self._study.get_trials(deepcopy=False, states=_FINISHED))

    def best(self) -> TrialRecord | None:
        """The complete trial with the highest value, of equal ones the first; None without one."""
        complete = [r for r in self.records() if r.state == "complete"]
        return max(complete, key=lambda r: r.value or 0.0, default=None)

    def run_next(self, evaluate: Evaluate) -> TrialRecord:
        """Try one more: report its epochs, prune it where it is hopeless, keep what it gave.

        A training that ended with a note counts as pruned. An error leaves a failed trial and is
        raised.
        """
        trial = self._ask()
        try:
            note = evaluate(self._values(trial.params), _Listener(trial))
        except optuna.TrialPruned:
            self._study.tell(trial, state=TrialState.PRUNED)
        except BaseException:
            self._study.tell(trial, state=TrialState.FAIL)
            raise
        else:
            if note:
                trial.set_user_attr(_NOTE, note)
                self._study.tell(trial, state=TrialState.PRUNED)
            else:
                self._study.tell(trial, max(self._trial(trial).intermediate_values.values()))
        return self._record(self._trial(trial))

    def fail_interrupted(self) -> int:
        """Mark the trials that a killed search left running as failed; returns how many."""
        running = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        for trial in running:
            self._study.tell(trial.number, state=TrialState.FAIL)
        return len(running)

    def importances(self) -> dict[str, float]:
        """How much each setting decides between good and bad trials; shares, largest first.

        Empty where fewer than two complete trials differ. Source: Watanabe et al., PED-ANOVA
        (2023), for the best quarter of the trials.
        """
        if len({r.value for r in self.records() if r.state == "complete"}) < 2:
            return {}
        found = get_param_importances(
            self._study, evaluator=PedAnovaImportanceEvaluator(target_quantile=0.25)
        )
        is_said = sum(found.values()) > 0 and all(map(math.isfinite, found.values()))
        return found if is_said else {}

    def _ask(self) -> optuna.Trial:
        # A sampler seeded anew each time: a search that was stopped tries what it would have.
        n_finished = self.n_finished()
        seed = int(np.random.default_rng((self._seed, n_finished)).integers(2**31))
        self._study.sampler = optuna.samplers.TPESampler(seed=seed)
        waiting = self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        if not n_finished and not waiting:
            self._study.enqueue_trial(dict(self._start))
        return self._study.ask({name: _distribution(d) for name, d in self._space.items()})

    def _values(self, drawn: Mapping[str, float]) -> dict[str, float]:
        return {name: d.setting(drawn[name]) for name, d in self._space.items() if name in drawn}

    def _trial(self, trial: optuna.Trial) -> FrozenTrial:
        """What the database holds of a trial by now."""
        return self._study.get_trials(deepcopy=False)[trial.number]

    def _record(self, trial: FrozenTrial) -> TrialRecord:
        by_epoch = trial.intermediate_values
        best_epoch = max(by_epoch, key=lambda epoch: (by_epoch[epoch], -epoch), default=0)
        return TrialRecord(
            number=trial.number + 1,
            state=_STATES[trial.state],
            value=by_epoch.get(best_epoch),
            best_epoch=best_epoch,
            n_epochs=len(by_epoch),
            seconds=trial.duration.total_seconds() if trial.duration else 0.0,
            values=self._values(trial.params),
            note=str(trial.user_attrs.get(_NOTE, "")),
        )


class _Listener:
    """Tells a trial of every epoch and ends the training where the pruner gives it up."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial

    def on_step(self, epoch: int, step: int, n_steps: int, loss: float) -> None:
        """Steps are not reported."""

    def on_epoch(self, record: "EpochRecord") -> None:
        """Report an epoch's validation MAP@500."""
        self._trial.report(record.validation, record.epoch)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def open_study(
    database: Path,
    space: Space,
    start: Mapping[str, float],
    made_of: Mapping[str, str],
    seed: int,
    n_warmup_epochs: int,
) -> Study:
    """Open a study or begin it, its name that of the file; `start` are the first trial's draws.

    A trial is pruned, from epoch `n_warmup_epochs` on, where its best epoch so far is worse than
    the median of the other trials' epochs of that number. Raises SettingsError where the study
    was begun with something else than `made_of`, MarsBatchError where the file is none.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    database.parent.mkdir(parents=True, exist_ok=True)
    try:
        study = optuna.create_study(
            storage=f"sqlite:///{database.absolute()}",
            study_name=database.stem,
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(_STARTUP_TRIALS, n_warmup_epochs),
        )
    except Exception as error:  # SQLite's and SQLAlchemy's own types
        raise MarsBatchError(
            f"study {database}: cannot be opened ({str(error).strip().splitlines()[0][:200]}). "
            "Move the file away or name another study with --study"
        ) from error
    found = study.user_attrs.get(_MADE_OF)
    if found is None:
        study.set_user_attr(_MADE_OF, json.dumps(dict(made_of)))
    else:
        check_made_of(database, json.loads(found), made_of)
    return Study(study, space, start, seed)


def _distribution(values: Choice | Range) -> BaseDistribution:
    if isinstance(values, Choice):
        return CategoricalDistribution(values.values)
    return FloatDistribution(values.low, values.high, log=values.is_log)
