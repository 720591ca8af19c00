"""Generated warehouses with their bundles, kept in a folder so that no run trains them again."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import click
from pyspark.sql import SparkSession

from mars_model.features.likes import LikeMatrix
from mars_model.settings import Settings, load_settings
from night.likes import draw_items, draw_lengths, draw_likes
from night.model import train_bundle, write_random_bundle
from night.scorer import FullBlocks, Site
from night.tables import write_tables

Vectors = Literal["trained", "random"]
FACTS_FILE = "facts.json"
K = 50
TOP_N = 20

# No text, so that nothing but likes is learned from; the limits that compare nights are off, as
# the benchmark changes the inputs, and the checks of every row stay on.
SETTINGS = (
    "model.variant=generated",
    "model.text=none",
    "model.has_free_vectors=true",
    "model.shares_free_vectors=false",
    "model.has_item_bias=true",
    "model.attention=softmax",
    f"model.representation_size={K}",
    "training.objective=catalogue",
    # Few large steps: each one moves the vectors of the whole catalogue, whatever the batch holds.
    "training.users_per_batch=128",
    "training.max_candidates=2000",
    "training.learning_rate=0.01",
    "training.vector_dropout=0.1",
    "training.free_dropout=0.1",
    "training.max_epochs=5",
    "training.patience=2",
    "training.max_validation_users=500",
    f"scoring.top_n={TOP_N}",
    "audit.min_catalogue_share=0",
    "audit.min_overlap=0",
    "audit.min_overlap_across_models=0",
    "audit.max_score_shift=1000",
)


@dataclass(frozen=True)
class Shape:
    """What is generated: so many users, items, likes a user."""

    n_users: int
    n_items: int
    mean_likes: float = 30.0
    seed: int = 1

    def likes(self) -> LikeMatrix:
        """The likes; equal shapes have equal ones."""
        lengths = draw_lengths(self.n_users, self.mean_likes, self.n_items, self.seed)
        return draw_likes(draw_items(self.n_items, self.seed), lengths, self.seed)


@dataclass(frozen=True)
class Prepared:
    """A generated warehouse that nothing writes to any more; nights run in copies of it."""

    folder: Path
    shape: Shape
    settings: Settings
    facts: dict[str, Any]

    @contextmanager
    def copy(self, spark: SparkSession, vectors: Vectors = "trained") -> Iterator[Site]:
        """A copy to run nights in, with one of the two bundles in use; it is removed after."""
        with copied_warehouse(self.folder) as folder:
            site = Site(spark, with_warehouse(folder, self.settings))
            site.registry.promote(self.facts[vectors]["model_version"])
            yield site

    def full_blocks(self, vectors: Vectors = "trained") -> FullBlocks:
        """The full-block scorer on one of the two bundles."""
        version = self.facts[vectors]["model_version"]
        bundle = Site(None, with_warehouse(self.folder, self.settings)).registry.open(version)  # type: ignore[arg-type]
        return FullBlocks(bundle, self.settings, self.shape.n_items)


@dataclass(frozen=True)
class Preparer:
    """Makes generated warehouses in a folder, or finds them there."""

    spark: SparkSession
    folder: Path
    overrides: tuple[str, ...]

    def prepare(self, shape: Shape, likes_of: Shape | None = None) -> Prepared:
        """Generate, train and keep; `likes_of` replaces the likes after training on `shape`.

        Both have the same items. The folder's name is a hash of all that shapes the content.
        """
        settings = load_settings(None, (*SETTINGS, *self.overrides), str(self.folder))
        content = {
            "shape": asdict(shape),
            "likes_of": asdict(likes_of) if likes_of else None,
            "model": settings.model.model_dump(mode="json"),
            "training": settings.training.model_dump(mode="json"),
        }
        name = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
        folder = self.folder / name
        if not (folder / FACTS_FILE).is_file():
            draft = self.folder / f"{name}-draft"
            shutil.rmtree(draft, ignore_errors=True)
            facts = self._make(draft, shape, likes_of, settings)
            (draft / FACTS_FILE).write_text(json.dumps({**facts, **content}, indent=2) + "\n")
            draft.rename(folder)
        facts = json.loads((folder / FACTS_FILE).read_text())
        return Prepared(folder, likes_of or shape, with_warehouse(folder, settings), facts)

    def _make(
        self, folder: Path, shape: Shape, likes_of: Shape | None, settings: Settings
    ) -> dict[str, Any]:
        site = Site(self.spark, with_warehouse(folder, settings))
        if likes_of is not None:
            trained = self.prepare(shape)
            shutil.copytree(trained.folder / "models", folder / "models")
            write_tables(site.warehouse, likes_of.likes(), likes_of.seed)
            return {name: trained.facts[name] for name in ("trained", "random")}
        click.echo(f"preparing {shape.n_users:,} users x {shape.n_items:,} items", err=True)
        write_tables(site.warehouse, shape.likes(), shape.seed)
        facts: dict[str, Any] = {"trained": train_bundle(site)}
        facts["random"] = {"model_version": write_random_bundle(site).model_version}
        click.echo(f"  {facts['trained']}", err=True)
        return facts


@contextmanager
def copied_warehouse(folder: Path) -> Iterator[Path]:
    """A copy of a warehouse's folder beside the temporary files, removed after."""
    with tempfile.TemporaryDirectory(prefix="mars-benchmark-") as parent:
        target = Path(parent) / "warehouse"
        shutil.copytree(folder, target)
        yield target


def with_warehouse(folder: Path, settings: Settings) -> Settings:
    """The same settings for the tables and bundles of a folder."""
    warehouse = settings.warehouse.model_copy(
        update={"path": str(folder), "models": str(folder / "models")}
    )
    return settings.model_copy(update={"warehouse": warehouse})


def with_other(shape: Shape, **changes: Any) -> Shape:
    """The shape with some of its numbers changed."""
    return replace(shape, **changes)
