"""Generated likes: latent tastes, popularity by Zipf's law, long-tailed histories.

Items lie in a latent space around cluster centres; a user's taste is a mix of a few centres. A
like is proposed by the user's clusters and the items' popularity, and accepted by how close taste
and item are. No number is drawn in a Python loop over likes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mars_model.features.likes import LikeMatrix

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

N_DIMENSIONS = 16
CLUSTERS_PER_USER = 3
# Zipf-Mandelbrot: without the offset the first item alone would be liked by everybody.
ZIPF_OFFSET = 20
# Sigma of the log of a history's length: the median is 0.6 of the mean, 1 % is 5 times as long.
LENGTH_SIGMA = 1.0
MIN_LIKES = 3
# How sharply closeness decides, and the share of proposals from the whole catalogue.
SHARPNESS = 4.0
SHARE_ANYWHERE = 0.1
# Every item has a like, as in a data set cut from likes, as far as this share of them goes.
MAX_SHARE_FOR_COVERAGE = 0.4
USERS_TRIED_PER_ITEM = 8
MAX_ROUNDS = 40


@dataclass(frozen=True)
class Items:
    """Shapes: I items, D dimensions, S clusters.

    Items lie cluster after cluster, the most popular first: `starts` [S+1] says where each
    cluster begins. `item_idx` [I] are their positions outside, in no order.
    """

    taste: FloatArray  # [I, D] unit vectors
    starts: IntArray  # [S+1]
    cumulated: NDArray[np.float64]  # [I], popularity added up, 1 at the end
    item_idx: IntArray  # [I]
    centres: FloatArray  # [S, D] unit vectors

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.item_idx)


def draw_items(n_items: int, seed: int) -> Items:
    """Place the items; the same numbers give the same items, whoever likes them."""
    rng = np.random.default_rng([seed, n_items])
    n_clusters = max(4, round(np.sqrt(n_items) / 2))
    centres = _unit(rng.normal(size=(n_clusters, N_DIMENSIONS)))
    cluster = rng.choice(n_clusters, n_items, p=rng.dirichlet(np.full(n_clusters, 2.0)))
    popularity = 1 / (ZIPF_OFFSET + rng.permutation(n_items))
    order = np.lexsort((-popularity, cluster))
    noise = rng.normal(size=(n_items, N_DIMENSIONS)) / np.sqrt(N_DIMENSIONS)
    return Items(
        taste=_unit(centres[cluster[order]] + 0.7 * noise),
        starts=np.searchsorted(cluster[order], np.arange(n_clusters + 1)),
        cumulated=np.cumsum(popularity[order]) / popularity.sum(),
        item_idx=rng.permutation(n_items),
        centres=centres,
    )


def draw_lengths(n_users: int, mean_likes: float, n_items: int, seed: int) -> IntArray:
    """How many items each user likes [U]: log-normal with this mean, at most half of the items."""
    rng = np.random.default_rng([seed, n_users, 1])
    drawn = rng.lognormal(np.log(mean_likes) - LENGTH_SIGMA**2 / 2, LENGTH_SIGMA, n_users)
    return np.clip(np.rint(drawn).astype(np.int64), MIN_LIKES, max(MIN_LIKES, n_items // 2))


def draw_likes(items: Items, lengths: IntArray, seed: int) -> LikeMatrix:
    """Draw so many likes for each user; the same arguments give the same likes.

    A user whose clusters are used up gets the rest from the whole catalogue, and stays short
    where that is not enough within some rounds.
    """
    rng = np.random.default_rng([seed, len(lengths), 2])
    n_users, n_items = len(lengths), items.n_items
    clusters = rng.integers(len(items.centres), size=(n_users, CLUSTERS_PER_USER))
    weight = rng.dirichlet(np.ones(CLUSTERS_PER_USER), n_users)
    noise = rng.normal(size=(n_users, N_DIMENSIONS)) / np.sqrt(N_DIMENSIONS)
    taste = _unit((weight[..., None] * items.centres[clusters]).sum(axis=1) + 0.3 * noise)
    keys = _cover_items(items, taste, lengths, rng)
    for turn in range(MAX_ROUNDS):
        missing = lengths - np.bincount(keys // n_items, minlength=n_users)
        if not missing.any():
            break
        users = np.repeat(np.arange(n_users), 3 * missing)
        is_late = turn > MAX_ROUNDS // 2
        chosen = _choose_cluster(clusters, weight, users, rng)
        rows = _propose(items, chosen, rng, share_anywhere=1.0 if is_late else SHARE_ANYWHERE)
        closeness = np.einsum("ld,ld->l", taste[users], items.taste[rows])
        is_liked = (rng.random(len(rows)) < np.exp(SHARPNESS * (closeness - 1))) | is_late
        new = users[is_liked] * n_items + rows[is_liked]
        keys = _keep_first(np.concatenate([keys, new]), lengths, n_items)
    users, rows = keys // n_items, keys % n_items
    item_idx = items.item_idx[rows]
    order = np.lexsort((item_idx, users))
    starts = np.concatenate([[0], np.cumsum(np.bincount(users, minlength=n_users))])
    return LikeMatrix(starts.astype(np.int64), item_idx[order].astype(np.int32), n_items)


def _cover_items(
    items: Items, taste: FloatArray, lengths: IntArray, rng: np.random.Generator
) -> IntArray:
    """A like for every item by the closest of some users, as keys user * n_items + row."""
    share = lengths / lengths.sum()
    tried = rng.choice(len(lengths), (items.n_items, USERS_TRIED_PER_ITEM), p=share)
    closeness = np.einsum("iud,id->iu", taste[tried], items.taste)
    users = tried[np.arange(items.n_items), closeness.argmax(axis=1)]
    keys = rng.permutation(users * items.n_items + np.arange(items.n_items))
    limits = (MAX_SHARE_FOR_COVERAGE * lengths).astype(np.int64)
    return _keep_first(keys, limits, items.n_items)


def _choose_cluster(
    clusters: IntArray, weight: NDArray[np.float64], users: IntArray, rng: np.random.Generator
) -> IntArray:
    """One of each user's clusters, by weight."""
    below = np.cumsum(weight, axis=1)[users, :-1]
    turn = (rng.random(len(users))[:, None] > below).sum(axis=1)
    return np.asarray(clusters[users, turn])


def _propose(
    items: Items, cluster: IntArray, rng: np.random.Generator, share_anywhere: float
) -> IntArray:
    """A row of `items` in each of these clusters, or anywhere, by popularity."""
    is_anywhere = rng.random(len(cluster)) < share_anywhere
    edges = np.concatenate([[0.0], items.cumulated])
    low = np.where(is_anywhere, 0.0, edges[items.starts[cluster]])
    high = np.where(is_anywhere, 1.0, edges[items.starts[cluster + 1]])
    rows = np.searchsorted(items.cumulated, low + (high - low) * rng.random(len(cluster)), "right")
    return np.minimum(rows, items.n_items - 1)


def _keep_first(keys: IntArray, limits: IntArray, n_items: int) -> IntArray:
    """Each key once, and of each user's only the first so many; in the order of the keys."""
    _, first = np.unique(keys, return_index=True)
    kept = keys[np.sort(first)]
    users = kept // n_items
    by_user = np.argsort(users, kind="stable")
    starts = np.searchsorted(users[by_user], np.arange(len(limits)))
    rank = np.empty(len(kept), dtype=np.int64)
    rank[by_user] = np.arange(len(kept)) - starts[users[by_user]]
    return np.asarray(kept[rank < limits[users]])


def _unit(vectors: NDArray[np.float64]) -> FloatArray:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(unit, dtype=np.float32)
