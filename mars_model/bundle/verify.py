"""Verifies a bundle before anything is opened: every file's place, size, SHA-256 and content."""

from pathlib import Path

from mars_model.bundle.check_graph import graph_problems
from mars_model.bundle.graph import Graph
from mars_model.bundle.graphs import graphs_of
from mars_model.bundle.item_factors import ItemFactors
from mars_model.bundle.items import Items
from mars_model.bundle.manifest import FACTORS_FILE, ITEMS_FILE, Manifest, model_files
from mars_model.bundle.sealed_file import (
    MIB,
    MOST_FILE_BYTES,
    MOST_GRAPH_BYTES,
    BadFileError,
    read_plain_file,
    sha256_of,
)
from mars_model.bundle.vocabulary import Vocabulary
from mars_model.errors import MarsBatchError

# What a graph has beside its weights: nodes, names and small constants.
_MOST_STRUCTURE_BYTES = MIB


def verify_bundle(folder: Path, manifest: Manifest) -> None:
    """Raise MarsBatchError that names all damage; one file at a time is in memory."""
    expected = {*model_files(manifest.settings.model)}
    if not expected <= {*manifest.files} <= expected | {ITEMS_FILE}:
        raise _damaged(
            folder,
            f"the manifest names {', '.join(sorted(manifest.files)) or 'no files'}, expected "
            f"{', '.join(sorted(expected))}",
        )
    graphs = graphs_of(manifest.settings.model, manifest.n_words)
    damage = [
        f"{name} {problem}"
        for name, sha256 in sorted(manifest.files.items())
        for problem in _file_problems(folder, name, sha256, manifest, graphs.get(name))
    ]
    if damage:
        raise _damaged(folder, "; ".join(damage))


def _file_problems(
    folder: Path, name: str, sha256: str, manifest: Manifest, graph: Graph | None
) -> list[str]:
    most_bytes = MOST_FILE_BYTES
    if graph is not None:
        most_bytes = graph.n_weight_bytes + _MOST_STRUCTURE_BYTES
        if most_bytes > MOST_GRAPH_BYTES:
            return [f"would have {graph.n_weight_bytes:,} bytes of weights by the manifest"]
    try:
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            return ["leads out of the folder"]
        content = read_plain_file(folder / name, most_bytes)
        if sha256_of(content) != sha256:
            return ["has another SHA-256"]
        if graph is not None:
            return graph_problems(content, graph)
        _parse(name, content, manifest)
    except (MarsBatchError, OSError, RuntimeError) as error:  # RuntimeError: a circle of links
        return [str(error)]
    return []


def _parse(name: str, content: bytes, manifest: Manifest) -> None:
    """Raise BadFileError where a file that is no graph does not hold what it must."""
    if name == FACTORS_FILE:
        ItemFactors.parse(content, manifest.settings.model.representation_size)
    elif name == ITEMS_FILE:
        Items.parse(content)
    else:
        n_words = len(Vocabulary.parse(content).words)
        if n_words != manifest.n_words:
            raise BadFileError(f"has {n_words:,} words, expected {manifest.n_words:,}")


def _damaged(folder: Path, damage: str) -> MarsBatchError:
    return MarsBatchError(
        f"bundle {folder}: {damage}. Restore its files or train again with: mars-batch train"
    )
