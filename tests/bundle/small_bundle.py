"""The files of a small bundle, written by the project's own export."""

import hashlib
import json
import tempfile
from pathlib import Path

import numpy as np

from mars_model.bundle.item_factors import ItemFactors
from mars_model.bundle.manifest import TrainedWith
from mars_model.bundle.registry import Bundle, Registry
from mars_model.settings import DocumentSettings, LikeSettings, ModelSettings, TrainingSettings
from mars_model.training.export import export_network
from mars_model.training.network import build_network
from tests.conftest import paper_model

WORDS = ("moon", "fire")
SIZES = {"embedding_size": 4, "n_filters": 5, "representation_size": 3, "max_words": 9}


def small_model(**changed: object) -> ModelSettings:
    """The paper's model in small."""
    return paper_model(**{**SIZES, **changed})


def small_content(model: ModelSettings | None = None) -> dict[str, bytes]:
    """The bytes of `model_files` by name, of a network that was not trained."""
    model = model or small_model()
    network = build_network(len(WORDS), model, 1, np.ones(2, dtype=np.int64))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export_network(network, folder, model.attention)
        (folder / "vocabulary.txt").write_text("".join(f"{word}\n" for word in WORDS))
        if model.has_item_factors:
            rows = np.arange(6, dtype=np.float32).reshape(2, 3) / 8
            factors = ItemFactors(np.array([7, 12]), rows, -rows, rows[:, 0])
            factors.write(folder / "item_factors.parquet")
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def write_small_bundle(folder: Path, model: ModelSettings | None = None) -> Bundle:
    """A bundle in a registry at this folder."""
    model = model or small_model()
    trained_with = TrainedWith(
        likes=LikeSettings(), documents=DocumentSettings(), model=model, training=TrainingSettings()
    )
    content = small_content(model)

    def write_files(draft: Path) -> None:
        for name, some in content.items():
            (draft / name).write_bytes(some)

    return Registry(folder).write(write_files, trained_with, {"items": 3}, {"map": 0.5}, False)


def change_manifest(folder: Path, **changed: object) -> None:
    """Other values in a bundle's manifest."""
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def replace_file(folder: Path, name: str, content: bytes) -> None:
    """Another file, and its hash in the manifest: what somebody does who writes bundles."""
    (folder / name).write_bytes(content)
    files = json.loads((folder / "manifest.json").read_text())["files"]
    change_manifest(folder, files={**files, name: hashlib.sha256(content).hexdigest()})
