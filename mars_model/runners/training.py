"""Runs train: tables → arrays → a trained network → a checked bundle in the registry."""

import tempfile
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from mars_model.bundle.manifest import TrainedWith
from mars_model.bundle.promotion import Decision
from mars_model.bundle.registry import Bundle, Registry
from mars_model.evaluation.holdout import hold_out
from mars_model.evaluation.validation import validation_of
from mars_model.runners.exporting import write_bundle_files
from mars_model.runners.promotion import promote_if_no_worse
from mars_model.runners.training_data import collect_documents, read_training_data
from mars_model.scoring.encode import encode_documents
from mars_model.scoring.sessions import open_attention
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse
from mars_model.training.export import export_network
from mars_model.training.loop import Progress, TrainingResult, train
from mars_model.training.network import build_network


@dataclass(frozen=True)
class Trained:
    """A bundle, how its training went, and whether it is in use now."""

    bundle: Bundle
    result: TrainingResult
    decision: Decision


def train_model(
    warehouse: Warehouse,
    registry: Registry,
    settings: Settings,
    run_date: date,
    progress: Progress,
) -> Trained:
    """Train on the likes before the run date, check the export, write the bundle, judge it."""
    data = read_training_data(warehouse, settings, run_date)
    share, seed = settings.training.validation_share, settings.training.seed
    kept, held = hold_out(data.likes, share, seed, data.user_ids, data.item_ids)
    n_likes = np.bincount(kept.item_idx, minlength=kept.n_items)
    n_words, scale = len(data.vocabulary.words), settings.training.logit_scale
    network = build_network(n_words, settings.model, seed, n_likes, scale)
    weighing = settings.model.attention
    with tempfile.TemporaryDirectory(prefix="mars-train-") as folder:
        # The graph that a night ranks with ranks in validation too; it has no weights.
        attention = open_attention(export_network(network, Path(folder), weighing).attention)
    validate, n_validation_users = validation_of(attention, kept, held, settings)
    result = train(network, data.documents, kept, settings.training, validate, progress, weighing)

    write_files = partial(
        write_bundle_files,
        network=network,
        settings=settings.model,
        vocabulary=data.vocabulary,
        documents=data.documents,
        item_ids=data.item_ids,
        n_likes=n_likes,
    )
    bundle = registry.write(
        write_files,
        TrainedWith(
            likes=settings.likes,
            documents=settings.documents,
            model=settings.model,
            training=settings.training,
        ),
        data.versions,
        {
            "validation_map@500": result.best_validation,
            "n_validation_users": n_validation_users,
            "best_epoch": result.best_epoch,
            "n_epochs": result.n_epochs,
            "n_skipped_draws": result.n_skipped_draws,
            "n_sampled_candidates": result.n_sampled_candidates,
            "n_users": data.likes.n_users,
            "n_likes": data.likes.n_likes,
        },
        warehouse.is_synthetic(),
    )

    def measure(other: Bundle) -> float:
        validate, _ = validation_of(
            open_attention(other.file("attention.onnx")), kept, held, settings
        )
        documents = warehouse.read("item_documents", data.versions["item_documents"])
        item_ids, words = collect_documents(documents)
        return validate(*encode_documents(other, item_ids, words))

    return Trained(
        bundle, result, promote_if_no_worse(registry, bundle, settings, run_date, measure)
    )
