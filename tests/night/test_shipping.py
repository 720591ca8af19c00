"""Arrays travel to workers as files that they map, and come back when a night is over."""

from dataclasses import dataclass

import numpy as np
import pytest

from mars_model.night.shipping import (
    open_arrays,
    ship_arrays,
    shipped_arrays,
    shipped_file,
    take_back,
)


@dataclass(frozen=True)
class Pair:
    numbers: np.ndarray
    names: np.ndarray


PAIR = Pair(np.arange(6, dtype=np.float32).reshape(2, 3), np.array(["a", "bcd"]))


def read_in_workers(spark, key: str) -> list[list]:
    """What two tasks read under a key."""

    def read(batches):
        import pyarrow as pa

        for batch in batches:
            pair = open_arrays(Pair, key)
            is_mapped = isinstance(pair.numbers, np.memmap)
            yield pa.RecordBatch.from_arrays(
                [pa.array([f"{is_mapped} {pair.numbers.tolist()} {pair.names.tolist()}"])], ["read"]
            )
            del batch

    frame = spark.range(2, numPartitions=2).mapInArrow(read, "read string")
    return [row["read"] for row in frame.collect()]


def test_workers_map_what_was_shipped(spark):
    key = ship_arrays(spark.sparkContext, PAIR)
    expected = "True [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] ['a', 'bcd']"
    assert read_in_workers(spark, key) == [expected, expected]
    take_back(key)


def test_what_was_taken_back_is_gone_and_can_be_shipped_again(spark):
    key = ship_arrays(spark.sparkContext, PAIR)
    files = [shipped_file(f"{key}-{name}.npy") for name in ("numbers", "names")]
    read_in_workers(spark, key)
    assert all(file.exists() for file in files)
    take_back(key)
    assert not any(file.exists() for file in files)
    again = ship_arrays(spark.sparkContext, PAIR)
    assert len(read_in_workers(spark, again)) == 2
    take_back(again)


def test_what_is_shipped_for_a_block_goes_at_its_end_also_on_errors(spark):
    with shipped_arrays(spark.sparkContext, PAIR) as key:
        assert len(read_in_workers(spark, key)) == 2
    keys = [key]
    with pytest.raises(ZeroDivisionError), shipped_arrays(spark.sparkContext, PAIR) as key:
        keys.append(key)
        assert shipped_file(f"{key}-names.npy").exists()
        1 / 0  # noqa: B018
    for key in keys:
        assert not any(shipped_file(f"{key}-{f}.npy").exists() for f in ("numbers", "names"))


def test_an_array_mapped_from_a_whole_file_travels_as_that_file(spark, tmp_path):
    kept = tmp_path / "numbers.npy"
    np.save(kept, PAIR.numbers)
    whole = np.load(kept, mmap_mode="r")
    others = {
        "the other shape": whole.reshape(3, 2),
        "a part": whole[:, :2],
        "a part with as many rows": whole[:1],
        "the other order": whole[::-1],
        "own memory": np.array(whole),
    }
    key = ship_arrays(spark.sparkContext, Pair(whole, PAIR.names))
    assert shipped_file(f"{key}-numbers.npy").samefile(kept)
    take_back(key)
    assert np.load(kept).tolist() == PAIR.numbers.tolist()
    for name, array in others.items():
        key = ship_arrays(spark.sparkContext, Pair(array, PAIR.names))
        shipped = shipped_file(f"{key}-numbers.npy")
        assert not shipped.samefile(kept), name
        assert np.load(shipped).tolist() == array.tolist(), name
        take_back(key)


def test_arrays_whose_files_another_night_has_removed_meanwhile_are_shipped(spark, tmp_path):
    for name, array in (("numbers", PAIR.numbers), ("names", PAIR.names)):
        np.save(tmp_path / f"{name}.npy", array)
    mapped = Pair(*(np.load(tmp_path / f"{n}.npy", mmap_mode="r") for n in ("numbers", "names")))
    for file in tmp_path.iterdir():
        file.unlink()
    key = ship_arrays(spark.sparkContext, mapped)
    assert np.load(shipped_file(f"{key}-numbers.npy")).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert np.load(shipped_file(f"{key}-names.npy")).tolist() == ["a", "bcd"]
    take_back(key)
