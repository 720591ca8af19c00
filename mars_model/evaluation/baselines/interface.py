"""What a baseline is: settings that are fitted to what is known and then score users' items."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mars_model.evaluation.ranking import Scores
from mars_model.features.likes import LikeMatrix


@dataclass(frozen=True)
class Known:
    """All that a fit may use: training likes, each item's words by position, and a seed.

    `n_threads` is what every library is told to use; it shapes no figure, only seconds.
    """

    likes: LikeMatrix
    words: Sequence[Sequence[str]]
    seed: int
    n_threads: int = 2


class Baseline(Protocol):
    """A frozen dataclass of a method's settings; equal settings and `known` give equal scores."""

    def fit(self, known: Known) -> Scores:
        """Learn from the training likes, and from the words where the method reads them."""
        ...
