"""Keeps item_neighbours in step with the model in use, its item vectors and what users like."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.bundle.registry import Bundle
from mars_model.errors import InputDataError
from mars_model.scoring.build_lists import ListShipment, extended_lists, made_lists
from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.shipping import ship_arrays, ship_bundle_file, take_back
from mars_model.tables.warehouse import Warehouse

TABLE = "item_neighbours"
# With more items changed than this share, all lists are made anew.
_MOST_CHANGED = 0.1


@dataclass(frozen=True)
class ListUpdate:
    """How many lists were made, and how many items were put into those that stood."""

    n_made: int
    n_items_entered: int


def update_lists(
    warehouse: Warehouse, bundle: Bundle, everything: Catalogue, vectors_version: int, length: int
) -> ListUpdate:
    """Make the lists that are missing: all of a new model, those of items liked for the first time.

    `everything` has every item as a candidate, so that lists outlive a night's availability.
    Items with new or other vectors since the last update are entered into the lists that stand.
    """
    made_for = {"model_version": bundle.model_version, "length": length}
    note = made_for | {"inputs": {"item_vectors": vectors_version}}
    warehouse.create(TABLE)
    held_for = warehouse.provenance(TABLE) or {}
    liked = np.flatnonzero(everything.n_likes > 0)
    changed = None
    if {name: held_for.get(name) for name in made_for} == made_for:
        changed = _changed_items(warehouse, bundle, everything, held_for["inputs"], note["inputs"])
    is_anew = changed is None or len(changed) > _MOST_CHANGED * len(everything.item_ids)
    missing = liked if is_anew else _without_list(warehouse, everything, liked, changed)
    if not is_anew and not len(missing) and not len(changed):
        return ListUpdate(0, 0)
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
    return ListUpdate(len(missing), 0 if is_anew else len(changed))


def _changed_items(
    warehouse: Warehouse,
    bundle: Bundle,
    everything: Catalogue,
    then: dict[str, int],
    now: dict[str, int],
) -> NDArray[np.int64] | None:
    """Positions of items whose vectors are new or others since then; None where that is unknown."""
    if then == now:
        return np.zeros(0, dtype=np.int64)

    def texts(version: int) -> DataFrame:
        frame = warehouse.read("item_vectors", version)
        of_model = F.col("model_version") == bundle.model_version
        return frame.where(of_model).select("item_id", "text_hash")

    try:
        before = texts(then["item_vectors"])
    except InputDataError:  # vacuumed away
        return None
    ids = texts(now["item_vectors"]).join(before, ["item_id", "text_hash"], "left_anti")
    column = ids.select("item_id").toArrow().column("item_id").to_numpy()
    positions = everything.positions(column.astype(everything.item_ids.dtype.type))
    return np.sort(positions[positions >= 0])


def _without_list(
    warehouse: Warehouse,
    everything: Catalogue,
    liked: NDArray[np.int64],
    changed: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Liked items that have no list, or one by vectors that are no longer theirs."""
    column = warehouse.read(TABLE).select("item_id").toArrow().column("item_id").to_numpy()
    held = everything.positions(column.astype(everything.item_ids.dtype.type))
    return np.setdiff1d(liked, np.setdiff1d(held, changed))
