"""Trains a MARS variant on a split and ranks with it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from mars_model.bundle.vocabulary import Vocabulary
from mars_model.evaluation.fitting import FittingTask, attention_of, fit
from mars_model.evaluation.metrics.average_precision import CUTOFF
from mars_model.evaluation.splits.split import Split
from mars_model.evaluation.validation import rank_by_vectors
from mars_model.scoring.catalogue import Catalogue
from mars_model.settings import Settings
from mars_model.training.network import all_vectors


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
    n_words = len(vocabulary.words)
    fitted = fit(FittingTask(documents, n_words, split.training, split.validation, settings))
    catalogue = Catalogue.of_vectors(*all_vectors(fitted.network, documents))
    attention = attention_of(settings.model)
    return rank_by_vectors(attention, catalogue, split.training, CUTOFF, settings.model.attention)


def with_seed(settings: Settings, seed: int) -> Settings:
    """The same settings, the training's randomness by another seed."""
    training = settings.training.model_copy(update={"seed": seed})
    return settings.model_copy(update={"training": training})


def vocabulary_of(documents: Iterable[Iterable[str]], min_occurrences: int) -> Vocabulary:
    """Words seen at least so often in these documents, as `features.documents.count_words`."""
    counts = Counter(chain.from_iterable(documents))
    kept = sorted((-n, word) for word, n in counts.items() if n >= min_occurrences)
    return Vocabulary(tuple(word for _, word in kept))
