"""Files by which `train` and its processes hand each other a task, its outcome, or an error.

Arrays as .npy, settings and numbers as JSON, weights as safetensors: nothing is pickled.
"""

import json
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from mars_model.errors import InputDataError, MarsBatchError, SettingsError
from mars_model.evaluation.fit import Fitted, FittingTask, untrained_network
from mars_model.features.likes import LikeMatrix
from mars_model.settings import Settings
from mars_model.training.checkpoint import read_weights, write_weights
from mars_model.training.loop import TrainingResult

# What shapes a training; the others, a tracking address among them, stay where they are.
_BRANCHES = {"model", "training", "scoring"}
_RESULT = TypeAdapter(TrainingResult)
_KINDS = {kind.__name__: kind for kind in (MarsBatchError, SettingsError, InputDataError)}


def write_task(folder: Path, task: FittingTask) -> None:
    """Write a task into an existing folder."""
    np.save(folder / "documents.npy", task.documents, allow_pickle=False)
    for name, likes in (("kept", task.kept), ("held", task.held)):
        np.save(folder / f"{name}-starts.npy", likes.starts, allow_pickle=False)
        np.save(folder / f"{name}-items.npy", likes.item_idx, allow_pickle=False)
    settings = task.settings.model_dump(mode="json", include=_BRANCHES)
    numbers = {"n_words": task.n_words, "settings": settings}
    (folder / "task.json").write_text(json.dumps(numbers), encoding="utf-8")


def read_task(folder: Path) -> FittingTask:
    """Read a task. Raises MarsBatchError where the folder is not to be seen from here."""
    try:
        numbers = json.loads((folder / "task.json").read_bytes())
    except OSError as error:
        raise MarsBatchError(
            f"training process: {folder / 'task.json'} cannot be read ({error.strerror}). Put the "
            "models' folder (warehouse.models) on a disk that all machines share"
        ) from error
    documents = np.load(folder / "documents.npy", allow_pickle=False)

    def likes(name: str) -> LikeMatrix:
        starts = np.load(folder / f"{name}-starts.npy", allow_pickle=False)
        items = np.load(folder / f"{name}-items.npy", allow_pickle=False)
        return LikeMatrix(starts, items, len(documents))

    settings = Settings.model_validate(numbers["settings"])
    return FittingTask(documents, numbers["n_words"], likes("kept"), likes("held"), settings)


def write_fitted(folder: Path, fitted: Fitted) -> None:
    """Write the outcome of a task beside it."""
    write_weights(fitted.network, folder / "fitted.safetensors")
    result = json.loads(_RESULT.dump_json(fitted.result))
    numbers = {"n_validation_users": fitted.n_validation_users, "result": result}
    (folder / "fitted.json").write_text(json.dumps(numbers), encoding="utf-8")


def is_fitted(folder: Path) -> bool:
    """Whether the outcome is there."""
    return (folder / "fitted.json").is_file()


def read_fitted(folder: Path, task: FittingTask) -> Fitted:
    """Read the outcome of a task."""
    network = untrained_network(task)
    read_weights(network, folder / "fitted.safetensors")
    numbers = json.loads((folder / "fitted.json").read_bytes())
    result = _RESULT.validate_python(numbers["result"])
    return Fitted(network, result, numbers["n_validation_users"])


def write_error(folder: Path, error: Exception) -> None:
    """Write why a process stops; the first one that does is heard, the others follow from it."""
    first_line = (str(error).strip().splitlines() or [""])[0]
    said = {"kind": type(error).__name__, "message": first_line[:2000]}
    try:
        with (folder / "error.json").open("x", encoding="utf-8") as file:
            json.dump(said, file)
    except OSError:
        return  # another process was first, or the folder is not to be seen from here


def read_error(folder: Path) -> MarsBatchError | None:
    """Read why the processes stopped; None where none of them could say it."""
    try:
        said = json.loads((folder / "error.json").read_bytes())
    except (OSError, ValueError):
        return None
    if kind := _KINDS.get(said["kind"]):
        return kind(said["message"])
    return MarsBatchError(f"a training process: unexpected {said['kind']}: {said['message']}")
