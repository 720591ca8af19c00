"""A comparison's cells in evaluation_metrics: what stands there is not computed again."""

import hashlib
import json
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyspark.sql import Row
from pyspark.sql import functions as F

from mars_model import __version__
from mars_model.evaluation.comparison import TEST, Cell, Contender, Figure
from mars_model.tables.warehouse import Warehouse

TABLE = "evaluation_metrics"
_KEY = ("model", "settings_hash", "dataset", "split", "seed", "part", "metric")


@dataclass(frozen=True)
class KeptCells:
    """The cells of one dataset and split, by model, hash of settings, and seed."""

    warehouse: Warehouse
    dataset: str
    split: str
    protocol: dict[str, Any]
    held: dict[tuple[str, str, int], Cell]

    @classmethod
    def open(
        cls, warehouse: Warehouse, dataset: str, split: str, protocol: dict[str, Any]
    ) -> "KeptCells":
        """Read what earlier starts left."""
        figures: dict[tuple[str, str, int], list[Row]] = defaultdict(list)
        if warehouse.exists(TABLE):
            rows = warehouse.read(TABLE).where(
                (F.col("dataset") == dataset) & (F.col("split") == split)
            )
            for row in rows.orderBy("part", "metric").collect():
                figures[row["model"], row["settings_hash"], row["seed"]].append(row)
        held = {key: _cell(key[2], rows) for key, rows in figures.items()}
        return cls(warehouse, dataset, split, protocol, held)

    def find(self, contender: Contender, seed: int) -> Cell | None:
        """A contender's cell; None where it was not computed yet."""
        return self.held.get((contender.name, _hash(contender.settings), seed))

    def keep(self, contender: Contender, cell: Cell, split: dict[str, Any]) -> None:
        """Write a cell in one commit, in place of an earlier one; `split` is the split's record."""
        self.warehouse.create(TABLE)
        protocol = json.dumps(self.protocol | {"split": split}, sort_keys=True)
        rows = [
            dict(
                model=contender.name,
                settings_hash=_hash(contender.settings),
                dataset=self.dataset,
                split=self.split,
                seed=cell.seed,
                part=figure.part,
                metric=figure.metric,
                value=figure.value,
                n_users=figure.n_users,
                by_user=_listed(cell, figure),
                seconds=cell.seconds,
                peak_mb=cell.peak_mb,
                settings=json.dumps(contender.settings, sort_keys=True),
                protocol=protocol,
            )
            for figure in cell.figures
        ]
        schema = self.warehouse.read(TABLE).schema
        frame = self.warehouse.spark.createDataFrame(
            [tuple(row[name] for name in schema.names) for row in rows], schema
        )
        key = contender.name, _hash(contender.settings), cell.seed
        if key in self.held:
            self.warehouse.merge(TABLE, frame, _KEY)
        else:  # nothing to look for: several times as fast
            self.warehouse.append(TABLE, rows)
        self.held[key] = cell


def _cell(seed: int, rows: list[Row]) -> Cell:
    figures = [Figure(row["part"], row["metric"], row["value"], row["n_users"]) for row in rows]
    by_user = {
        row["metric"]: np.array(row["by_user"], dtype=np.float64)  # null becomes NaN
        for row in rows
        if row["by_user"] is not None
    }
    return Cell(seed, tuple(figures), rows[0]["seconds"], rows[0]["peak_mb"], by_user)


def _listed(cell: Cell, figure: Figure) -> list[float | None] | None:
    if figure.part != TEST or figure.metric not in cell.by_user:
        return None
    return [None if math.isnan(v) else v for v in cell.by_user[figure.metric].tolist()]


def _hash(settings: dict[str, Any]) -> str:
    """12 hex, from the settings and the release that understood them."""
    content = json.dumps([__version__, settings], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:12]
