"""Lines of plain and compressed files, and what damage does to them."""

import gzip
from pathlib import Path

import pytest

from mars_model.errors import InputDataError
from mars_model.sources.lines import MAX_LINE_BYTES, Line, read_lines


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_lines_are_numbered_from_one_and_lose_their_ends(tmp_path: Path) -> None:
    path = put(tmp_path / "a.txt", b"\xef\xbb\xbfone\r\n\ntwo\x0bthree\xc2\x85four")
    # Only \n ends a line: what str.splitlines would cut stays together.
    assert list(read_lines(path)) == [
        Line(1, "one"),
        Line(2, ""),
        Line(3, "two\x0bthree\x85four"),
    ]


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_gzip_is_told_by_its_content_and_not_by_the_name(tmp_path: Path, name: str) -> None:
    assert list(read_lines(put(tmp_path / name, gzip.compress(b"one\n")))) == [Line(1, "one")]
    assert list(read_lines(put(tmp_path / name, b"one\n"))) == [Line(1, "one")]


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    assert list(read_lines(put(tmp_path / "a.txt", b""))) == []
    assert list(read_lines(put(tmp_path / "a.gz", gzip.compress(b"")))) == []


def test_a_line_that_is_not_utf_8_is_damaged_or_latin_1(tmp_path: Path) -> None:
    path = put(tmp_path / "a.txt", "né\n".encode("latin-1") + "né\n".encode())
    first, second = read_lines(path)
    assert first == Line(1, "n\ufffd", "the line is not UTF-8")
    assert second == Line(2, "né")
    assert list(read_lines(path, can_be_latin_1=True)) == [Line(1, "né"), Line(2, "né")]


def test_a_line_without_end_is_passed_over_and_the_next_is_read(tmp_path: Path) -> None:
    longest = b"x" * MAX_LINE_BYTES
    path = put(tmp_path / "a.txt", longest + b"\n" + 3 * longest + b"y\nlast\n")
    whole, long, last = read_lines(path)
    assert (whole.number, len(whole.text), whole.damage) == (1, MAX_LINE_BYTES, None)
    assert (long.number, long.damage) == (2, "the line is longer than 1,048,576 bytes")
    assert len(long.text) < 1000
    assert last == Line(3, "last")


def test_of_a_file_that_was_cut_off_all_whole_lines_are_read(tmp_path: Path) -> None:
    content = gzip.compress(
        b"".join(b"%d %s\n" % (n, bytes(range(97, 122))) for n in range(50_000))
    )
    found = list(read_lines(put(tmp_path / "a.gz", content[: len(content) // 2])))
    *whole, cut = found
    assert len(whole) > 10_000
    assert [line.text.split()[0] for line in whole] == [str(n) for n in range(len(whole))]
    assert cut == Line(len(whole) + 1, "", "the compressed data is damaged or cut off from here on")


def test_damage_inside_compressed_data_ends_the_file(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(b"one\ntwo\n"))
    content[-8] ^= 0xFF  # its checksum
    assert [line.damage is None for line in read_lines(put(tmp_path / "a.gz", content))][-1:] == [
        False
    ]
    with_rubbish = gzip.compress(b"one\n") + b"rubbish"
    one, cut = read_lines(put(tmp_path / "b.gz", with_rubbish))
    assert (one, cut.number, cut.damage is None) == (Line(1, "one"), 2, False)


def test_a_file_that_cannot_be_opened_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match=r"gone\.txt: cannot be read: No such file"):
        list(read_lines(tmp_path / "gone.txt"))
