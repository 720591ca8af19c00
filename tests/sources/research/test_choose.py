"""Which files are read: those named, those in a folder, and none other in silence."""

from pathlib import Path

import pytest

from mars_model.errors import InputDataError
from mars_model.sources.research import FORMATS, choose_set
from tests.sources.research.reading import write


def test_every_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    gone = [tmp_path / "u.data", tmp_path / "u.item"]
    with pytest.raises(InputDataError, match=r"u\.data, .*u\.item: not found") as caught:
        choose_set("movielens", gone)
    assert caught.value.exit_code == 3


def test_a_named_file_that_the_format_does_not_read_is_refused(tmp_path: Path) -> None:
    for name in ("u.data", "u.item"):
        write(tmp_path / name, "")
    other = write(tmp_path / "u.user", "1|24|M|technician|85711")
    assert len(choose_set("movielens", [tmp_path]).files) == 2
    with pytest.raises(InputDataError, match=r"u\.user: by its name no file .*u\.item, u\.data"):
        choose_set("movielens", [tmp_path, other])


def test_names_may_differ_in_case_and_files_be_compressed(tmp_path: Path) -> None:
    write(tmp_path / "U.DATA.gz", "")
    write(tmp_path / "u.item", "")
    write(tmp_path / "u.item.gz", "")
    names = [file.name for file in choose_set("movielens", [tmp_path]).files]
    assert names == ["u.item", "U.DATA.gz"]


@pytest.mark.parametrize("kind", FORMATS)
def test_an_empty_folder_lacks_all_and_says_where_to_look_it_up(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InputDataError, match=r"among no file.*docs/research_data\.md"):
        choose_set(kind, [tmp_path])
