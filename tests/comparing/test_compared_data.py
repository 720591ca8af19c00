"""What a comparison reads: likes with their times, by position."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from mars_model.comparing.compared_data import read_evaluation_data
from mars_model.errors import InputDataError
from mars_model.evaluation.splits.choose_split import split_of
from mars_model.evaluation.splits.timed_likes import UNKNOWN_TIME
from mars_model.importing.import_files import merge_files
from mars_model.tables.warehouse import Warehouse
from tests.conftest import RUN_DATE, small_settings

ITEMS = "item_id,title,text\nb,B,two\na,A,one\nd,D,\nc,C,three\n"
# User 7 likes c, then b and a of one second; 3 has a like without a time; 5 likes one item only.
INTERACTIONS = """user_id,item_id,rating,interacted_at
7,b,5,2026-01-02 10:00:00
7,a,5,2026-01-02 10:00:00
7,c,4,2026-01-01 10:00:00
7,d,1,2026-01-09 10:00:00
3,d,5,
3,b,5,2026-01-03 10:00:00
3,c,5,2026-03-01 00:00:00
5,a,5,2026-01-01 10:00:00
"""


def seconds(day: int) -> int:
    return int(datetime(2026, 1, day, 10, tzinfo=UTC).timestamp())


def bring(warehouse: Warehouse, folder: Path, interactions: str) -> None:
    for name, text in (("items", ITEMS), ("interactions", interactions)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    files = str(folder / "items.csv"), str(folder / "interactions.csv")
    merge_files(warehouse, small_settings(), *files)


def test_times_stand_beside_the_likes_and_change_what_is_compared(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    bring(warehouse, tmp_path, INTERACTIONS)
    data = read_evaluation_data(warehouse, small_settings(), RUN_DATE, has_text_only=False)
    # Users 3 and 7, items a to d: d is disliked by 7, c comes too late for 3.
    assert [data.likes.row(user).tolist() for user in range(2)] == [[1, 3], [0, 1, 2]]
    assert data.timed.times.tolist() == [
        seconds(3), UNKNOWN_TIME, seconds(2), seconds(2), seconds(1),
    ]  # fmt: skip
    assert data.protocol["n_likes_without_time"] == 1
    split = split_of("leave-last-out", data.timed, seed=1)
    assert [split.test.row(user).tolist() for user in range(2)] == [[1], [0]]

    warehouse.spark.sql(
        f"update delta.`{warehouse.location('interactions')}` set interacted_at = "
        "timestamp '2026-01-05 10:00:00 UTC' where user_id = 7 and item_id = 'c'"
    )
    later = read_evaluation_data(warehouse, small_settings(), RUN_DATE, has_text_only=False)
    np.testing.assert_array_equal(later.likes.item_idx, data.likes.item_idx)
    assert later.timed.times[-1] == seconds(5)
    assert later.fingerprint != data.fingerprint


def test_without_any_time_only_the_papers_split_is_left(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    bring(warehouse, tmp_path, "user_id,item_id,rating\n1,a,5\n1,b,5\n2,c,5\n2,a,5\n")
    data = read_evaluation_data(warehouse, small_settings(), RUN_DATE, has_text_only=False)
    assert split_of("paper", data.timed, seed=1).test.n_likes == 2
    for name in ("temporal", "leave-last-out"):
        with pytest.raises(InputDataError, match="none of 4 likes has a time"):
            split_of(name, data.timed, seed=1)
