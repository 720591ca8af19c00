"""Settings of a training that follow from its likes where they are left open, by written rules.

Six of them follow from one number: beside how many likes an item's likes are seen, which is the
likes of an average user times those of an average item. The more there are, the less is learned by
heart: less of a vector needs to be dropped, words need not be held near where they started,
and steps may be larger, fewer and less averaged.

Source: docs/model.md, "One set of settings".
"""

import math

from mars_model.features.likes import LikeMatrix
from mars_model.settings import Settings, TrainingSettings

# Likes beside an item's likes where the six stop changing, and what they are there and beyond.
_FEW, _MANY = 40.0, 1000.0
_VECTOR_DROPOUT = 0.5, 0.1
_START_DECAY = 3.0, 0.0
_LEARNING_RATE = 0.002, 0.009
_LOGIT_SCALE = 2.0, 1.2
_WEIGHT_AVERAGING = 0.99, 0.97
_MAX_EPOCHS = 70, 25


class SettledTraining(TrainingSettings):
    """Settings of a training with nothing left open."""

    users_per_batch: int
    logit_scale: float
    learning_rate: float
    vector_dropout: float
    start_decay: float
    weight_averaging: float
    max_epochs: int


def settle(settings: Settings, likes: LikeMatrix) -> SettledTraining:
    """Those of the training, and what follows from its likes where they say nothing.

    Words that start at random are not held to their start.
    """
    way = way_to_many(likes.n_likes, likes.n_users, likes.n_items)
    derived = {
        "users_per_batch": users_of_batch(likes.n_users),
        "logit_scale": _between(_LOGIT_SCALE, way),
        "learning_rate": _between(_LEARNING_RATE, way),
        "vector_dropout": _between(_VECTOR_DROPOUT, way),
        "start_decay": _between(_START_DECAY, way) if settings.model.starts_from_documents else 0.0,
        "weight_averaging": _between(_WEIGHT_AVERAGING, way),
        "max_epochs": round(_between(_MAX_EPOCHS, way)),
    }
    of_training = settings.training.model_dump()
    said = {name: value for name, value in of_training.items() if value is not None}
    return SettledTraining(**{**derived, **said})


def users_of_batch(n_users: int) -> int:
    """A tenth of the users, 32 to 256, so that an epoch has ten steps or more."""
    return min(256, max(32, n_users // 10))


def way_to_many(n_likes: int, n_users: int, n_items: int) -> float:
    """How far the likes are from few (0) to many (1), by the logarithm."""
    n_beside = n_likes / max(1, n_users) * n_likes / max(1, n_items)
    bounded = min(max(n_beside, _FEW), _MANY)
    return math.log(bounded / _FEW) / math.log(_MANY / _FEW)


def _between(ends: tuple[float, float], way: float) -> float:
    return ends[0] + way * (ends[1] - ends[0])
