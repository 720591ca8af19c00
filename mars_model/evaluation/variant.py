"""Trains a MARS variant on a split and ranks with it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.fit import FittingTask, attention_of, fit
from mars_model.evaluation.metrics.accuracy import CUTOFF
from mars_model.evaluation.splits.split import Split
from mars_model.evaluation.training_set import Texts
from mars_model.evaluation.validation import rank_by_vectors
from mars_model.scoring.catalogue import Catalogue
from mars_model.settings import Settings
from mars_model.training.network import all_vectors


def fit_variant(
    settings: Settings, words: Sequence[Sequence[str]], split: Split, seed: int
) -> Catalogue:
    """Train on the split's training likes: the vectors that a night would rank with.

    Validation likes only stop the training. `words` are those of each item by position.
    """
    settings = with_seed(settings, seed)
    texts = Texts.of(words, settings)
    network = fit(FittingTask(texts, split.training, split.validation, settings)).network
    return Catalogue.of_vectors(*all_vectors(network, texts.documents))


def rank_variant(
    settings: Settings, words: Sequence[Sequence[str]], split: Split, seed: int
) -> NDArray[np.int64]:
    """Train, then rank all items but the training likes: [U, 500].

    Validation likes are ranked like any other item. Every user has a training like.
    """
    catalogue, attention = fit_variant(settings, words, split, seed), attention_of(settings.model)
    return rank_by_vectors(attention, catalogue, split.training, CUTOFF, settings.model.attention)


def with_seed(settings: Settings, seed: int) -> Settings:
    """The same settings, the training's randomness by another seed."""
    training = settings.training.model_copy(update={"seed": seed})
    return settings.model_copy(update={"training": training})
