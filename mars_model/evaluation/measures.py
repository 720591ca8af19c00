"""Ranked lists → the figures of a cell: how well they hit, what they are like, by popularity."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mars_model.evaluation.comparison import MAP, TEST, Figure
from mars_model.evaluation.metrics.accuracy import (
    CUTOFF,
    average_precision,
    hit_rate,
    ndcg,
    recall,
    reciprocal_rank,
)
from mars_model.evaluation.metrics.beyond_accuracy import (
    HEAD,
    MIDDLE,
    TAIL,
    catalogue_coverage,
    cold_share,
    novelty,
    popularity_groups,
    popularity_miscalibration,
)
from mars_model.evaluation.metrics.hits import Hits
from mars_model.evaluation.metrics.intra_list_similarity import ItemVectors, intra_list_similarity
from mars_model.evaluation.metrics.means import mean_over_users, n_counted
from mars_model.features.likes import LikeMatrix

# Parts of the test likes, by how much their items were liked in training.
ITEM_GROUPS = ("head items", "middle items", "tail items", "cold items")


def main_by_user(
    ranked: NDArray[np.int64], relevant: LikeMatrix, at: int
) -> dict[str, NDArray[np.float64]]:
    """The two metrics that models are compared by, of each user: [U], NaN for those left out."""
    hits = Hits.of(ranked, relevant)
    return {f"recall@{at}": recall(hits, at), MAP: average_precision(hits, CUTOFF)}


def figures_of(part: str, by_user: Mapping[str, NDArray[np.float64]]) -> tuple[Figure, ...]:
    """Means over the users who count."""
    return tuple(
        Figure(part, metric, mean_over_users(values), n_counted(values))
        for metric, values in by_user.items()
    )


def accuracy_beside(ranked: NDArray[np.int64], relevant: LikeMatrix, at: int) -> tuple[Figure, ...]:
    """What else says how well the lists hit: NDCG, hit rate, reciprocal rank."""
    hits = Hits.of(ranked, relevant)
    by_user = {
        f"ndcg@{at}": ndcg(hits, at),
        f"hit_rate@{at}": hit_rate(hits, at),
        f"mrr@{at}": reciprocal_rank(hits, at),
    }
    return figures_of(TEST, by_user)


def description(
    ranked: NDArray[np.int64], training: LikeMatrix, vectors: ItemVectors, at: int
) -> tuple[Figure, ...]:
    """What the lists are like, whatever they hit."""
    by_user = {
        f"novelty@{at}": novelty(ranked, training, at),
        f"similarity@{at}": intra_list_similarity(ranked, vectors, at),
        f"cold_share@{at}": cold_share(ranked, training, at),
        f"miscalibration@{at}": popularity_miscalibration(ranked, training, at),
    }
    covered = catalogue_coverage(ranked, training.n_items, at)
    of_all = Figure(TEST, f"coverage@{at}", covered, len(ranked))
    return (of_all, *figures_of(TEST, by_user))


def by_popularity(
    ranked: NDArray[np.int64], training: LikeMatrix, relevant: LikeMatrix, at: int
) -> tuple[Figure, ...]:
    """recall@`at` of the held-out likes of each of ITEM_GROUPS alone, as a part of its own."""
    groups = popularity_groups(training)
    is_cold = np.bincount(training.item_idx, minlength=training.n_items) == 0
    members = [(groups == group) & ~is_cold for group in (HEAD, MIDDLE, TAIL)] + [is_cold]
    found: list[Figure] = []
    for name, is_member in zip(ITEM_GROUPS, members, strict=True):
        hits = Hits.of(ranked, relevant.only(is_member[relevant.item_idx]))
        found += figures_of(part_of(name), {f"recall@{at}": recall(hits, at)})
    return tuple(found)


def part_of(group: str) -> str:
    """How a group's part of the test likes is called in a figure."""
    return f"{TEST}, {group}"
