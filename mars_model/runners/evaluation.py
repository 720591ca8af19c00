"""Runs evaluate: models and baselines on held-out likes, over seeds, cell by cell."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from mars_model.errors import SettingsError
from mars_model.evaluation.cold_items import (
    rank_cold_by_tfidf,
    rank_cold_by_variant,
)
from mars_model.evaluation.comparison import (
    MAP,
    RECALL,
    Cell,
    Comparison,
    Contender,
    Outcome,
    measure,
)
from mars_model.evaluation.grids import BASELINES, grid
from mars_model.evaluation.splits.cold_items import split_cold_items
from mars_model.evaluation.splits.paper import split_likes
from mars_model.evaluation.splits.split import Split
from mars_model.evaluation.variant import rank_variant
from mars_model.features.likes import LikeMatrix
from mars_model.runners.evaluation_cells import KeptCells
from mars_model.runners.evaluation_data import EvaluationData, read_evaluation_data
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse

COLD_BASELINE = "tfidf"

Say = Callable[[str], None]
HeldOut = Callable[[int], dict[str, LikeMatrix]]  # seed → part → likes


def is_baseline(name: str) -> bool:
    """Whether a name is a baseline's; all others are names of models' settings files."""
    return name in (*BASELINES, COLD_BASELINE)


def evaluate(
    warehouse: Warehouse,
    settings: Settings,
    models: Mapping[str, Settings | None],
    run_date: date,
    seeds: Sequence[int],
    has_text_only: bool,
    say: Say,
) -> Comparison:
    """Compare on the paper's split; `models` has None for baselines.

    Baselines are tuned on the first seed's validation likes; test likes are read once their
    settings stand.
    """
    if COLD_BASELINE in models:
        raise SettingsError(f"model {COLD_BASELINE}: ranks cold items only, add --cold-items SHARE")
    _check_likes(settings, models)
    data = read_evaluation_data(warehouse, settings, run_date, has_text_only)
    kept = KeptCells.open(warehouse, data.fingerprint, "paper", data.protocol)
    split_of = cache(partial(split_likes, data.likes))

    def held_out(seed: int) -> dict[str, LikeMatrix]:
        return {"validation": split_of(seed).validation, "test": split_of(seed).test}

    outcomes = []
    for name, model in models.items():
        if model is None:
            tried = grid(name, settings.evaluation, split_of, warehouse.spark)
            contender = _tune(kept, tried, seeds[0], split_of(seeds[0]).validation, say)
        else:
            rank = partial(_rank_variant, model, data, split_of)
            contender = Contender(name, _shaping(model), rank, is_baseline=False)
        outcomes.append(_run(kept, contender, seeds, held_out, say))
    return Comparison(data.fingerprint, kept.split, data.protocol, tuple(outcomes))


def evaluate_cold_items(
    warehouse: Warehouse,
    settings: Settings,
    models: Mapping[str, Settings | None],
    run_date: date,
    seeds: Sequence[int],
    has_text_only: bool,
    share: float,
    say: Say,
) -> Comparison:
    """Compare on items held out entirely, ranked by their text: models against TF-IDF."""
    if helpless := [n for n, model in models.items() if model is None and n != COLD_BASELINE]:
        raise SettingsError(
            f"model {', '.join(helpless)}: knows nothing of items without likes, so it cannot rank "
            f"cold items. The baseline for them is {COLD_BASELINE}"
        )
    _check_likes(settings, models)
    data = read_evaluation_data(warehouse, settings, run_date, has_text_only)
    kept = KeptCells.open(warehouse, data.fingerprint, f"cold items {share:g}", data.protocol)
    split_of = cache(partial(split_cold_items, data.likes, share))

    def rank(model: Settings | None, seed: int) -> NDArray[np.int64]:
        if model is None:
            return rank_cold_by_tfidf(data.words_of(settings.documents), split_of(seed))
        return rank_cold_by_variant(model, data.words_of(model.documents), split_of(seed), seed)

    outcomes = []
    for name, model in models.items():
        shaping = _shaping(model) if model else {"documents": _dump(settings.documents)}
        contender = Contender(name, shaping, partial(rank, model), is_baseline=model is None)
        held_out = lambda seed: {"test": split_of(seed).held_out}  # noqa: E731
        outcomes.append(_run(kept, contender, seeds, held_out, say))
    return Comparison(data.fingerprint, kept.split, data.protocol, tuple(outcomes))


def _tune(
    kept: KeptCells, tried: Sequence[Contender], seed: int, validation: LikeMatrix, say: Say
) -> Contender:
    """The settings with the best validation MAP@500; of equal ones the first of the grid."""
    if len(tried) == 1:
        return tried[0]
    values = []
    for contender in tried:
        cell = _cell(kept, contender, seed, {"validation": validation})
        values.append(cell.value("validation", MAP))
        say(f"{contender.name} {_said(contender)}: validation MAP@500 {values[-1]:.4f}")
    best = tried[values.index(max(values))]
    say(f"{best.name}: {_said(best)} chosen on the validation likes of seed {seed}")
    return best


def _run(
    kept: KeptCells, contender: Contender, seeds: Sequence[int], held_out: HeldOut, say: Say
) -> Outcome:
    """All seeds of a contender, those kept from an earlier start included."""
    cells = []
    for seed in seeds:
        cells.append(_cell(kept, contender, seed, held_out(seed)))
        say(
            f"{contender.name}, seed {seed}: "
            f"recall@50 {cells[-1].value('test', RECALL):.4f}, "
            f"MAP@500 {cells[-1].value('test', MAP):.4f}, {cells[-1].seconds:.1f} s"
        )
    return Outcome(contender, tuple(cells), "test")


def _cell(
    kept: KeptCells, contender: Contender, seed: int, held_out: Mapping[str, LikeMatrix]
) -> Cell:
    """A kept cell with these parts, or a new one: fitted, ranked, measured and kept."""
    held = kept.find(contender, seed)
    if held is not None and set(held_out) <= {figure.part for figure in held.figures}:
        return held
    start = time.perf_counter()
    ranked = contender.rank(seed)
    seconds = time.perf_counter() - start
    figures = [f for part, likes in held_out.items() for f in measure(ranked, part, likes)]
    cell = Cell(seed, tuple(figures), seconds)
    kept.keep(contender, cell)
    return cell


def _rank_variant(
    model: Settings, data: EvaluationData, split_of: Callable[[int], Split], seed: int
) -> NDArray[np.int64]:
    return rank_variant(model, data.words_of(model.documents), split_of(seed), seed)


def _check_likes(settings: Settings, models: Mapping[str, Settings | None]) -> None:
    """All models of a comparison see the same likes."""
    if other := [n for n, model in models.items() if model and model.likes != settings.likes]:
        raise SettingsError(
            f"model {', '.join(other)}: its file sets likes, which all models of a comparison "
            "share. Put them into the file of --conf"
        )


def _shaping(model: Settings) -> dict[str, Any]:
    """The settings that shape what a variant learns; the seed is a cell's own."""
    training = model.training.model_dump(mode="json", exclude={"seed", "n_threads"})
    return {
        "documents": _dump(model.documents),
        "model": _dump(model.model),
        "training": training,
    }


def _dump(branch: BaseModel) -> dict[str, Any]:
    return branch.model_dump(mode="json")


def _said(contender: Contender) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in contender.settings.items())
