"""What all trials of a study have in common, so that they can be compared."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from mars_model import __version__
from mars_model.errors import SettingsError
from mars_model.evaluation.search_space import Space
from mars_model.evaluation.training_set import TrainingData
from mars_model.settings import Settings

# How a training is computed, which its metric does not hang on.
_NOT_COMPARED = {"n_threads", "device"}


def made_of(settings: Settings, space: Space, data: TrainingData) -> dict[str, str]:
    """All that two trials must have in common to be compared."""
    branches = settings.model_dump(include={"likes", "documents", "model", "training"})
    shaping = {
        f"{branch}.{name}": str(value)
        for branch, leaves in branches.items()
        for name, value in leaves.items()
        if name not in _NOT_COMPARED
    }
    digest = hashlib.sha256(data.documents.tobytes())
    for array in (data.likes.starts, data.likes.item_idx):
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
