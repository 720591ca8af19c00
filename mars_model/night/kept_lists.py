"""Keeps the neighbour lists as arrays beside the bundles: an ordinary night maps them.

Reading item_neighbours takes seconds that grow with the items; nothing of it changes between most
nights. What is kept is a copy: without it, or where it does not fit, the table is read.
"""

import hashlib
import json
import shutil
import uuid
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mars_model.night.build_lists import LIST_COLUMNS, lists_of_rows
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.tables.warehouse import Warehouse

TABLE = "item_neighbours"
_FOLDER, _IDS_FILE = ".lists", "item_ids.npy"


def kept_lists(
    warehouse: Warehouse, models: Path, catalogue: Catalogue, changed: NDArray[np.int64]
) -> NeighbourLists:
    """The lists of a night over its candidates, from `models`/.lists or from the table.

    `changed` are positions of items that the table was not brought up to date with.

    What is kept belongs to one version of one table, of which the folder's name is a hash, and to
    items that are kept beside it: a night with new ones finds the others' places. Only the newest
    is kept.
    """
    folder = models / _FOLDER / _key(warehouse)
    lists = _open(folder, catalogue)
    if lists is None:
        lists = lists_of_rows(warehouse.read_arrow(TABLE, LIST_COLUMNS), catalogue)
        # A folder of models that is full or read-only costs time, not the night.
        with suppress(OSError):
            _keep(lists, catalogue.item_ids, folder)
    return lists.among(catalogue, changed)


def _open(folder: Path, catalogue: Catalogue) -> NeighbourLists | None:
    """The arrays, memory-mapped; None where they are not there, or a crash left them broken."""
    names = [f.name for f in fields(NeighbourLists)]
    try:
        lists = NeighbourLists(
            **{n: np.load(folder / f"{n}.npy", mmap_mode="r", allow_pickle=False) for n in names}
        )
        known_ids = np.load(folder / _IDS_FILE, allow_pickle=False)
    except (OSError, ValueError):
        return None
    return lists.over(known_ids, catalogue)


def _key(warehouse: Warehouse) -> str:
    return hashlib.sha256(json.dumps(warehouse.identity(TABLE)).encode()).hexdigest()[:16]


def _keep(lists: NeighbourLists, item_ids: NDArray[np.generic], folder: Path) -> None:
    """Write whole or not at all, then let go of older ones."""
    draft = folder.with_name(f"draft-{uuid.uuid4().hex}")
    draft.mkdir(parents=True)
    try:
        for f in fields(lists):
            np.save(draft / f"{f.name}.npy", getattr(lists, f.name), allow_pickle=False)
        np.save(draft / _IDS_FILE, item_ids, allow_pickle=False)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    for other in folder.parent.iterdir():
        if other != folder and not other.name.startswith("draft-"):
            shutil.rmtree(other, ignore_errors=True)
