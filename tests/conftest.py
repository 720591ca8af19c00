"""What tests share: one Spark session for the whole run, and a small night that was published."""

import ast
import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import RLock
from typing import Any

import pytest
from pyspark.sql import SparkSession

# Before the JVM starts: every test runs on two threads. The second compiler, which
# conf/spark-defaults.conf leaves out, pays for itself over a dozen nights.
os.environ["PYSPARK_SUBMIT_ARGS"] = (
    '--master local[2] --conf "spark.driver.extraJavaOptions=-XX:ReservedCodeCacheSize=256m '
    '-XX:+UseParallelGC" pyspark-shell'
)
if sys.version_info < (3, 11, 8):
    # Two threads that parse at once may end in a SystemError there (CPython's issue 106905). Some
    # tests run two nights in threads, and NumPy parses the head of every array that it opens.
    parse, one_at_a_time = ast.parse, RLock()

    def parse_alone(*words: Any, **options: Any) -> ast.AST:
        """`ast.parse`, by one thread at a time."""
        with one_at_a_time:
            return parse(*words, **options)

    ast.parse = parse_alone  # type: ignore[assignment]

# Tests train without tracking unless they say so.
os.environ.pop("MLFLOW_TRACKING_URI", None)

from mars_model.bundle.registry import Registry
from mars_model.fitting.train import train_model
from mars_model.importing.import_files import merge_files
from mars_model.night.run_night import run_night
from mars_model.night.runs import Run
from mars_model.resources import resource_folder
from mars_model.settings import ModelSettings, Settings, load_settings
from mars_model.tables.session import open_session
from mars_model.tables.warehouse import Warehouse
from mars_model.training.derived_settings import SettledTraining

# numba compiles anew where a function's own file changed, not where one that it calls did.
SCORING = Path(__file__).parents[1] / "mars_model" / "scoring"
newest = max(path.stat().st_mtime for path in SCORING.glob("*.py"))
for path in (SCORING / "__pycache__").glob("*.nb[ic]"):
    if path.stat().st_mtime < newest:
        path.unlink(missing_ok=True)  # another process of the tests may be as far

