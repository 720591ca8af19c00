"""Trains a MARS variant to be measured: the one place where evaluation meets training."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mars_model.bundle.vocabulary import Vocabulary
from mars_model.evaluation.average_precision import CUTOFF
from mars_model.evaluation.split import Split
from mars_model.evaluation.validation import rank_by_vectors, validation_of
from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.sessions import Attention, open_attention
from mars_model.settings import Settings
from mars_model.training.export import export_network
from mars_model.training.loop import Progress, TrainingResult, train
from mars_model.training.network import (
    MarsNetwork,
    all_vectors,
    build_network,
    encode_new,
)


@dataclass(frozen=True)
class TrainedVariant:
    """A network with the weights of its best epoch, and the graph that ranks by its vectors."""

    network: MarsNetwork
    attention: Attention
    result: TrainingResult

    def catalogue(self, documents: NDArray[np.int64]) -> Catalogue:
        """All items of the training as candidates; `documents` [n_items, L] are in its order."""
        return Catalogue.of_vectors(*all_vectors(self.network, documents))

    def new_candidates(self, documents: NDArray[np.int64]) -> NDArray[np.float32]:
        """Candidate vectors [D, K] of items that training did not have: from text alone."""
        return encode_new(self.network.item_encoder, documents)


def train_variant(
    settings: Settings,
    n_words: int,
    documents: NDArray[np.int64],
    training: LikeMatrix,
    held: LikeMatrix,
    progress: Progress | None = None,
) -> TrainedVariant:
    """Train on likes of the items of `documents` [n_items, L], early stopping on held-out likes."""
    n_likes = np.bincount(training.item_idx, minlength=training.n_items)
    seed, scale = settings.training.seed, settings.training.logit_scale
    network = build_network(n_words, settings.model, seed, n_likes, scale)
    weighing = settings.model.attention
    with tempfile.TemporaryDirectory(prefix="mars-evaluate-") as folder:
        attention = open_attention(export_network(network, Path(folder), weighing).attention)
    validate, _ = validation_of(attention, training, held, settings)
    result = train(network, documents, training, settings.training, validate, progress, weighing)
    return TrainedVariant(network, attention, result)


def rank_variant(
    settings: Settings, words: Sequence[Sequence[str]], split: Split, seed: int
) -> NDArray[np.int64]:
    """Train on the split's training likes and rank all other items: [U, 500].

    `words` are those of each item by position. Validation likes only stop the training; they
    are ranked like any other item. Every user has a training like.
    """
    settings = with_seed(settings, seed)
    vocabulary = vocabulary_of(words, settings.documents.min_occurrences)
    documents = vocabulary.encode(words, settings.model.max_words, settings.model.window)
    trained = train_variant(
        settings, len(vocabulary.words), documents, split.training, split.validation
    )
    catalogue = trained.catalogue(documents)
    return rank_by_vectors(trained.attention, catalogue, split.training, CUTOFF, settings.scoring)


def with_seed(settings: Settings, seed: int) -> Settings:
    """The same settings, the training's randomness by another seed."""
    training = settings.training.model_copy(update={"seed": seed})
    return settings.model_copy(update={"training": training})


def vocabulary_of(documents: Iterable[Iterable[str]], min_occurrences: int) -> Vocabulary:
    """Words seen at least so often in these documents, as `features.documents.count_words`."""
    counts = Counter(chain.from_iterable(documents))
    kept = sorted((-n, word) for word, n in counts.items() if n >= min_occurrences)
    return Vocabulary(tuple(word for _, word in kept))
