"""What training learns from, as arrays by position: texts, likes, and whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mars_model.bundle.vocabulary import Vocabulary
from mars_model.errors import InputDataError
from mars_model.evaluation.holdout import hold_out
from mars_model.features.likes import LikeMatrix
from mars_model.features.year_words import is_year_word
from mars_model.settings import Settings
from mars_model.sources.word_vectors import read_word_vectors


@dataclass(frozen=True)
class Texts:
    """What encoders read of the items, by position.

    `documents` `[n_items, L]` are ids of the vocabulary, 0 pads behind the last word;
    `word_vectors` `[V + 1, D]` are those of the file in the settings, zero where a word has none.
    """

    vocabulary: Vocabulary
    documents: NDArray[np.int64]
    word_vectors: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, words: Sequence[Sequence[str]], settings: Settings) -> "Texts":
        """From the words of each item, which make the vocabulary.

        Raises SettingsError or InputDataError where the file of word vectors is none.
        """
        model = settings.model
        vocabulary = Vocabulary.of(words, settings.documents.min_occurrences)
        documents = vocabulary.encode(words, model.max_words, model.window)
        if model.word_vectors is None:
            return cls(vocabulary, documents)
        vectors = read_word_vectors(Path(model.word_vectors), vocabulary.words)
        return cls(vocabulary, documents, vectors)

    @property
    def n_words(self) -> int:
        """Words of the vocabulary, the padding not among them."""
        return len(self.vocabulary.words)

    @property
    def n_with_year(self) -> int:
        """Items whose documents have a year."""
        words = enumerate(self.vocabulary.words, start=1)
        year_ids = [word_id for word_id, word in words if is_year_word(word)]
        return int(np.isin(self.documents, year_ids).any(axis=1).sum())


@dataclass(frozen=True)
class TrainingData:
    """The items' texts, the likes of users who can train, and the ids of both."""

    texts: Texts
    likes: LikeMatrix
    user_ids: NDArray[np.generic]
    item_ids: NDArray[np.generic]
    versions: dict[str, int] = field(default_factory=dict)

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
        source = f" ({', '.join(f'{n} version {v}' for n, v in versions.items())})" * bool(versions)
        texts = Texts.of(words, settings)
        if not texts.n_words and settings.model.text != "none":
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
        return cls(texts, likes, user_ids, item_ids, versions)

    def hold_out(self, settings: Settings) -> tuple[LikeMatrix, LikeMatrix]:
        """The likes to learn from, and those held out for validation."""
        share, seed = settings.training.validation_share, settings.training.seed
        return hold_out(self.likes, share, seed, self.user_ids, self.item_ids)
