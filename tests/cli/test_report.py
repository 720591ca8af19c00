"""mars-batch report: a page of a kept comparison, or a sentence."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from mars_model.cli.main import main


def report(*args: object) -> Result:
    """The command as typed, in this process."""
    return CliRunner().invoke(main, ["report", *map(str, args)])


def test_a_kept_comparison_becomes_a_page(tmp_path: Path) -> None:
    source, page = tmp_path / "c.json", tmp_path / "page.html"
    source.write_text('{"models": [{"model": "ease", "recall@50": 0.25}]}', encoding="utf-8")
    result = report(source, "--to", page)
    assert result.exit_code == 0, result.output
    assert str(page) in result.stdout
    assert "Only ease has a figure: recall@50 0.2500." in page.read_text(encoding="utf-8")


def test_a_file_that_is_no_comparison_is_bad_input_and_writes_nothing(tmp_path: Path) -> None:
    source, page = tmp_path / "c.json", tmp_path / "page.html"
    source.write_text(json.dumps({"models": [{"model": 1}], "more": 2}), encoding="utf-8")
    result = report(source, "--to", page)
    assert result.exit_code == 3
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: comparison {source}: models.0.model: ")
    assert "more is not a key of a comparison" in line
    assert not page.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    source = tmp_path / "c.json"
    source.write_text('{"models": []}', encoding="utf-8")
    result = report(source, "--to", tmp_path / "none" / "page.html")
    assert result.exit_code == 1
    assert "cannot be written (No such file or directory)" in result.stderr
