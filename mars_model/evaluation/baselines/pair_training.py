"""Trains a network over pairs: likes against items drawn at random, by the logistic loss.

Source: the sampling of X. He et al., "Neural Collaborative Filtering" (2017), section 3.1.1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mars_model.evaluation.baselines.interface import Known
from mars_model.evaluation.baselines.pair_network import PairNetwork, PairScores
from mars_model.features.likes import LikeMatrix
from mars_model.training.reproducible import reproducible


@dataclass(frozen=True, kw_only=True)
class PairTraining:
    """How long and how fast; each like of a step comes with `n_negatives` items not liked."""

    n_epochs: int = 20
    learning_rate: float = 0.001
    n_negatives: int = 4
    batch_size: int = 512  # likes
    weight_decay: float = 1e-5


def fit_pairs(
    build: Callable[[Known], PairNetwork],
    known: Known,
    training: PairTraining,
    penalty: Callable[[PairNetwork], Tensor] | None = None,
) -> PairScores:
    """Build with torch's generator seeded by `known.seed`, then train; bit for bit the same.

    `penalty` is added to the mean loss of each step.
    """
    likes = known.likes
    rng = np.random.default_rng(known.seed)
    unliked = UnlikedItems(likes)
    users = likes.user_idx
    with reproducible(known.n_threads), torch.random.fork_rng(devices=[]):
        torch.manual_seed(known.seed)
        network = build(known).train()
        optimizer = torch.optim.Adam(
            network.parameters(),
            lr=training.learning_rate,
            weight_decay=training.weight_decay,
            fused=True,
        )
        for _ in range(training.n_epochs):
            order = rng.permutation(likes.n_likes)
            for start in range(0, len(order), training.batch_size):
                batch = order[start : start + training.batch_size]
                liked = likes.item_idx[batch, None]
                others = unliked.draw(users[batch], training.n_negatives, rng)
                items = torch.from_numpy(np.hstack([liked, others]))
                logits = network(torch.from_numpy(users[batch]), items)
                target = torch.zeros_like(logits)
                target[:, 0] = 1.0
                loss = nn.functional.binary_cross_entropy_with_logits(logits, target)
                if penalty is not None:
                    loss = loss + penalty(network)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
    return PairScores(network, likes.n_items, known.n_threads)


class UnlikedItems:
    """Draws items that users do not like, uniformly; who likes all gets any."""

    def __init__(self, likes: LikeMatrix) -> None:
        self.n_items = likes.n_items
        self.n_likes = np.diff(likes.starts)
        self.pairs = likes.user_idx * likes.n_items + likes.item_idx  # ascending

    def draw(self, users: NDArray[np.int64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """`n` items for each user, [B, n]; the same item may come twice."""
        drawn = rng.integers(self.n_items, size=(len(users), n))
        rows, columns = np.nonzero(np.repeat(self.n_likes[users, None] < self.n_items, n, axis=1))
        while len(rows):
            keys = users[rows] * self.n_items + drawn[rows, columns]
            at = np.minimum(np.searchsorted(self.pairs, keys), len(self.pairs) - 1)
            is_liked = self.pairs[at] == keys
            rows, columns = rows[is_liked], columns[is_liked]
            drawn[rows, columns] = rng.integers(self.n_items, size=len(rows))
        return drawn
