"""What a search may try of each baseline: plain data, every range around its own paper's values."""

from collections.abc import Mapping

from mars_model.evaluation.search_space import Choice, Range, Space

_FACTORS = Choice((5, 10, 20, 50, 70, 100))  # the MARS paper's, section 4.4.1
_TOWERS = Choice(((64, 64), (128, 64, 32), (200, 200, 200)))
_SIZES = Choice((8, 16, 32, 64))
_DROPOUT = Range(0.0, 0.5)
_RATE = Range(3e-4, 1e-2, is_log=True)
_DECAY = Range(1e-7, 1e-3, is_log=True)
# Of DeepFM and Wide & Deep: their network, and how it is trained.
_NETWORK: Space = {"hidden": _TOWERS, "dropout": _DROPOUT}
_TRAINING: Space = {
    "learning_rate": _RATE,
    "n_epochs": Range(3, 40),
    "weight_decay": _DECAY,
    "has_item_ids": Choice((True, False)),
}

SPACES: Mapping[str, Space] = {
    "popularity": {},
    "item-knn": {
        "n_neighbours": Range(20, 10000, is_log=True),
        "popularity_discount": Range(-1.0, 0.5),
    },
    "ease": {"penalty": Range(20.0, 5000.0, is_log=True)},
    "slim": {
        "penalty": Range(5.0, 50000.0, is_log=True),
        "absolute_penalty": Range(0.003, 5.0, is_log=True, zero_below=0.01),
    },
    "als": {
        "n_factors": Range(2, 200, is_log=True),
        "penalty": Range(0.03, 10.0, is_log=True),
        "alpha": Range(0.1, 40.0, is_log=True),
    },
    # Narrow for its sharp peak; the paper has .1 and .003, .02 and .002 on far larger sets.
    "ials": {
        "n_factors": Range(32, 768, is_log=True),
        "unliked_weight": Range(0.005, 0.2, is_log=True),
        "penalty": Range(0.002, 0.1, is_log=True),
    },
    "bpr": {
        "n_factors": _FACTORS,
        "learning_rate": Range(0.005, 0.2, is_log=True),
        "penalty": Range(1e-4, 0.1, is_log=True),
        "n_epochs": Range(20, 300, is_log=True),
    },
    "neumf": {
        "n_factors": _SIZES,
        "hidden": Choice(((32, 16, 8), (64, 32, 16))),
        "learning_rate": _RATE,
        "n_epochs": Range(5, 40),
        "dropout": _DROPOUT,
        "weight_decay": _DECAY,
    },
    "cmf": {
        "n_factors": _FACTORS,
        "penalty": Range(0.5, 100.0, is_log=True),
        "alpha": Range(0.5, 20.0, is_log=True),
        "words_weight": Range(0.03, 50.0, is_log=True),
    },
    "ctr": {
        "n_topics": Choice((20, 50, 100)),
        "user_penalty": Range(0.05, 20.0, is_log=True),
        "item_penalty": Range(0.01, 100.0, is_log=True),
        "unliked_weight": Range(0.003, 0.3, is_log=True),
    },
    "deepfm": {"n_factors": _SIZES, **_NETWORK, **_TRAINING},
    "wide-and-deep": {
        "embedding_size": _SIZES,
        **_NETWORK,
        "wide_penalty": Range(1e-8, 1e-4, is_log=True),
        **_TRAINING,
    },
    "cdl": {
        "n_factors": Choice((20, 50, 100)),
        "user_penalty": Range(0.05, 20.0, is_log=True),
        "item_penalty": Range(0.1, 100.0, is_log=True),
        "reconstruction_weight": Range(1.0, 10000.0, is_log=True),
        "weight_penalty": Range(0.001, 1.0, is_log=True),
        "hidden": Choice(((200,), (200, 100))),
        "unliked_weight": Range(0.003, 0.3, is_log=True),
    },
}
