"""Runs demo: the synthetic sample into an empty warehouse, once."""

import tempfile
from pathlib import Path

from mars_model.errors import InputDataError
from mars_model.importing.import_files import merge_files
from mars_model.importing.imported import Imported
from mars_model.resources import resource_folder
from mars_model.settings import Settings
from mars_model.settings.load import WAREHOUSE_FILE
from mars_model.sources.sample import write_sample
from mars_model.tables.contracts import IdTypes
from mars_model.tables.warehouse import Warehouse


def prepare_demo_folder(folder: Path) -> None:
    """Put the demo's settings beside its tables, where every later command finds them."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / WAREHOUSE_FILE
    if not target.exists():
        text = (resource_folder("conf") / "demo.yaml").read_text(encoding="utf-8")
        target.write_text(text, encoding="utf-8")


def fill_sample(warehouse: Warehouse, settings: Settings) -> list[Imported]:
    """Import the sample, marked as synthetic; nothing where it is there already.

    Raises InputDataError where the warehouse holds other data.
    """
    if warehouse.is_synthetic() and warehouse.exists("interactions"):
        return []
    if warehouse.exists("items") and not warehouse.is_synthetic():
        raise InputDataError(
            f"warehouse {warehouse.path}: holds items of its own, the demo does not touch it. "
            "Choose another folder: mars-batch --warehouse DIR demo"
        )
    with tempfile.TemporaryDirectory(prefix="mars-sample-") as folder:
        sample = write_sample(Path(folder))
        # Marked before its first row: a demo that dies half-way must not pass for real data.
        warehouse.create("items", IdTypes("bigint", "bigint"))
        warehouse.mark_synthetic()
        return merge_files(warehouse, settings, str(sample.items), str(sample.interactions))
