"""Keeps item_neighbours in step with the model in use, its item vectors and what users like."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.bundle.registry import Bundle
from mars_model.errors import InputDataError
from mars_model.night.build_lists import ListShipment, extended_lists, made_lists
from mars_model.night.kept_lists import TABLE
from mars_model.night.shipping import ship_arrays, ship_bundle_file, take_back
from mars_model.scoring.catalogue import Catalogue
from mars_model.tables.warehouse import Warehouse

# With more items changed than this share, all lists are made anew; with fewer than the other one
# they wait: rewriting every list for a few items costs more than scoring these for everyone.
_MOST_CHANGED, _MOST_POSTPONED = 0.1, 0.02


@dataclass(frozen=True)
class ListUpdate:
    """How many lists were made, how many items were put into those that stood, and which wait.

    `postponed` are positions of items that the lists do not speak for yet.
    """

    n_made: int
    n_items_entered: int
    postponed: NDArray[np.int64]


def update_lists(
    warehouse: Warehouse, bundle: Bundle, everything: Catalogue, vectors_version: int, length: int
) -> ListUpdate:
    """Make the lists that are missing: all of a new model, those of items liked for the first time.

    `everything` has every item as a candidate, so that lists outlive a night's availability.
    Items with new or other vectors since the last update are entered into the lists that stand, or
    wait until there are more of them.
    """
    warehouse.create(TABLE)
    note = {
        "model_version": bundle.model_version,
        "length": length,
        "inputs": {"item_vectors": vectors_version},
    }
    liked = np.flatnonzero(everything.n_likes > 0)
    changed = _changed_items(warehouse, everything, note)
    none, share = changed[:0], len(changed) / max(1, len(everything.item_ids))
    is_anew = share > _MOST_CHANGED
    postponed = changed if share <= _MOST_POSTPONED else none
    missing = liked if is_anew else _without_list(warehouse, everything, liked, changed)
    if len(postponed):
        # The lists stay those of the vectors that they were made of, and say so.
        note = warehouse.provenance(TABLE) or note
        missing, changed = np.setdiff1d(missing, postponed), none
    if not is_anew and not len(missing) and not len(changed):
        return ListUpdate(0, 0, postponed)
    context = warehouse.spark.sparkContext
    shipment = ListShipment(
        ship_arrays(context, everything),
        ship_bundle_file(context, bundle, "relevance.onnx"),
        bundle.model_version,
        length,
    )
    item_type = warehouse.id_types().item
    made = made_lists(warehouse.spark, shipment, missing, item_type)
    if is_anew:
        warehouse.overwrite(TABLE, made, note)
    elif not len(changed):
        warehouse.append(TABLE, made, note)
    else:
        gone = warehouse.spark.createDataFrame(
            [(i,) for i in everything.item_ids[changed].tolist()], f"item_id {item_type}"
        )
        standing = warehouse.read(TABLE).join(F.broadcast(gone), "item_id", "left_anti")
        rows = extended_lists(standing, shipment, changed, item_type).unionByName(made)
        warehouse.overwrite(TABLE, rows, note)
    take_back(shipment.catalogue_key)
    return ListUpdate(len(missing), 0 if is_anew else len(changed), postponed)


def _changed_items(
    warehouse: Warehouse, everything: Catalogue, note: dict[str, Any]
) -> NDArray[np.int64]:
    """Positions of items whose vectors are new or others since the lists were made.

    All of them where the lists are another model's or length, or that is not known any more.
    """
    all_items = np.arange(len(everything.item_ids))
    before = warehouse.provenance(TABLE) or {}
    if any(before.get(name) != note[name] for name in ("model_version", "length")):
        return all_items
    if before["inputs"] == note["inputs"]:
        return all_items[:0]

    def texts(inputs: dict[str, int]) -> DataFrame:
        frame = warehouse.read("item_vectors", inputs["item_vectors"])
        of_model = F.col("model_version") == note["model_version"]
        return frame.where(of_model).select("item_id", "text_hash")

    try:
        known = texts(before["inputs"])
    except InputDataError:  # vacuumed away
        return all_items
    ids = texts(note["inputs"]).join(known, ["item_id", "text_hash"], "left_anti")
    return np.sort(_positions(ids, everything))


def _without_list(
    warehouse: Warehouse,
    everything: Catalogue,
    liked: NDArray[np.int64],
    changed: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Liked items that have no list, or one by vectors that are no longer theirs."""
    held = _positions(warehouse.read(TABLE), everything)
    return np.setdiff1d(liked, np.setdiff1d(held, changed))


def _positions(items: DataFrame, everything: Catalogue) -> NDArray[np.int64]:
    """Positions of a frame's items; those that the catalogue does not have drop out."""
    ids = items.select("item_id").toArrow().column("item_id").to_numpy()
    positions = everything.positions(ids.astype(everything.item_ids.dtype.type))
    return positions[positions >= 0]
