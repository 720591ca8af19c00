"""What tune searches, as data, and what its trials have in common.

Source: docs/model.md, "Search". The paper's grids: Zheng et al., section on settings.
"""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path

from mars_model import __version__
from mars_model.errors import SettingsError
from mars_model.evaluation.search_space import Choice, Range, Space, Value
from mars_model.evaluation.training_set import TrainingData
from mars_model.features.likes import LikeMatrix
from mars_model.settings import ModelSettings, Settings
from mars_model.training.derived_settings import settle

_DECAY = Range(1e-5, 1.0, is_log=True, zero_below=1e-4)
_PAPERS_PENALTIES = Choice((0.001, 0.002, 0.005, 0.01, 0.02, 0.05))

CATALOGUE: Space = {
    "training.learning_rate": Range(5e-4, 2e-2, is_log=True),
    "training.logit_scale": Range(0.5, 4.0, is_log=True),
    "training.history_dropout": Range(0.0, 0.7),
    "training.vector_dropout": Range(0.0, 0.7),
    "training.free_dropout": Range(0.0, 0.5),
    "training.weight_decay": _DECAY,
    "training.start_decay": Range(0.1, 30.0, is_log=True, zero_below=0.2),
    "training.free_weight_decay": _DECAY,
    "training.weight_averaging": Choice((0.9, 0.95, 0.98, 0.99, 0.995)),
    "model.representation_size": Choice((64, 96, 128, 192)),
    "model.embedding_size": Choice((64, 96, 128, 192)),
    "model.n_filters": Choice((32, 64, 128)),
}
SAMPLED: Space = {
    "training.learning_rate": Range(2e-4, 5e-3, is_log=True),
    "training.user_penalty": _PAPERS_PENALTIES,
    "training.item_penalty": _PAPERS_PENALTIES,
    "training.max_memory": Choice((5, 10, 20, 50)),
    "model.representation_size": Choice((5, 10, 20, 50, 70, 100)),
}

# How a training is computed, which its metric does not hang on.
_NOT_COMPARED = {"n_threads", "device"}


def space_of(settings: Settings, fixed: Collection[str] = ()) -> Space:
    """The settings to search for a variant: those that it has, without the `fixed` ones.

    Raises SettingsError where none is left.
    """
    whole = CATALOGUE if settings.training.objective == "catalogue" else SAMPLED
    left_out = {*fixed, *_missing_in(settings.model)}
    space = {name: values for name, values in whole.items() if name not in left_out}
    if not space:
        raise SettingsError(
            f"--set fixes every setting that could be searched ({', '.join(whole)}): leave at "
            "least one of them free"
        )
    return space


def with_values(settings: Settings, values: Mapping[str, Value]) -> Settings:
    """The settings with some of them, by dotted name, replaced."""
    tree = settings.model_dump()
    for name, value in values.items():
        branch, leaf = name.split(".")
        tree[branch][leaf] = value
    return Settings.model_validate(tree)


def values_in(settings: Settings, names: Collection[str], likes: LikeMatrix) -> dict[str, float]:
    """The values that some settings, by dotted name, have, or take with these training likes."""
    training = settle(settings, likes)
    tree = settings.model_copy(update={"training": training}).model_dump()
    return {name: tree[name.split(".")[0]][name.split(".")[1]] for name in names}


def made_of(settings: Settings, space: Space, data: TrainingData) -> dict[str, str]:
    """All that two trials must have in common to be compared."""
    branches = settings.model_dump(include={"likes", "documents", "model", "training"})
    shaping = {
        f"{branch}.{name}": str(value)
        for branch, leaves in branches.items()
        for name, value in leaves.items()
        if name not in _NOT_COMPARED
    }
    digest = hashlib.sha256(data.texts.documents.tobytes())
    for array in (data.likes.starts, data.likes.item_idx, data.texts.word_vectors):
        if array is not None:
            digest.update(array.tobytes())
    digest.update("\n".join(map(str, [*data.user_ids, *data.item_ids])).encode())
    likes_and_documents = digest.hexdigest()[:12]
    return {
        "release": __version__,
        "likes and documents before the run date": likes_and_documents,
        **shaping,
        **{name: str(values) for name, values in space.items()},
    }


def check_made_of(database: Path, begun: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raise SettingsError naming all differences between a study's first start and this one."""
    names = [name for name in {**begun, **now} if begun.get(name) != now.get(name)]
    if names:
        differences = "; ".join(
            f"'{name}' was {begun.get(name, 'missing')}, is {now.get(name, 'missing')}"
            for name in names
        )
        raise SettingsError(
            f"study {database}: its trials cannot be compared with new ones: {differences}. Put "
            "this back, or begin another study with --study NAME"
        )


def _missing_in(model: ModelSettings) -> set[str]:
    """Searched settings of parts that a variant does without."""
    missing: set[str] = set()
    if model.text == "none":
        missing |= {"training.weight_decay", "model.embedding_size"}
    if not model.starts_from_documents:
        missing.add("training.start_decay")
    if model.text != "cnn":
        missing.add("model.n_filters")
    # Without text, an item without its free vector is nothing: hiding it teaches nothing.
    if not model.has_free_vectors or model.text == "none":
        missing.add("training.free_dropout")
    if not model.has_free_vectors:
        missing.add("training.free_weight_decay")
    return missing
