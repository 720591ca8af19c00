"""What a night reads, as frames: of a run at the Delta versions that it pinned."""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from mars_model.features.eligibility import Segments, with_segment
from mars_model.night.collect_items import allow_segments, collect_items, items_to_score
from mars_model.night.eligible import read_candidates, read_segments
from mars_model.scoring.catalogue import Catalogue
from mars_model.tables.warehouse import Warehouse


@dataclass(frozen=True)
class Inputs:
    """The frames that shape a night's lists; `vectors` are those of its model version."""

    histories: DataFrame  # user_id, item_ids, n_items
    documents: DataFrame  # item_id, text_hash
    vectors: DataFrame  # item_id, text_hash, item_vector, memory_vector, item_bias
    candidates: DataFrame  # item_id
    segments: Segments | None

    def users(self) -> DataFrame:
        """Histories with the number of each user's segment."""
        return with_segment(self.histories, self.segments)

    def catalogues(self) -> tuple[Catalogue, Catalogue]:
        """The arrays of the night, with every item as a candidate, and with those that are."""
        everything, candidate_idx = collect_items(
            items_to_score(self.documents, self.vectors, self.candidates, self.histories)
        )
        catalogue = everything.with_candidates(candidate_idx)
        if self.segments:
            catalogue = allow_segments(catalogue, self.segments)
        return everything, catalogue

    def frames(self) -> list[DataFrame]:
        """All frames that files stand behind."""
        frames = [self.histories, self.documents, self.vectors, self.candidates]
        return frames + ([self.segments.users, self.segments.items] if self.segments else [])


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
        candidates=read_candidates(warehouse, versions, run_date),
        segments=read_segments(warehouse, versions),
    )
