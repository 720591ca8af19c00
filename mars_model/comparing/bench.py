"""Fits, ranks and measures contenders; what stands in a cell is not done again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from mars_model.comparing.cells import KeptCells
from mars_model.comparing.compared_data import EvaluationData
from mars_model.comparing.families import Family
from mars_model.comparing.fits import BestTrial, Fit, fit_contender
from mars_model.comparing.study import search
from mars_model.errors import MarsBatchError
from mars_model.evaluation.comparison import (
    MAP,
    TEST,
    VALIDATION,
    Cell,
    Comparison,
    Contender,
    Figure,
    Outcome,
    main_metrics,
)
from mars_model.evaluation.measures import (
    accuracy_beside,
    by_popularity,
    description,
    figures_of,
    main_by_user,
)
from mars_model.evaluation.metrics.intra_list_similarity import ItemVectors
from mars_model.evaluation.search_space import Value
from mars_model.evaluation.splits.cold_items import ColdSplit
from mars_model.evaluation.splits.split import Split

Say = Callable[[str], None]
# A trial whose training ran away: worse than any that ended.
_FAILED = -1.0


@dataclass(frozen=True)
class Judge:
    """Measures ranked lists by the split of a seed; `vectors` say how alike items are.

    Of cold items only how well lists hit is measured: what else there is describes training.
    """

    at: int
    split_of: Callable[[int], Split | ColdSplit]
    vectors: ItemVectors | None

    def cell(self, fit: Fit, is_trial: bool) -> Cell:
        """A trial's cell has validation figures only; test likes are not looked at."""
        split, at, ranked = self.split_of(fit.seed), self.at, fit.ranked
        figures: list[Figure] = []
        if isinstance(split, Split):
            on_validation = main_by_user(ranked, split.validation, at)
            figures += figures_of(VALIDATION, on_validation)
        if is_trial:
            return Cell(fit.seed, tuple(figures), fit.seconds, fit.peak_mb)
        relevant = split.test if isinstance(split, Split) else split.held_out
        by_user = main_by_user(ranked, relevant, at)
        figures += [*figures_of(TEST, by_user), *accuracy_beside(ranked, relevant, at)]
        if isinstance(split, Split) and self.vectors is not None:
            figures += description(ranked, split.training, self.vectors, at)
            figures += by_popularity(ranked, split.training, relevant, at)
        if isinstance(split, ColdSplit):
            by_user = {metric: split.of_all_users(values) for metric, values in by_user.items()}
        return Cell(fit.seed, tuple(figures), fit.seconds, fit.peak_mb, by_user)


@dataclass(frozen=True)
class Bench:
    """Where contenders are measured: the data, the cells that stand, and who judges."""

    kept: KeptCells
    judge: Judge
    data: EvaluationData
    tuning_seed: int
    say: Say
    best_trial: BestTrial = field(default_factory=BestTrial)

    def split_of(self, seed: int) -> Split:
        """The split of a seed; not of cold items."""
        split = self.judge.split_of(seed)
        assert isinstance(split, Split)
        return split

    def tune(self, family: Family, n_trials: int) -> tuple[dict[str, Value], int]:
        """The settings with the best validation MAP@500 of the tuning seed, and trials made."""
        if n_trials == 1 or not family.space:
            return dict(family.start), 1

        def judge(values: dict[str, Value]) -> float:
            value = self.validation(family.contender(values), MAP)
            said = ", ".join(f"{k} {plain(v)}" for k, v in values.items())
            self.say(f"{family.name}: validation MAP@500 {value:.4f} with {said}")
            return value

        return search(family.space, family.start, n_trials, self.tuning_seed, judge), n_trials

    def validation(self, contender: Contender, metric: str) -> float:
        """A metric on the tuning seed's validation likes; −1 where a training ran away."""
        try:
            cell = self._cell(contender, self.tuning_seed, is_trial=True)
        except MarsBatchError as error:
            self.say(f"{contender.name}: {error}")
            return _FAILED
        return cell.value(VALIDATION, metric)

    def run(self, contender: Contender, seeds: Sequence[int], n_trials: int) -> Outcome:
        """All seeds of a contender, those kept from an earlier start included."""
        recall = main_metrics(self.judge.at)[0]
        cells = []
        for seed in seeds:
            try:
                cell = self._cell(contender, seed, is_trial=False)
            except MarsBatchError as error:
                self.say(f"{contender.name}, seed {seed}: {error}")
                return Outcome(contender, (), n_trials, f"failed with seed {seed}: {error}")
            cells.append(cell)
            self.say(
                f"{contender.name}, seed {seed}: {recall} {cell.value(TEST, recall):.4f}, "
                f"{MAP} {cell.value(TEST, MAP):.4f}, {cell.seconds:.1f} s"
            )
        return Outcome(contender, tuple(cells), n_trials)

    def comparison(
        self, outcomes: tuple[Outcome, ...], seeds: tuple[int, ...], n_trials: int
    ) -> Comparison:
        """The outcomes with what they have in common."""
        split = self.judge.split_of(self.tuning_seed)
        return Comparison(
            dataset=self.kept.dataset,
            split_name=split.name,
            split=split.record,
            protocol=self.data.protocol,
            at=self.judge.at,
            seeds=seeds,
            n_trials=n_trials,
            outcomes=outcomes,
            n_training=np.diff(split.training.starts),
        )

    def _cell(self, contender: Contender, seed: int, is_trial: bool) -> Cell:
        """A kept cell with the figures asked for, or a new one: fitted, ranked, measured, kept."""
        held = self.kept.find(contender, seed)
        part = VALIDATION if is_trial else TEST
        # Of cold items, values of the tested users alone were kept once: no seed fits another.
        n_users = self.judge.split_of(seed).training.n_users
        if (
            held is not None
            and held.has(part, main_metrics(self.judge.at))
            and all(len(values) == n_users for values in held.by_user.values())
        ):
            return held
        fit = self.best_trial.fit_of(contender, seed) or fit_contender(contender, seed)
        cell = self.judge.cell(fit, is_trial)
        self.kept.keep(contender, cell, self.judge.split_of(seed).record)
        if is_trial:
            self.best_trial.offer(fit, cell.value(VALIDATION, MAP))
        return cell


def plain(value: Value) -> str:
    """A setting's value in few characters."""
    return f"{value:g}" if isinstance(value, float) else str(value)
