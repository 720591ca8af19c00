"""Reads and writes the warehouse's Delta tables: the only module that does."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from delta.tables import DeltaTable
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from mars_model.errors import InputDataError
from mars_model.tables import contracts
from mars_model.tables.contracts import IdTypes
from mars_model.tables.data_files import CHANGE_FILES, lost_files, read_local

# What to run where a table is not there yet.
_MADE_BY = {
    "items": "mars-batch import --items FILE",
    "interactions": "mars-batch import --interactions FILE",
    "excluded_items": "mars-batch import --excluded-items FILE",
    "user_segments": "mars-batch import --user-segments FILE",
    "segment_items": "mars-batch import --segment-items FILE",
    "item_documents": "mars-batch build-documents",
    "user_histories": "mars-batch build-histories",
    "item_vectors": "mars-batch encode-items",
    "recommendations": "mars-batch nightly",
    "evaluation_metrics": "mars-batch evaluate --model NAME",
}


@dataclass(frozen=True)
class Warehouse:
    """The tables under one folder, or any path that Spark's file systems know."""

    spark: SparkSession
    path: str

    def location(self, table: str) -> str:
        """The folder of a table; SQL only takes a path for one where it is absolute."""
        root = self.path if "://" in self.path else str(Path(self.path).absolute())
        return f"{root.rstrip('/')}/{table}"

    def exists(self, table: str) -> bool:
        """Whether the table was ever written."""
        return DeltaTable.isDeltaTable(self.spark, self.location(table))

    def read(self, table: str, version: int | None = None) -> DataFrame:
        """A table, at one version where given, checked against its contract.

        Raises InputDataError where it is missing or a column breaks the contract.
        """
        self._require(table)
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        label = table if version is None else f"{table} (version {version})"
        try:
            frame = reader.load(self.location(table))
        except AnalysisException as error:
            raise InputDataError(
                f"{label} at {self.location(table)}: cannot be read, it may have been vacuumed "
                f"away ({str(error).strip().splitlines()[0]})"
            ) from error
        contracts.check_contract(table, frame.schema, f"{label} at {self.location(table)}")
        return frame

    def read_arrow(self, table: str, columns: tuple[str, ...]) -> pa.Table:
        """Some columns of a whole table, for what the driver needs in full.

        Where the table's files lie on this machine and hold its rows as they are, they are read
        without the JVM, which is several times as fast for long arrays.
        """
        frame = self.read(table).select(*columns)
        features = self._delta(table).detail().select("tableFeatures").first()
        assert features is not None
        found = None
        if CHANGE_FILES.isdisjoint(features[0]):
            found = read_local(frame.inputFiles(), columns)
        return frame.toArrow() if found is None else found

    def lost_files(self, frames: list[DataFrame]) -> list[str]:
        """Files that these frames would read and that are gone, as after a vacuum."""
        return lost_files(self.spark, frames)

    def version(self, table: str) -> int:
        """The table's latest version. Raises InputDataError where it is missing."""
        self._require(table)
        row = self._delta(table).history(1).select("version").first()
        assert row is not None
        return int(row["version"])

    def identity(self, table: str) -> tuple[str, int]:
        """Which table it is, also after another one was made in its place, and its version."""
        row = self._delta(table).detail().select("id").first()
        assert row is not None
        return str(row["id"]), self.version(table)

    def id_types(self) -> IdTypes:
        """How items and users are identified here, as the source tables have it."""
        item = self.read("items").schema["item_id"].dataType.simpleString()
        user = self.read("interactions").schema["user_id"].dataType.simpleString()
        return IdTypes(item, user)

    def create(self, table: str, ids: IdTypes | None = None) -> None:
        """Create the table by sql/tables/<table>.sql unless it exists.

        Without `ids` they are typed as in the source tables.
        """
        if not self.exists(table):
            ids = ids or self.id_types()
            quoted = self.location(table).replace("`", "``")
            self.spark.sql(contracts.create_statement(table, f"delta.`{quoted}`", ids))

    def overwrite(
        self,
        table: str,
        rows: DataFrame,
        provenance: dict[str, Any] | None = None,
        where: str | None = None,
    ) -> None:
        """Replace all rows, or those that match `where`, by one commit.

        `provenance` says what the rows were made from; `provenance()` reads it back.
        """
        writer = self._in_contract_order(table, rows).write.format("delta").mode("overwrite")
        if where is not None:
            writer = writer.option("replaceWhere", where)
        if provenance is not None:
            writer = writer.option("userMetadata", json.dumps(provenance, sort_keys=True))
        writer.save(self.location(table))

    def append(self, table: str, rows: DataFrame, provenance: dict[str, Any] | None = None) -> None:
        """Add rows by one commit; `provenance` as in `overwrite`."""
        writer = self._in_contract_order(table, rows).write.format("delta").mode("append")
        if provenance is not None:
            writer = writer.option("userMetadata", json.dumps(provenance, sort_keys=True))
        writer.save(self.location(table))

    def merge(self, table: str, rows: DataFrame, keys: tuple[str, ...]) -> None:
        """Update the rows with equal keys (null equals null) and insert the others."""
        condition = " and ".join(f"held.`{key}` <=> new.`{key}`" for key in keys)
        (
            self._delta(table)
            .alias("held")
            .merge(rows.alias("new"), condition)
            .withSchemaEvolution()
            .whenMatchedUpdateAll()
            .whenNotMatchedInsertAll()
            .execute()
        )

    def update(self, table: str, condition: str, values: dict[str, str]) -> None:
        """Set columns to literal strings where an SQL condition holds."""
        self._delta(table).update(condition, {name: F.lit(v) for name, v in values.items()})

    def provenance(self, table: str) -> dict[str, Any] | None:
        """What the table's latest commit was made from; None where it does not say."""
        commits = self.commit_notes(table, limit=1)
        return commits[0][1] if commits else None

    def commit_notes(self, table: str, limit: int | None = None) -> list[tuple[int, Any]]:
        """(version, provenance) of the commits that carry one, newest first."""
        if not self.exists(table):
            return []
        history = self._delta(table).history(limit) if limit else self._delta(table).history()
        rows = history.select("version", "userMetadata").collect()
        return [(int(r["version"]), json.loads(r["userMetadata"])) for r in rows if r[1]]

    def is_synthetic(self) -> bool:
        """Whether the items are the generated sample."""
        return self.exists("items") and self._properties("items").get("mars.synthetic") == "true"

    def mark_synthetic(self) -> None:
        """Remember that the items are the generated sample."""
        quoted = self.location("items").replace("`", "``")
        self.spark.sql(
            f"alter table delta.`{quoted}` set tblproperties ('mars.synthetic' = 'true')"
        )

    def _properties(self, table: str) -> dict[str, str]:
        row = self._delta(table).detail().select("properties").first()
        return dict(row["properties"]) if row else {}

    def _delta(self, table: str) -> DeltaTable:
        return DeltaTable.forPath(self.spark, self.location(table))

    def _require(self, table: str) -> None:
        if not self.exists(table):
            make = _MADE_BY.get(table, "mars-batch nightly")
            raise InputDataError(
                f"table {table}: not found at {self.location(table)}. Make it with: {make}"
            )

    def _in_contract_order(self, table: str, rows: DataFrame) -> DataFrame:
        held = self.spark.read.format("delta").load(self.location(table)).schema
        return rows.select([F.col(f.name).cast(f.dataType).alias(f.name) for f in held])
