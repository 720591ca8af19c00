"""Settings of a training that follow from counts where they are left open, by written rules.

Source: docs/model.md, "One set of settings".
"""

import math

from mars_model.features.likes import LikeMatrix
from mars_model.settings import TrainingSettings

# Likes an item at which the share stops growing, and shrinking, and the shares there.
_FEW_LIKES, _LARGEST = 2.0, 0.5
_MANY_LIKES, _SMALLEST = 12.0, 0.3


def with_vector_dropout(settings: TrainingSettings, likes: LikeMatrix) -> TrainingSettings:
    """The settings with the share that follows from the training likes, where none is said."""
    if settings.vector_dropout is not None:
        return settings
    share = vector_dropout_of(likes.n_likes, likes.n_items)
    return settings.model_copy(update={"vector_dropout": share})


def users_of_batch(n_users: int) -> int:
    """A tenth of the users, 32 to 256, so that an epoch has ten steps or more."""
    return min(256, max(32, n_users // 10))


def vector_dropout_of(n_likes: int, n_items: int) -> float:
    """The share of the vectors' entries to drop: .5 up to 2 likes an item, .3 from 12 on.

    Between them it falls by the logarithm. Found on the validation likes of three sets with 1.5,
    1.8 and 12 likes an item.
    """
    likes_per_item = min(max(n_likes / max(1, n_items), _FEW_LIKES), _MANY_LIKES)
    way = math.log(likes_per_item / _FEW_LIKES) / math.log(_MANY_LIKES / _FEW_LIKES)
    return _LARGEST + way * (_SMALLEST - _LARGEST)
