"""What training learns from, as arrays by position."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mars_model.bundle.vocabulary import Vocabulary
from mars_model.errors import InputDataError
from mars_model.evaluation.holdout import hold_out
from mars_model.features.likes import LikeMatrix
from mars_model.settings import ModelSettings, Settings
from mars_model.sources.word_vectors import read_word_vectors


def word_vectors_of(model: ModelSettings, vocabulary: Vocabulary) -> NDArray[np.float32] | None:
    """The vectors of a vocabulary's words from the file in the settings; None where it has none."""
    if model.word_vectors is None:
        return None
    return read_word_vectors(Path(model.word_vectors), vocabulary.words)


@dataclass(frozen=True)
class TrainingData:
    """Arrays by position: documents [n_items, L], the likes of users who can train, all ids."""

    vocabulary: Vocabulary
    documents: NDArray[np.int64]
    likes: LikeMatrix
    user_ids: NDArray[np.generic]
    item_ids: NDArray[np.generic]
    versions: dict[str, int] = field(default_factory=dict)
    word_vectors: NDArray[np.float32] | None = None  # [V + 1, D], of the file in the settings

    @classmethod
    def of(
        cls,
        words: Sequence[Sequence[str]],
        likes: LikeMatrix,
        user_ids: NDArray[np.generic],
        item_ids: NDArray[np.generic],
        settings: Settings,
        versions: dict[str, int],
    ) -> "TrainingData":
        """From the words of each item. Raises InputDataError where there is nothing to learn."""
        vocabulary = Vocabulary.of(words, settings.documents.min_occurrences)
        source = f" ({', '.join(f'{n} version {v}' for n, v in versions.items())})" * bool(versions)
        if not vocabulary.words and settings.model.text != "none":
            raise InputDataError(
                f"items{source}: no word occurs {settings.documents.min_occurrences} times, "
                "nothing to read. Lower documents.min_occurrences, add items with texts, or learn "
                "from likes alone: --set model.text=none"
            )
        if not likes.n_likes:
            raise InputDataError(
                f"likes{source}: no user with two likes or more, nothing to learn from. Check "
                "likes.min_rating, likes.min_per_user and the run date, or add interactions"
            )
        encoded = vocabulary.encode(words, settings.model.max_words, settings.model.window)
        vectors = word_vectors_of(settings.model, vocabulary)
        return cls(vocabulary, encoded, likes, user_ids, item_ids, versions, vectors)

    def hold_out(self, settings: Settings) -> tuple[LikeMatrix, LikeMatrix]:
        """The likes to learn from, and those held out for validation."""
        share, seed = settings.training.validation_share, settings.training.seed
        return hold_out(self.likes, share, seed, self.user_ids, self.item_ids)