RUN_DATE = date(2026, 3, 1)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Collect and run in an empty folder: what `make demo` left in a checkout is no test's."""
    if session.config.getoption("numprocesses", None):
        return  # other processes run the tests: they do this
    folder = tempfile.mkdtemp(prefix="mars-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.chdir(folder)


def pytest_addoption(parser: pytest.Parser) -> None:
    """--real-data all: every set of ../shared/data and not only the first."""
    parser.addoption("--real-data", choices=("one", "all"), default="one")


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """The one Spark session.

    Its plans are interpreted: to compile each for a few rows takes a third of a small night. What
    tests start in a process of its own runs compiled plans, as users do.
    """
    session = open_session()
    session.conf.set("spark.sql.shuffle.partitions", "2")
    session.conf.set("spark.sql.codegen.wholeStage", "false")
    session.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
    yield session
    session.stop()


@pytest.fixture
def warehouse(spark: SparkSession, tmp_path: Path) -> Warehouse:
    """An empty warehouse."""
    return Warehouse(spark, str(tmp_path / "warehouse"))


@dataclass(frozen=True)
class Night:
    """A small warehouse with a trained model and one published night."""

    warehouse: Warehouse
    registry: Registry
    settings: Settings
    run: Run
    run_date: date = RUN_DATE


class SilentProgress:
    """Hears of steps and epochs and keeps quiet."""

    def on_step(self, epoch: int, n_epochs: int, step: int, n_steps: int, loss: float) -> None:
        """Nothing."""

    def on_epoch(self, record: object) -> None:
        """Nothing."""


def paper_model(**changed: Any) -> ModelSettings:
    """The paper's model, without what goes beyond it."""
    plain = {"variant": "mars", "text": "cnn", "has_free_vectors": False, "has_item_bias": False}
    return ModelSettings(**{**plain, **changed})


def paper_training(**changed: Any) -> SettledTraining:
    """Algorithm 1 with RMSprop, without any regularisation beside its penalties.

    In float32, whatever this machine's processor multiplies.
    """
    plain = {
        "objective": "sampled",
        "optimizer": "rmsprop",
        "rate_schedule": "constant",
        "learning_rate": 0.001,
        "history_dropout": 0.0,
        "logit_scale": 1.0,
        "vector_dropout": 0.0,
        "start_decay": 0.0,
        "free_dropout": 0.0,
        "weight_averaging": 0.0,
        "max_epochs": 70,
        "users_per_batch": 32,
        "precision": "float32",
    }
    return SettledTraining(**{**plain, **changed})


def small_settings(*overrides: str, conf: Path | None = None) -> Settings:
    """The paper's model in sizes that train in seconds; test_variants.py has the others."""
    return load_settings(
        conf or resource_folder("conf") / "models" / "mars.yaml",
        overrides=(
            "likes.min_rating=4",
            "likes.min_per_user=2",
            "documents.min_occurrences=1",
            "model.embedding_size=8",
            "model.n_filters=8",
            "model.representation_size=6",
            "model.max_words=20",
            "training.max_epochs=3",
            "training.validation_share=0.34",
            "scoring.top_n=4",
            *overrides,
        ),
    )


def write_small_source(folder: Path) -> tuple[str, str]:
    """Twelve films and ten users by hand, as CSV; returns both paths.

    User 9 rated without liking, user 10 liked one item only, user 8 liked all but two.
    """
    themes = {
        "space": ("Orbit", "Comet Station", "The Long Launch", "Airlock", "Gravity Well", "Titan"),
        "kitchen": ("Salt", "The Last Sauce", "Bread and Fire", "Knife Work", "Sugar", "Plates"),
    }
    texts = {
        "space": "An astronaut crew repairs a rocket near a distant planet and drifts in orbit",
        "kitchen": "A chef opens a restaurant and cooks soup for a rival in a crowded kitchen",
    }
    lines = ["item_id,title,text"]
    for first_id, theme in ((101, "space"), (201, "kitchen")):
        for offset, title in enumerate(themes[theme]):
            lines.append(f'{first_id + offset},"{title}","{texts[theme]} with {title.lower()}"')
    items = folder / "items.csv"
    items.write_text("\n".join(lines) + "\n", encoding="utf-8")

    likes = {
        1: (101, 102, 103, 104),
        2: (101, 102, 105, 106),
        3: (103, 104, 105, 201),
        4: (201, 202, 203, 204),
        5: (201, 202, 205, 206),
        6: (203, 204, 205, 101),
        7: (101, 102, 201, 202),
        8: (101, 102, 103, 104, 105, 201, 202, 203, 204, 205),
        10: (106,),
    }
    lines = ["user_id,item_id,rating,interacted_at"]
    for user_id, item_ids in likes.items():
        for day, item_id in enumerate(item_ids, start=1):
            lines.append(f"{user_id},{item_id},5,2026-01-{day:02d} 10:00:00")
    lines += ["9,101,1,2026-01-01 10:00:00", "1,206,2,2026-01-09 10:00:00"]
    interactions = folder / "interactions.csv"
    interactions.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(items), str(interactions)


def run_small_night(warehouse: Warehouse, folder: Path, settings: Settings) -> Night:
    """Import, train and publish the small source."""
    registry = Registry(Path(warehouse.path) / "models")
    merge_files(warehouse, settings, *write_small_source(folder))
    train_model(warehouse, registry, settings, RUN_DATE, SilentProgress())
    run = run_night(warehouse, registry, settings, RUN_DATE, lambda line: None, False)
    return Night(warehouse, registry, settings, run)


@pytest.fixture(scope="session")
def night(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A published night that tests only read; those that write make their own."""
    folder = tmp_path_factory.mktemp("night")
    return run_small_night(Warehouse(spark, str(folder / "wh")), folder, small_settings())
