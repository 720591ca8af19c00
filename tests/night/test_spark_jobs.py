"""How many Spark jobs an ordinary night starts, and from where."""

from collections import Counter
from datetime import date

import pytest

from mars_model.night.run_night import run_night
from tests.night.conftest import copy_night

pytestmark = pytest.mark.night

MOST_JOBS = 30


def jobs_of(spark) -> dict[int, str]:
    """Every job of the session that Spark remembers: its number and where it was started."""
    jobs = spark.sparkContext._jsc.sc().statusStore().jobsList(None)
    found = {}
    for n in range(jobs.size()):
        job = jobs.apply(n)
        said = job.description()
        found[job.jobId()] = f"{said.get() if said.isDefined() else ''} [{job.name()}]"
    return found


def test_an_ordinary_night_starts_few_spark_jobs(night, tmp_path, capsys):
    """The second date: nothing but histories to build, no optional table, one short list."""
    copied = copy_night(night, tmp_path / "wh")
    spark = copied.warehouse.spark
    seen, by_step = set(jobs_of(spark)), Counter[str]()
    step, where = "before the first step", []

    def attribute() -> None:
        new = {number: text for number, text in jobs_of(spark).items() if number not in seen}
        seen.update(new)
        by_step[step] += len(new)
        where.extend(f"{step}: job {number} {text}" for number, text in sorted(new.items()))

    def say(line: str) -> None:
        nonlocal step
        attribute()
        step = line

    parts = (copied.warehouse, copied.registry, copied.settings, date(2026, 3, 2))
    run = run_night(*parts, say, False)
    attribute()
    n_jobs = by_step.total()
    with capsys.disabled():
        print("", *where, dict(by_step), f"{n_jobs} Spark jobs", sep="\n")
    assert run.status == "published"
    assert 0 < n_jobs <= MOST_JOBS, "\n".join(where)
