"""A bundle on generated likes: trained by the project's own training, or random factors."""

import time
from functools import partial

import click
import numpy as np
import torch
from numpy.typing import NDArray

from mars_model.bundle.manifest import TrainedWith
from mars_model.bundle.registry import Bundle
from mars_model.evaluation.export_bundle import write_bundle_files
from mars_model.evaluation.fit import attention_of
from mars_model.evaluation.training_set import TrainingData
from mars_model.evaluation.validation import validation_of
from mars_model.fitting.train import train_model
from mars_model.fitting.training_data import read_training_data
from mars_model.settings import Settings
from mars_model.training.epoch_records import EpochRecord
from mars_model.training.network import build_network
from night.scorer import Site
from night.tables import FIRST_NIGHT

# Before tanh; as flat or sharp as trained vectors are, but without any structure.
RANDOM_STD = 0.3


class EpochLines:
    """Prints a line for every epoch."""

    def on_step(self, epoch: int, n_epochs: int, step: int, n_steps: int, loss: float) -> None:
        """Steps are silent."""

    def on_epoch(self, record: EpochRecord) -> None:
        """An epoch was validated."""
        click.echo(
            f"  epoch {record.epoch}: loss {record.loss:.3f}, "
            f"validation MAP@500 {record.validation:.4f}",
            err=True,
        )


def train_bundle(site: Site) -> dict[str, float | str]:
    """Train, export and promote; returns the version and what it is worth against popularity."""
    started = time.perf_counter()
    trained = train_model(site.warehouse, site.registry, site.settings, FIRST_NIGHT, EpochLines())
    seconds = time.perf_counter() - started
    data = read_training_data(site.warehouse, site.settings, FIRST_NIGHT)
    return {
        "model_version": trained.bundle.model_version,
        "training_s": round(seconds, 1),
        "n_epochs": trained.result.n_epochs,
        "best_epoch": trained.result.best_epoch,
        "validation_map": trained.result.best_validation,
        "popularity_map": popularity_map(data, site.settings),
    }


def popularity_map(data: TrainingData, settings: Settings) -> float:
    """Validation MAP@500 of the most liked items, on the same held-out likes as the training's."""
    kept, held = data.hold_out(settings)
    validate, _ = validation_of(attention_of(settings.model), kept, held, settings)
    n_likes = np.bincount(kept.item_idx, minlength=kept.n_items)
    # Without vectors the bias alone ranks.
    zeros = np.zeros((kept.n_items, settings.model.representation_size), dtype=np.float32)
    return validate(zeros, zeros, n_likes.astype(np.float32))


def write_random_bundle(site: Site) -> Bundle:
    """A bundle whose vectors are tanh of Gaussian numbers, without bias; not promoted."""
    settings = site.settings
    data = read_training_data(site.warehouse, settings, FIRST_NIGHT)
    # Every item counts as liked: only such items have vectors of their own.
    ones = np.ones(data.likes.n_items, dtype=np.int64)
    network = build_network(data.texts.n_words, settings.model, 0, ones)
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for encoder in (network.item_encoder, network.user_encoder):
            assert encoder.free is not None
            encoder.free.table.copy_(_gaussian(rng, tuple(encoder.free.table.shape)))
        assert network.item_bias is not None
        network.item_bias.values.zero_()
    write_files = partial(
        write_bundle_files,
        network=network,
        settings=settings.model,
        vocabulary=data.texts.vocabulary,
        documents=data.texts.documents,
        item_ids=data.item_ids,
        n_likes=ones,
    )
    trained_with = TrainedWith(
        likes=settings.likes,
        documents=settings.documents,
        model=settings.model,
        training=settings.training,
    )
    return site.registry.write(write_files, trained_with, data.versions, {}, is_synthetic=True)


def _gaussian(rng: np.random.Generator, shape: tuple[int, ...]) -> torch.Tensor:
    values: NDArray[np.float32] = rng.normal(0, RANDOM_STD, shape).astype(np.float32)
    return torch.from_numpy(values)
