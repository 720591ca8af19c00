"""A search for settings, trial by trial: the only module with Optuna.

`tune` keeps its study in SQLite and prunes. A comparison searches in memory: a search that begins
again draws the same settings, and finds what they gave in the comparison's cells.
"""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna import distributions
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from mars_model.comparing.trial_records import TrialRecord
from mars_model.comparing.tuning_space import check_made_of
from mars_model.errors import MarsBatchError
from mars_model.evaluation.search_space import Choice, Range, Space, Value
from mars_model.training.epoch_records import EpochRecord, Progress

# Tries these values and tells the listener of every epoch; gives what they are worth, larger is
# better, or a sentence that says why the training broke off.
Evaluate = Callable[[dict[str, Any], Progress], float | str]

_STATES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}
optuna.logging.set_verbosity(optuna.logging.WARNING)


class Study:
    """Trials over a space; what the next one tries depends on the seed and the finished ones.

    The first trial takes `start`, the settings as they are; those that the space does not hold
    are drawn instead.
    """

    def __init__(self, study: optuna.Study, space: Space, start: Mapping[str, Value], seed: int):
        self._study, self._space, self._seed = study, space, seed
        draws = {name: space[name].draw_of(value) for name, value in start.items()}
        self._start = {name: draw for name, draw in draws.items() if draw is not None}

    def records(self) -> list[TrialRecord]:
        """All trials that ended, by number."""
        trials = self._study.get_trials(deepcopy=False, states=tuple(_STATES))
        return [self._record(trial) for trial in trials]

    def n_finished(self) -> int:
        """Trials that count: complete or pruned."""
        return sum(record.state != "failed" for record in self.records())

    def best(self) -> TrialRecord | None:
        """The complete trial with the highest value, of equal ones the first; None without one."""
        complete = [r for r in self.records() if r.state == "complete"]
        return max(complete, key=lambda r: -math.inf if r.value is None else r.value, default=None)

    def run_next(self, evaluate: Evaluate) -> TrialRecord:
        """Try one more: report its epochs, prune it where it is hopeless, keep what it gave.

        A training that broke off counts as pruned. An error leaves a failed trial and is raised.
        """
        trial = self._ask()
        try:
            worth = evaluate(self._values(trial.params), _Listener(trial))
            if isinstance(worth, str):
                trial.set_user_attr("note", worth)
                raise optuna.TrialPruned
        except optuna.TrialPruned:
            self._study.tell(trial, state=TrialState.PRUNED)
        except BaseException:
            self._study.tell(trial, state=TrialState.FAIL)
            raise
        else:
            self._study.tell(trial, worth)
        return self._record(self._study.get_trials(deepcopy=False)[trial.number])

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
        return found if 0 < sum(found.values()) < math.inf else {}

    def _ask(self) -> optuna.Trial:
        # A sampler seeded anew each time: a search that was stopped tries what it would have.
        n_finished = self.n_finished()
        seed = int(np.random.default_rng((self._seed, n_finished)).integers(2**31))
        self._study.sampler = optuna.samplers.TPESampler(seed=seed)
        waiting = self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        if not n_finished and not waiting:
            self._study.enqueue_trial(self._start)
        return self._study.ask({name: _distribution(d) for name, d in self._space.items()})

    def _values(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        return {n: d.setting(drawn[n]) for n, d in self._space.items() if n in drawn}

    def _record(self, trial: FrozenTrial) -> TrialRecord:
        by_epoch = trial.intermediate_values
        best_epoch = max(by_epoch, key=lambda epoch: (by_epoch[epoch], -epoch), default=0)
        return TrialRecord(
            number=trial.number + 1,
            state=_STATES[trial.state],
            value=by_epoch.get(best_epoch, trial.value),
            best_epoch=best_epoch,
            n_epochs=len(by_epoch),
            seconds=trial.duration.total_seconds() if trial.duration else 0.0,
            values=self._values(trial.params),
            note=str(trial.user_attrs.get("note", "")),
        )


class _Listener:
    """Tells a trial of every epoch and ends the training where the pruner gives it up."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial

    def on_step(self, epoch: int, n_epochs: int, step: int, n_steps: int, loss: float) -> None:
        """Steps are not reported."""

    def on_epoch(self, record: EpochRecord) -> None:
        """Report an epoch's validation MAP@500."""
        self._trial.report(record.validation, record.epoch)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def open_study(
    database: Path,
    space: Space,
    start: Mapping[str, Value],
    made_of: Mapping[str, str],
    seed: int,
    n_warmup_epochs: int,
) -> Study:
    """Open a study in a file or begin it, its name that of the file.

    From epoch `n_warmup_epochs` on, a trial behind the first five is pruned where its best epoch is
    worse than the median of the others at that epoch. Raises SettingsError where the study was
    begun with something else than `made_of`, MarsBatchError where the file is none.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    try:
        study = optuna.create_study(
            storage=f"sqlite:///{database.absolute()}",
            study_name=database.stem,
            direction="maximize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(5, n_warmup_epochs),
        )
    except Exception as error:  # SQLite's and SQLAlchemy's own types
        raise MarsBatchError(
            f"study {database}: cannot be opened ({str(error).strip().splitlines()[0][:200]}). "
            "Move the file away or name another study with --study"
        ) from error
    found = study.user_attrs.get("made_of")
    if found is None:
        study.set_user_attr("made_of", json.dumps(dict(made_of)))
    else:
        check_made_of(database, json.loads(found), made_of)
    return Study(study, space, start, seed)


def search(
    space: Space,
    start: Mapping[str, Value],
    n_trials: int,
    seed: int,
    judge: Callable[[dict[str, Value]], float],
) -> dict[str, Value]:
    """The best of `n_trials` settings by `judge`, larger is better; nothing is stored."""
    study = Study(optuna.create_study(direction="maximize"), space, start, seed)
    for _ in range(n_trials):
        study.run_next(lambda values, _listener: judge(values))
    best = study.best()
    assert best is not None
    return best.values


def _distribution(values: Choice | Range) -> distributions.BaseDistribution:
    if isinstance(values, Choice):
        return distributions.CategoricalDistribution(values.draws)
    if values.is_whole:
        return distributions.IntDistribution(int(values.low), int(values.high), log=values.is_log)
    return distributions.FloatDistribution(values.low, values.high, log=values.is_log)
