"""Runs encode-items: vectors for the texts that the model in use has not read yet."""

from pyspark.sql import functions as F

from mars_model.bundle.registry import Bundle
from mars_model.night.encode import new_item_vectors
from mars_model.night.prepare import Built
from mars_model.tables.warehouse import Warehouse


def encode_items(warehouse: Warehouse, bundle: Bundle) -> Built:
    """item_documents → item_vectors of the bundle's model version; `n_rows` are the new ones."""
    warehouse.create("item_vectors")
    documents = warehouse.read("item_documents")
    vectors = warehouse.read("item_vectors")
    is_new = documents.join(
        vectors.where(F.col("model_version") == bundle.model_version),
        ["item_id", "text_hash"],
        "left_anti",
    )
    n_new = is_new.count()
    if n_new:
        rows = new_item_vectors(documents, vectors, bundle)
        warehouse.merge("item_vectors", rows, ("model_version", "item_id"))
    return Built("item_vectors", warehouse.version("item_vectors"), n_new, n_new == 0)
