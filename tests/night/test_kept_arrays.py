"""Arrays kept beside the bundles: whole or not there, and only the newest."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mars_model.night.kept_arrays import keep, key_of, open_kept, written_whole


@dataclass(frozen=True)
class Pair:
    names: np.ndarray
    numbers: np.ndarray


PAIR = Pair(np.array(["a", "bcd"]), np.array([[0.5, -0.0], [np.inf, 3]], dtype=np.float32))


def assert_holds_pair(folder: Path) -> None:
    found = open_kept(Pair, folder)
    assert found is not None
    assert isinstance(found.names, np.memmap) and isinstance(found.numbers, np.memmap)
    assert found.names.tolist() == ["a", "bcd"]
    assert found.numbers.tobytes() == PAIR.numbers.tobytes()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_kept_is_mapped(tmp_path):
    keep(PAIR, tmp_path / ".kept" / "one")
    assert_holds_pair(tmp_path / ".kept" / "one")


def test_arrays_without_a_row_are_kept_too(tmp_path):
    keep(Pair(np.zeros(0, dtype="<U3"), np.zeros((0, 4))), tmp_path / "one")
    found = open_kept(Pair, tmp_path / "one")
    assert (found.names.shape, found.numbers.shape) == ((0,), (0, 4))


def test_what_was_kept_before_goes(tmp_path):
    keep(PAIR, tmp_path / ".kept" / "one")
    older = open_kept(Pair, tmp_path / ".kept" / "one")
    keep(PAIR, tmp_path / ".kept" / "two")
    assert names_in(tmp_path / ".kept") == ["two"]
    assert open_kept(Pair, tmp_path / ".kept" / "one") is None
    assert older.names.tolist() == ["a", "bcd"]  # a night that maps it reads on
    keep(Pair(PAIR.names[::-1], PAIR.numbers), tmp_path / ".kept" / "two")
    assert open_kept(Pair, tmp_path / ".kept" / "two").names.tolist() == ["bcd", "a"]


def test_what_is_not_there_is_not_opened(tmp_path):
    assert open_kept(Pair, tmp_path / "nothing") is None
    keep(PAIR, tmp_path / "one")
    (tmp_path / "one" / "names.npy").unlink()
    assert open_kept(Pair, tmp_path / "one") is None


@pytest.mark.parametrize("n_bytes", [-4, 100, 5, 0])
def test_what_a_crash_cut_off_is_not_opened_and_can_be_replaced(tmp_path, n_bytes):
    keep(PAIR, tmp_path / "one")
    broken = tmp_path / "one" / "numbers.npy"
    broken.write_bytes(broken.read_bytes()[:n_bytes])
    assert open_kept(Pair, tmp_path / "one") is None
    keep(PAIR, tmp_path / "one")
    assert_holds_pair(tmp_path / "one")


def test_a_crash_in_the_middle_leaves_what_was_kept(tmp_path):
    keep(PAIR, tmp_path / ".kept" / "one")
    with pytest.raises(KeyboardInterrupt), written_whole(tmp_path / ".kept" / "one") as draft:
        (draft / "numbers.npy").write_bytes(b"half of it")
        raise KeyboardInterrupt
    assert names_in(tmp_path / ".kept") == ["one"]
    assert_holds_pair(tmp_path / ".kept" / "one")


def test_the_draft_of_another_night_stays(tmp_path):
    with written_whole(tmp_path / "one") as draft:
        keep(PAIR, tmp_path / "two")
        assert draft.is_dir()
    assert names_in(tmp_path) == ["one"]


def test_a_place_that_takes_no_files_does_not_stop_the_night(tmp_path):
    (tmp_path / ".kept").write_text("in the way")
    keep(PAIR, tmp_path / ".kept" / "one")
    assert open_kept(Pair, tmp_path / ".kept" / "one") is None


def test_a_key_says_what_arrays_are_made_from():
    key = key_of("m-1", {"items": ["id", 3], "vectors": ["id", 4]})
    assert key == key_of("m-1", {"vectors": ["id", 4], "items": ["id", 3]})
    assert key != key_of("m-2", {"items": ["id", 3], "vectors": ["id", 4]})
    assert key != key_of("m-1", {"items": ["other", 3], "vectors": ["id", 4]})
    assert key != key_of("m-1", {"items": ["id", 4], "vectors": ["id", 4]})
