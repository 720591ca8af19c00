"""The manifest: what a bundle is, what it was made from, and the hash of its every file."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mars_model.bundle.record import MOST_RECORD_BYTES, ModelVersion, parse_record
from mars_model.bundle.sealed_file import BadFileError, read_plain_file
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
    model_version: ModelVersion
    is_synthetic: bool
    settings: "TrainedWith"
    data_versions: dict[str, int]
    n_words: int = Field(ge=0, le=10_000_000)
    metrics: dict[str, float]
    files: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]]


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


def name_version(settings: TrainedWith, files: dict[str, str]) -> str:
    """`<variant>-<12 hex>`, from the content: the same training gives the same name."""
    content = json.dumps([settings.model_dump(mode="json"), files], sort_keys=True)
    return f"{settings.model.variant}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The inverse of `read_manifest`."""
    text = manifest.model_dump_json(indent=2) + "\n"
    (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle; `verify_bundle` says whether the files are those it names.

    Raises MarsBatchError where it cannot be read or is of another format.
    """
    try:
        return parse_record(read_plain_file(folder / MANIFEST_FILE, MOST_RECORD_BYTES), Manifest)
    except BadFileError as error:
        raise MarsBatchError(
            f"bundle {folder}: {MANIFEST_FILE} {error}. Restore it or train again with: "
            "mars-batch train"
        ) from error
