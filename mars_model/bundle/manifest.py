"""The manifest: what a bundle is, what it was made from, and the hash of its every file."""

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from mars_model.errors import MarsBatchError
from mars_model.settings import DocumentSettings, LikeSettings, ModelSettings, TrainingSettings

MANIFEST_FILE = "manifest.json"
FACTORS_FILE = "item_factors.parquet"
ITEMS_FILE = "items.parquet"  # the items that a model kept by `mars_model.model` recommends
MODEL_FILES = (
    "item_encoder.onnx",
    "user_encoder.onnx",
    "attention.onnx",
    "relevance.onnx",
    "vocabulary.txt",
)


class Manifest(BaseModel):
    """Facts about a bundle; `files` holds the SHA-256 of `model_files`, and of `ITEMS_FILE`."""

    # A metric over nobody is NaN, which JSON would otherwise turn into null.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    format: Literal[3] = 3
    model_version: str
    is_synthetic: bool
    settings: "TrainedWith"
    data_versions: dict[str, int]
    n_words: int
    metrics: dict[str, float]
    files: dict[str, str]


class TrainedWith(BaseModel):
    """The branches of the settings that shaped the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    likes: LikeSettings
    documents: DocumentSettings
    model: ModelSettings
    training: TrainingSettings


def model_files(model: ModelSettings) -> tuple[str, ...]:
    """The files beside the manifest; models with item factors have one more."""
    return (*MODEL_FILES, FACTORS_FILE) if model.has_item_factors else MODEL_FILES


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def name_version(settings: TrainedWith, files: dict[str, str]) -> str:
    """`<variant>-<12 hex>`, from the content: the same training gives the same name."""
    content = json.dumps([settings.model_dump(mode="json"), files], sort_keys=True)
    return f"{settings.model.variant}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The inverse of `read_manifest`."""
    text = manifest.model_dump_json(indent=2) + "\n"
    (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle, its files verified. Raises MarsBatchError naming all damage."""
    path = folder / MANIFEST_FILE
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        found = (
            f"cannot be read ({error.strerror})"
            if isinstance(error, OSError)
            else f"is not a manifest of this release ({error.error_count()} mismatches)"
        )
        raise MarsBatchError(
            f"bundle {folder}: {MANIFEST_FILE} {found}. Train again with: mars-batch train"
        ) from error
    damage = [
        f"{name} is missing" if not (folder / name).is_file() else f"{name} has another SHA-256"
        for name in sorted({*model_files(manifest.settings.model), *manifest.files})
        if not (folder / name).is_file() or hash_file(folder / name) != manifest.files.get(name)
    ]
    if damage:
        raise MarsBatchError(
            f"bundle {folder}: {'; '.join(damage)}. Restore its files or train again with: "
            "mars-batch train"
        )
    return manifest
