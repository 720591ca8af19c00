"""Trains a MARS variant on a split and ranks with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.bundle.vocabulary import Vocabulary
from mars_model.evaluation.fit import FittingTask, attention_of, fit
from mars_model.evaluation.metrics.accuracy import CUTOFF
from mars_model.evaluation.splits.split import Split
from mars_model.evaluation.validation import rank_by_vectors
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.sessions import Attention
from mars_model.settings import AttentionKind, Settings
from mars_model.training.network import all_vectors


@dataclass(frozen=True)
class FittedVariant:
    """What a night would rank with: vectors, and the attention graph."""

    catalogue: Catalogue
    attention: Attention
    kind: AttentionKind


def fit_variant(
    settings: Settings, words: Sequence[Sequence[str]], split: Split, seed: int
) -> FittedVariant:
    """Train on the split's training likes; validation likes only stop the training.

    `words` are those of each item by position.
    """
    settings = with_seed(settings, seed)
    vocabulary = Vocabulary.of(words, settings.documents.min_occurrences)
    documents = vocabulary.encode(words, settings.model.max_words, settings.model.window)
    n_words = len(vocabulary.words)
    fitted = fit(FittingTask(documents, n_words, split.training, split.validation, settings))
    catalogue = Catalogue.of_vectors(*all_vectors(fitted.network, documents))
    return FittedVariant(catalogue, attention_of(settings.model), settings.model.attention)


def rank_variant(
    settings: Settings, words: Sequence[Sequence[str]], split: Split, seed: int
) -> NDArray[np.int64]:
    """Train, then rank all items but the training likes: [U, 500].

    Validation likes are ranked like any other item. Every user has a training like.
    """
    fitted = fit_variant(settings, words, split, seed)
    return rank_by_vectors(fitted.attention, fitted.catalogue, split.training, CUTOFF, fitted.kind)


def with_seed(settings: Settings, seed: int) -> Settings:
    """The same settings, the training's randomness by another seed."""
    training = settings.training.model_copy(update={"seed": seed})
    return settings.model_copy(update={"training": training})
