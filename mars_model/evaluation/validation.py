"""What vectors are worth: ranks by the attention graph against held-out likes."""

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.metrics.accuracy import CUTOFF, mean_average_precision
from mars_model.features.likes import LikeMatrix
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.sessions import Attention
from mars_model.scoring.shortlist import shortlist
from mars_model.settings import AttentionKind, Settings
from mars_model.training.loop import Validate


def validation_of(
    attention: Attention, kept: LikeMatrix, held: LikeMatrix, settings: Settings
) -> tuple[Validate, int]:
    """MAP@500 of held-out likes among all items not liked in training, and on how many users.

    At most `training.max_validation_users` users, drawn by `training.seed`. Where nobody has
    enough likes to hold one out, the metric is 0 in every epoch.
    """
    can_rank = np.flatnonzero((np.diff(kept.starts) > 0) & (np.diff(held.starts) > 0))
    rng = np.random.default_rng(settings.training.seed)
    n_sampled = min(len(can_rank), settings.training.max_validation_users)
    users = np.sort(rng.choice(can_rank, n_sampled, replace=False))
    histories = LikeMatrix.from_rows([kept.row(u) for u in users], kept.n_items)
    relevant = LikeMatrix.from_rows([held.row(u) for u in users], held.n_items)

    kind = settings.model.attention

    def validate(
        candidates: NDArray[np.float32], memory: NDArray[np.float32], item_bias: NDArray[np.float32]
    ) -> float:
        catalogue = Catalogue.of_vectors(candidates, memory, item_bias)
        ranked = rank_by_vectors(attention, catalogue, histories, CUTOFF, kind)
        return mean_average_precision(ranked, relevant, CUTOFF)

    return validate, n_sampled


def rank_by_vectors(
    attention: Attention,
    catalogue: Catalogue,
    histories: LikeMatrix,
    k: int,
    kind: AttentionKind,
) -> NDArray[np.int64]:
    """Positions among the catalogue's candidates of each user's k best unseen ones: [U, k].

    Every user has at least one slot. Ties and short lists as in `shortlist`, which the nightly
    job calls too, by its float32 scores.
    """
    return shortlist(attention, catalogue, histories, k, kind=kind)[1].astype(np.int64)
