"""The short form of a soak: a night that SIGTERM ends, and the same night once more.

A night killed right before it publishes is in tests/night/test_nights_again.py, two that publish at
once in tests/night/test_pinned_night.py.
"""

import signal
from pathlib import Path

import pytest

from mars_model.bundle.registry import Registry
from mars_model.night.run_night import run_night
from mars_model.tables.warehouse import Warehouse
from tests.conftest import Night, small_settings
from tests.soak.shop import Reader, copy_shop, processes_of, published, start

SHORTER = "scoring.top_n=3"


@pytest.mark.night
def test_a_night_that_is_stopped_ends_in_one_line_and_readers_see_whole_nights_alone(
    night: Night, tmp_path: Path
) -> None:
    shop = copy_shop(night, tmp_path / "shop")
    words = ("--set", SHORTER, "score", "--run-date", night.run_date.isoformat())
    with Reader(shop) as reader:
        process = start(shop, None, *words)
        assert process.stderr is not None
        for line in process.stderr:
            if line == "score …\n":
                break
        process.send_signal(signal.SIGTERM)
        *_, last = process.stderr.read().splitlines()
        assert process.wait() == 130
        assert last.startswith("score interrupted by SIGTERM: nothing is half done")
        assert processes_of(process.pid) == []
        before = published(Path(night.warehouse.path))
        assert published(shop) == before

        parts = Warehouse(night.warehouse.spark, str(shop)), Registry(shop / "models")
        run_night(*parts, small_settings(SHORTER), night.run_date, lambda _: None, True)
    assert reader.failed == []
    assert reader.seen == [before, published(shop)]
    assert before != published(shop)
