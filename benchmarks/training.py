"""Times the paper's objective here against the same model written the usual way.

Both take the same batches from the same weights, in one process, in turn.
How to read the figures: benchmarks/README.md.
"""

import os
import statistics
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import click
import numpy as np
import torch

from mars_model.evaluation.fit import FittingTask, fit
from mars_model.evaluation.training_set import TrainingData
from mars_model.fitting.training_data import read_training_data
from mars_model.settings import Settings, find_model_file, load_settings
from mars_model.tables.session import open_session
from mars_model.tables.warehouse import Warehouse
from mars_model.training.derived_settings import settle
from mars_model.training.epoch_records import EpochRecord
from mars_model.training.network import build_network
from mars_model.training.reproducible import reproducible
from mars_model.training.sampled_objective import SampledObjective
from mars_model.training.sampling import TrainingBatch
from usual_way import Way, both_ways, check_same_loss


def compare(data: TrainingData, settings: Settings, n_batches: int, n_rounds: int) -> None:
    """Print seconds per positive of both ways and their ratio, over rounds of the same batches."""
    training = settle(settings, data.likes)
    torch.set_num_threads(training.n_threads)
    network = build_network(data.texts.n_words, settings.model, training.seed)
    objective = SampledObjective(data.likes, training, settings.model.attention)
    ways = both_ways(network, objective, torch.from_numpy(data.texts.documents), training)
    draws = objective.draw_epoch(np.random.default_rng(training.seed))
    first = next(draws)
    losses = check_same_loss(*ways, first)
    print(describe(data, settings))
    print(
        f"first batch: {len(first.positive_idx)} positives, "
        f"{2 * len(first.positive_idx) + int(first.memory_mask.sum()):,} documents; "
        f"loss {losses[0]:.7f} here, {losses[1]:.7f} the usual way",
        flush=True,
    )
    for way in ways:
        way.step(first)
    rounds = [
        time_round(ways, number, list(islice(draws, n_batches)))
        for number in range(1, n_rounds + 1)
    ]
    ratios = [usual / here for here, usual in rounds]
    here, usual = (statistics.median(seconds) for seconds in zip(*rounds, strict=True))
    n_positives = objective.n_steps * training.batch_size
    print(
        f"ratio per positive over {n_rounds} rounds of {n_batches} batches: "
        f"median {statistics.median(ratios):.2f}, min {min(ratios):.2f}, max {max(ratios):.2f}\n"
        f"an epoch of {objective.n_steps:,} steps, reckoned from these batches: "
        f"{here * n_positives:,.0f} s here, {usual * n_positives:,.0f} s the usual way",
        flush=True,
    )


def time_round(
    ways: tuple[Way, Way], number: int, batches: list[TrainingBatch]
) -> tuple[float, float]:
    """Time both on the same batches and print it: seconds per positive here, the usual way.

    Who goes first changes from round to round, so that neither always finds the warmer cache.
    """
    turns = [0, 1] if number % 2 else [1, 0]
    # Only training here asks torch for the same bits every time; the usual way goes without.
    found = {turn: seconds_per_positive(ways[turn], batches, is_exact=turn == 0) for turn in turns}
    here, usual = found[0], found[1]
    print(
        f"round {number}: {1e6 * here:,.0f} us a positive here, {1e6 * usual:,.0f} us the usual "
        f"way, ratio {usual / here:.2f}",
        flush=True,
    )
    return here, usual


def seconds_per_positive(way: Way, batches: list[TrainingBatch], is_exact: bool) -> float:
    """Time the steps of some batches; `is_exact` as in `reproducible`."""
    with reproducible(torch.get_num_threads(), is_exact):
        started = time.perf_counter()
        for batch in batches:
            way.step(batch)
        seconds = time.perf_counter() - started
    return seconds / sum(len(batch.positive_idx) for batch in batches)


def describe(data: TrainingData, settings: Settings) -> str:
    """Data, sizes, threads and load, in a few lines."""
    model, training, likes = settings.model, settings.training, data.likes
    lengths = (data.texts.documents != 0).sum(axis=1)
    return (
        f"{likes.n_users:,} users, {likes.n_items:,} items, {likes.n_likes:,} likes; "
        f"{data.texts.n_words:,} words, {lengths.mean():.0f} a document, "
        f"{lengths.max()} at most\n"
        f"{model.variant}: e {model.embedding_size}, c {model.window}, g {model.n_filters}, "
        f"K {model.representation_size}; batch {training.batch_size}, memory "
        f"{training.max_memory}\n"
        f"torch {torch.__version__}, {torch.get_num_threads()} threads of {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}"
    )


class EpochClock:
    """Keeps when each epoch was over, validation included."""

    def __init__(self) -> None:
        self.ends: list[float] = []
        self._started = time.perf_counter()

    def on_step(self, epoch: int, n_epochs: int, step: int, n_steps: int, loss: float) -> None:
        """Steps are not timed."""

    def on_epoch(self, record: EpochRecord) -> None:
        """An epoch is over."""
        self.ends.append(time.perf_counter() - self._started)


def time_until_best(data: TrainingData, settings: Settings) -> None:
    """Print how long a training takes to its best validation MAP@500, and to its end."""
    kept, held = data.hold_out(settings)
    clock = EpochClock()
    task = FittingTask(data.texts, kept, held, settings)
    result = fit(task, clock).result
    print(
        f"{settings.model.variant} ({settings.training.objective}): best validation MAP@500 "
        f"{result.best_validation:.4f} at epoch {result.best_epoch} after "
        f"{clock.ends[result.best_epoch - 1]:.0f} s; {result.n_epochs} epochs in "
        f"{clock.ends[-1]:.0f} s",
        flush=True,
    )


@click.command()
@click.option("--warehouse", required=True, metavar="DIR", help="Tables: items, interactions.")
@click.option("--conf", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE")
@click.option("--rounds", "n_rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--batches", "n_batches", type=click.IntRange(1), default=5, show_default=True)
@click.option("--until-best", is_flag=True, help="Train mars and mars-plus to their best, too.")
def main(
    warehouse: str,
    conf: Path | None,
    overrides: tuple[str, ...],
    n_rounds: int,
    n_batches: int,
    until_best: bool,
) -> None:
    """Time training here against the usual way, on the likes and documents of a warehouse."""
    names = ("mars", "mars-plus") if until_best else ("mars",)
    models = [load_settings(conf, overrides, warehouse, find_model_file(name)) for name in names]
    spark = open_session()
    today = datetime.now(UTC).date()
    data = [read_training_data(Warehouse(spark, warehouse), model, today) for model in models]
    spark.stop()
    compare(data[0], models[0], n_batches, n_rounds)
    if until_best:
        for own, model in zip(data, models, strict=True):
            time_until_best(own, model)


if __name__ == "__main__":
    main()
