"""Disks that are full or closed: mounted for the test, and only for its command."""

from pathlib import Path

import pytest

from mars_model.resources import resource_folder
from tests.environment.running import run, shell
from tests.environment.test_works import import_two

pytestmark = pytest.mark.long  # each starts processes, most of them twice

# As `make setup` lays it beside Spark.
SPARK = {"SPARK_CONF_DIR": str(resource_folder("conf"))}


def _small(folder: Path, size: str, fill: str = "true") -> tuple[str, ...]:
    """In front of a command: a disk of a size at the folder, and what fills it."""
    folder.mkdir(exist_ok=True)
    mount = f"mount -t tmpfs -o size={size} tmpfs {folder}"
    return shell(f"{mount}; {fill}", "-r", "--mount")


def test_a_warehouse_that_fills_up_is_said_in_a_sentence(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    fill = f"head -c 90000 /dev/zero > {shop}/other || true"
    answer = import_two(tmp_path, shop, environment=SPARK, inside=_small(shop, "96k", fill))
    answer.assert_refused("the disk is full", "make room")
    assert len(answer.stderr.splitlines()) == 1


def test_a_scratch_folder_that_fills_up_is_said_in_a_sentence(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    fill = f"head -c 8M /dev/zero > {scratch}/other 2>/dev/null || true"
    answer = import_two(
        tmp_path,
        tmp_path / "shop",
        environment={**SPARK, "SPARK_LOCAL_DIRS": str(scratch)},
        inside=_small(scratch, "8k", fill),
    )
    answer.assert_refused("the disk is full")


def test_a_temporary_folder_that_is_full_is_passed_over(tmp_path: Path) -> None:
    full = tmp_path / "full"
    fill = f"head -c 8M /dev/zero > {full}/other 2>/dev/null || true"
    inside = _small(full, "8k", fill)
    answer = run("sql", "select 1", environment={"TMPDIR": str(full)}, cwd=tmp_path, inside=inside)
    answer.assert_done("1 rows")


def test_no_temporary_folder_at_all_is_said_in_a_sentence(tmp_path: Path) -> None:
    closed = "mount -t tmpfs -o ro tmpfs /tmp; mount -t tmpfs -o ro tmpfs /var/tmp; cd /proc"
    inside = shell(closed, "-r", "--mount")
    answer = run("sql", "select 1", inside=inside)
    answer.assert_refused("temporary", "TMPDIR")


def test_a_warehouse_that_is_mounted_read_only_is_read_but_not_written(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    import_two(tmp_path, shop).assert_done()
    closed = shell(f"mount --bind -o ro {shop} {shop}", "-r", "--mount")
    where = ("--warehouse", str(shop))
    asked = run(*where, "sql", "select title from items", cwd=tmp_path, inside=closed)
    asked.assert_done("Brot für alle")
    run(*where, "models", cwd=tmp_path, inside=closed).assert_done()
    written = import_two(tmp_path, shop, inside=closed)
    written.assert_refused(str(shop), "cannot be written", "Read-only file system")
