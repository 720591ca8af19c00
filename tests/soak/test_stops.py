"""A signal, a full disk, a closed folder: each stops a command soon; what was published stands."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.environment.running import shell
from tests.soak import figures
from tests.soak.amounts import MOST_SECONDS_TO_STOP
from tests.soak.conftest import DATE, NIGHT, Undisturbed
from tests.soak.faults import Plan
from tests.soak.shop import (
    ENVIRONMENT,
    REPOSITORY,
    Ended,
    Reader,
    Warm,
    processes_of,
    published,
    run,
    start,
    words_of,
)

pytestmark = pytest.mark.soak

TRAIN = ("train", "--run-date", DATE)
# What is interrupted, by what, in which call and how much later.
INTERRUPTED = {
    "a night that writes documents": (
        *(NIGHT, "SIGTERM", "delta_spark.overwrite item_documents", 0.2),
    ),
    "a night that publishes": (NIGHT, "SIGINT", "delta_spark.overwrite recommendations", 0.2),
    "a night that records its run": (
        *(NIGHT, "SIGTERM", "delta_files.append recommendation_runs", 0.0),
    ),
    "a training in its epochs": (TRAIN, "SIGTERM", "move checkpoint.json", 0.1),
    "a training that reads": (TRAIN, "SIGINT", "Warehouse.read item_documents", 0.1),
    "a search": (
        *(("tune", "--trials", "2", *TRAIN[1:]), "SIGTERM", "Warehouse.read item_documents", 0.1),
    ),
    "a query": (("sql", "select count(*) from items"), "SIGTERM", "Warehouse.read items", 0.1),
}


def assert_stopped(what: str, shop: Path, plan: Plan, *words: str) -> None:
    """A command that a signal meets ends soon, in one line, and leaves nobody behind."""
    assert plan.log is not None
    process = start(shop, plan, *words)
    _, said = process.communicate(timeout=600)
    ended = time.monotonic()
    logged = [json.loads(line) for line in Path(plan.log).read_text().splitlines()]
    (sent,) = [at for name, at in logged if name == plan.do]
    figures.stopped(f"{plan.do}, {what}", ended - sent)
    assert process.returncode == 130, said
    (line,) = [line for line in said.splitlines() if "interrupted" in line]
    assert said.splitlines()[-1] == line and "Traceback" not in said, said
    assert ended - sent <= MOST_SECONDS_TO_STOP
    assert processes_of(process.pid) == []


@pytest.mark.parametrize("what", INTERRUPTED)
def test_an_interrupted_command_ends_soon_and_leaves_every_table_whole(
    what: str, repeated: Undisturbed, warm: Warm, tmp_path: Path
) -> None:
    words, how, point, later_s = INTERRUPTED[what]
    shop = repeated.copy(tmp_path / "shop")
    log = str(tmp_path / "log")
    plan = Plan(root=str(shop), log=log, named=point, do=how, later_s=later_s)
    with Reader(shop) as reader:
        assert_stopped(what, shop, plan, *words)
    assert reader.failed == []
    if words == NIGHT:
        assert all(seen in repeated.states() for seen in reader.seen)
        again = warm.run(shop, *NIGHT)
        assert again.exit_code == 0 and published(shop) == repeated.states()[1], again.stderr
    else:
        assert published(shop) == repeated.states()[0]


def test_an_interrupted_import_ends_soon_and_is_whole_when_it_is_repeated(
    shop: Path, changed: Path, exported: list[str], warm: Warm, tmp_path: Path
) -> None:
    copied = Path(shutil.copytree(shop, tmp_path / "shop"))
    log = str(tmp_path / "log")
    point = "delta_spark.merge interactions"
    plan = Plan(root=str(copied), log=log, named=point, do="SIGTERM", later_s=0.2)
    assert_stopped("an import that merges", copied, plan, *exported)
    assert warm.run(copied, *exported).exit_code == 0


CHECK = """
import json, sys
from pathlib import Path
from tests.soak.shop import published
print(json.dumps(published(Path(sys.argv[1]))))
"""


def run_on_a_small_disk(
    shop: Path, disk: Path, plan: Plan, *words: str
) -> tuple[Ended, dict[str, str]]:
    """Run a command whose disk fills up; returns how it ended, and what is published then.

    The disk is the shop itself or another folder; it lives as long as the command. Seconds are
    counted from the call that failed: it computes before it writes.
    """
    disk.mkdir(exist_ok=True)
    kept = shop.with_name("kept")
    shutil.copytree(shop, kept, dirs_exist_ok=True)
    inside = shell(
        f"mount -t tmpfs -o size=24m tmpfs {disk}; cp -a {kept}/. {shop}", "-r", "--mount"
    )
    code = [sys.executable, "-m", "tests.soak.typed", plan.as_json(), *words_of(shop, *words)]
    # The kernel's seconds since it began are those of the log.
    then = (
        '"$@"; code=$?; read ended _ < /proc/uptime; echo "$ended"; rm -f "$DISK/.filler"; '
        '"$PYTHON" -c "$CHECK" "$SHOP"; exit $code'
    )
    environment = ENVIRONMENT | {
        "DISK": str(disk),
        "SHOP": str(shop),
        "PYTHON": sys.executable,
        "CHECK": CHECK,
    }
    if disk != shop:
        environment["SPARK_LOCAL_DIRS"] = str(disk)
    answer = subprocess.run(
        [*inside, "bash", "-c", then, "bash", *code],
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=600,
    )
    *_, ended, published_then = answer.stdout.splitlines()
    logged = [json.loads(line) for line in Path(str(plan.log)).read_text().splitlines()]
    failed_at = next((at for name, at in logged if name == "failed"), float(ended))
    stopped = Ended(answer.returncode, answer.stderr, float(ended) - failed_at, answer.stdout)
    return stopped, json.loads(published_then)


@pytest.mark.parametrize(
    "point",
    [
        "delta_spark.overwrite item_documents",
        "delta_spark.merge item_vectors",
        "delta_spark.overwrite user_histories",
        "delta_spark.overwrite recommendations",
        "delta_files.append recommendation_runs",
    ],
)
def test_a_disk_that_fills_up_at_a_step_of_a_night_ends_it_in_a_sentence(
    point: str, repeated: Undisturbed, tmp_path: Path
) -> None:
    shop = repeated.copy(tmp_path / "shop")
    log = str(tmp_path / "log")
    plan = Plan(root=str(shop), log=log, named=point, do="fill", go=str(shop))
    ended, stands = run_on_a_small_disk(shop, shop, plan, *NIGHT)
    figures.stopped(f"a full disk at {point}", ended.seconds)
    (error,) = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert ended.exit_code == 1 and "the disk is full" in error, ended.stderr
    ended.assert_sentence()
    assert ended.seconds <= MOST_SECONDS_TO_STOP
    is_behind = point.endswith("recommendation_runs")
    assert stands == repeated.states()[is_behind]


def test_a_scratch_disk_that_fills_up_in_a_night_ends_it_in_a_sentence_or_not_at_all(
    repeated: Undisturbed, tmp_path: Path
) -> None:
    shop = repeated.copy(tmp_path / "shop")
    scratch = tmp_path / "scratch"
    point = "delta_spark.overwrite item_documents"
    log = str(tmp_path / "log")
    plan = Plan(root=str(shop), log=log, named=point, do="fill", go=str(scratch))
    ended, stands = run_on_a_small_disk(shop, scratch, plan, *NIGHT)
    ended.assert_sentence()
    if ended.exit_code:
        assert ended.exit_code == 1 and "the disk is full" in ended.stderr, ended.stderr
        assert stands == repeated.states()[0]
    else:
        assert stands == repeated.states()[1]


@pytest.mark.parametrize("table", ["recommendations", "recommendation_runs/_delta_log"])
def test_a_table_that_is_closed_is_named_before_the_night_begins(
    table: str, changed: Path, tmp_path: Path
) -> None:
    shop = Path(shutil.copytree(changed, tmp_path / "shop"))
    inside = shell(f"mount --bind -o ro {shop}/{table} {shop}/{table}", "-r", "--mount")
    code = [sys.executable, "-c", "from mars_model.cli.start import main; main()"]
    answer = subprocess.run(
        [*inside, *code, *words_of(shop, *NIGHT)],
        env=ENVIRONMENT,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=600,
    )
    (line,) = answer.stderr.splitlines()
    assert answer.returncode == 1 and f"{shop}/{table}" in line and "cannot be written" in line


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("--set", "scoring.max_memory_mb=64", *NIGHT), 2, "scoring.max_memory_mb"),
        (("--set", "scoring.top_n=1000000000", *NIGHT), 2, "scoring.top_n"),
    ],
)
def test_settings_that_no_memory_is_enough_for_are_refused_before_anything_is_written(
    words: tuple[str, ...], exit_code: int, said: str, changed: Path, tmp_path: Path
) -> None:
    shop = Path(shutil.copytree(changed, tmp_path / "shop"))
    ended = run(shop, None, *words)
    errors = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert ended.exit_code == exit_code and len(errors) == 1 and said in errors[0], ended.stderr
    assert published(shop) == published(changed)
