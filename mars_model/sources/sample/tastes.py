"""The sample's users: a few tastes each, and the ratings that follow from them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FIRST_USER_ID = 100_001
LOW_ONLY_SHARE = 0.01
FEW_LIKES_SHARE = 0.015
MEDIAN_LIKES, MIN_LIKES, MAX_LIKES = 20, 5, 150
MIN_WEIGHT = 0.15
LIKES_WITHIN_TASTES = 0.88
DISLIKES_WITHIN_TASTES = 0.15
MAX_SHARE_OF_TASTES = 0.6

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class User:
    """`tastes` are theme positions, strongest first, with `weights` that sum to 1."""

    user_id: int
    tastes: tuple[int, ...]
    weights: tuple[float, ...]
    n_likes: int
    n_dislikes: int


def draw_users(n_users: int, n_themes: int, rng: np.random.Generator) -> list[User]:
    """Users in the order of their ids; some have no likes at all, some only one or two."""
    n_low, n_few = round(LOW_ONLY_SHARE * n_users), round(FEW_LIKES_SHARE * n_users)
    sizes = [n_low, n_few, n_users - n_low - n_few]
    kinds = rng.permutation(np.repeat(["low", "few", "many"], sizes))
    users = []
    for position, kind in enumerate(kinds):
        drawn = round(float(rng.lognormal(np.log(MEDIAN_LIKES), 0.75)))
        n_likes = int(np.clip(drawn, MIN_LIKES, MAX_LIKES))
        n_dislikes = int(rng.poisson(1 + 0.2 * n_likes))
        if kind == "low":
            n_likes, n_dislikes = 0, max(2, n_dislikes)
        elif kind == "few":
            n_likes = int(rng.integers(1, 3))
        n_tastes = int(rng.integers(2, 5)) if n_likes <= 60 else 4
        tastes = tuple(int(t) for t in rng.choice(n_themes, n_tastes, replace=False))
        shares = np.sort(rng.dirichlet(np.full(n_tastes, 2.0)))[::-1]
        weights = MIN_WEIGHT + (1 - n_tastes * MIN_WEIGHT) * shares
        users.append(
            User(FIRST_USER_ID + 3 * position, tastes, tuple(weights.tolist()), n_likes, n_dislikes)
        )
    return users


def draw_popularity(membership: npt.NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    """Popularity of each item within each theme, skewed like 1 / rank.

    Shapes: membership `[M, T]`, popularity `[M, T]`, columns sum to 1 where a theme has items.
    """
    popularity = np.zeros(membership.shape)
    for theme in range(membership.shape[1]):
        items = rng.permutation(np.flatnonzero(membership[:, theme]))
        popularity[items, theme] = 1 / (np.arange(len(items)) + 3.0) ** 0.8
    normalised: Floats = popularity / np.maximum(popularity.sum(axis=0), 1e-12)
    return normalised


def _draw_items(weights: Floats, n: int, rng: np.random.Generator) -> Ints:
    """Positions of up to n distinct items, drawn in proportion to their weights `[M]`."""
    possible = np.flatnonzero(weights > 0)
    keys = np.log(weights[possible]) + rng.gumbel(size=len(possible))
    return possible[np.argsort(-keys)[:n]].astype(np.int64)


def draw_ratings(user: User, popularity: Floats, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """What one user rated: item positions `[R]`, all distinct, and ratings 1 to 5 `[R]`.

    At most MAX_SHARE_OF_TASTES of the items within the user's tastes are liked, so a small
    catalogue shortens long histories.
    """
    inside = popularity[:, list(user.tastes)] @ np.array(user.weights)
    outside = np.where(inside > 0, 0.0, popularity.sum(axis=1))
    n_most = int(MAX_SHARE_OF_TASTES * np.count_nonzero(inside))
    n_likes = min(user.n_likes, n_most)
    unseen = np.ones(len(inside))

    def draw_unseen(n: int, share_inside: float) -> Ints:
        n_inside = int(rng.binomial(n, share_inside))
        parts = ((inside, n_inside), (outside, n - n_inside))
        return np.concatenate([_draw_items(of * unseen, some, rng) for of, some in parts])

    likes = draw_unseen(n_likes, LIKES_WITHIN_TASTES)
    unseen[likes] = 0.0
    dislikes = draw_unseen(user.n_dislikes, DISLIKES_WITHIN_TASTES)
    high = np.where(rng.random(len(likes)) < 0.45, 5, 4)
    low = rng.choice([1, 2, 3], len(dislikes), p=[0.2, 0.3, 0.5])
    return np.concatenate([likes, dislikes]), np.concatenate([high, low]).astype(np.int64)


def draw_times(n: int, start_us: int, end_us: int, rng: np.random.Generator) -> Ints:
    """n moments in microseconds since 1970, within one user's active part of [start, end)."""
    joined = rng.uniform(0, 0.75)
    left = joined + (1 - joined) * rng.uniform(0.25, 1)
    shares = rng.uniform(joined, left, n)
    return (start_us + np.floor(shares * (end_us - start_us))).astype(np.int64)
