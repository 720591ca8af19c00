"""Checkpoints: where an interrupted training goes on. Tensors and JSON only, nothing pickled."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save

from mars_model import __version__
from mars_model.training.epoch_records import EpochRecord
from mars_model.training.state import TrainingState

INDEX_FILE = "checkpoint.json"


class _Index(BaseModel):
    """The file that is read first: the finished epochs, and the tensors after the last of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    format: Literal[1] = 1
    tensors_file: str = Field(pattern=r"^epoch-[0-9]+\.safetensors$")
    sha256: str
    records: tuple[EpochRecord, ...]


def checkpoint_name(shape: dict[str, Any], arrays: Iterable[NDArray[Any]]) -> str:
    """Return `.checkpoint-<settings>-<data>`: two trainings of one name give the same weights.

    `shape` is all that shapes the training beside its arrays, as JSON takes it. The releases that
    compute count too. The leading dot keeps it out of the list of bundles.
    """
    releases = {"mars-batch": __version__, "torch": torch.__version__, "numpy": np.__version__}
    settings = hashlib.sha256(json.dumps([releases, shape], sort_keys=True).encode())
    data = hashlib.sha256()
    for array in arrays:
        data.update(f"{array.dtype.str}{array.shape}".encode())
        data.update(np.ascontiguousarray(array).data)
    return f".checkpoint-{settings.hexdigest()[:12]}-{data.hexdigest()[:12]}"


class Checkpoints:
    """The last finished epoch of one training, in a folder of its own.

    The index names its tensors and is replaced by one rename: whenever the training dies, the
    folder holds one whole epoch, the last or the one before.
    """

    def __init__(self, parent: Path, name: str, say: Callable[[str], None]) -> None:
        """Take the folder `<parent>/<name>`, made by the first `save`; `say` hears sentences."""
        self.folder = parent / name
        self._say = say
        self._has_warned = False

    def n_epochs(self) -> int:
        """Return how many finished epochs are kept; 0 where there is no usable checkpoint."""
        found = self._read()
        return len(found[0].records) if isinstance(found, tuple) else 0

    def load(self, state: TrainingState) -> None:
        """Bring the state to the last finished epoch, and say so; leave it where there is none.

        A damaged checkpoint is a warning: the training starts from its beginning.
        """
        found = self._read()
        if found is None:
            return
        restored = _restored(state, *found) if isinstance(found, tuple) else found
        if isinstance(restored, int):
            self._say(f"goes on after epoch {restored}, kept in {self.folder}")
        else:
            self._say(f"checkpoint {self.folder}: {restored}; training starts from the beginning")

    def save(self, state: TrainingState) -> None:
        """Keep the state after its last epoch in place of the one before.

        Where it cannot be written, one sentence says so and the training goes on.
        """
        tensors_file = f"epoch-{len(state.records)}.safetensors"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Copies: a table that both encoders share has two names, which safetensors refuses.
            content = save({name: v.detach().clone() for name, v in state.tensors().items()})
            (self.folder / tensors_file).write_bytes(content)
            index = _Index(
                tensors_file=tensors_file,
                sha256=hashlib.sha256(content).hexdigest(),
                records=tuple(state.records),
            )
            draft = self.folder / f".{INDEX_FILE}"
            draft.write_text(index.model_dump_json(indent=2) + "\n", encoding="utf-8")
            draft.replace(self.folder / INDEX_FILE)
            for older in self.folder.glob("*.safetensors"):
                if older.name != tensors_file:
                    older.unlink(missing_ok=True)
        except OSError as error:
            if not self._has_warned:
                self._has_warned = True
                self._say(
                    f"checkpoint {self.folder}: cannot be written ({error.strerror}); the "
                    "training goes on, but could not be resumed from here"
                )

    def remove(self) -> None:
        """Remove this checkpoint, and those that the same settings left on other data."""
        same_settings = self.folder.name.rsplit("-", 1)[0]
        for folder in self.folder.parent.glob(f"{same_settings}-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _read(self) -> tuple[_Index, bytes] | str | None:
        """Return index and tensors, None where there are none, or in words what is damaged."""
        try:
            index = _Index.model_validate_json((self.folder / INDEX_FILE).read_bytes())
            content = (self.folder / index.tensors_file).read_bytes()
        except ValidationError as error:
            return f"{INDEX_FILE} is not of this release ({error.error_count()} mismatches)"
        except OSError as error:
            if not (self.folder / INDEX_FILE).exists():
                return None
            return f"{Path(error.filename).name} cannot be read ({error.strerror})"
        if hashlib.sha256(content).hexdigest() != index.sha256:
            return f"{index.tensors_file} has another SHA-256"
        return index, content


def _restored(state: TrainingState, index: _Index, content: bytes) -> int | str:
    """The number of epochs that the state has now, or in words what does not fit it."""
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        return f"{index.tensors_file} holds no tensors ({str(error)[:200]})"
    if not state.takes(tensors):
        return f"{index.tensors_file} holds tensors of another network"
    state.restore(tensors, index.records)
    return len(index.records)
