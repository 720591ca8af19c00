"""What a night reads, as frames: of a run at the Delta versions that it pinned."""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.scoring.items import is_available
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class Inputs:
    """The frames that shape a night's lists; `vectors` are those of its model version."""

    histories: DataFrame  # user_id, item_ids, n_items
    documents: DataFrame  # item_id, text_hash
    vectors: DataFrame  # item_id, text_hash, item_vector, memory_vector, item_bias
    candidates: DataFrame  # item_id

    def frames(self) -> list[DataFrame]:
        """All of them."""
        return [self.histories, self.documents, self.vectors, self.candidates]


def read_inputs(
    warehouse: Warehouse, versions: dict[str, int], model_version: str, run_date: date
) -> Inputs:
    """The inputs of a run. Raises InputDataError where a version is not there any more."""

    def read(table: str) -> DataFrame:
        return warehouse.read(table, versions[table])

    return Inputs(
        histories=read("user_histories"),
        documents=read("item_documents"),
        vectors=read("item_vectors").where(F.col("model_version") == model_version),
        candidates=read("items").where(is_available(run_date)).select("item_id"),
    )
