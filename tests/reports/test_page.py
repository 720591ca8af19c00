"""The page as text: whole, escaped, and the same each time."""

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from mars_model.reports.contract import ComparisonFile
from mars_model.reports.page import render_report
from tests.reports.comparisons import SCRIPT, full, minimal, model

VOID = {"meta", "link", "br", "hr", "img", "path", "use", "rect"}


class Reader(HTMLParser):
    """Collects text, ids and addresses, and fails on a tag that closes another."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self._attributes(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._attributes(attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style" and data.strip():
            self.text.append(data)

    def _attributes(self, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "xlink:href", "data", "action", "srcset"):
                self.links.append(value or "")


@pytest.fixture(scope="module")
def page() -> str:
    """The page with every section."""
    return render_report(ComparisonFile.model_validate(full()))


def test_every_tag_is_closed_and_every_id_stands_once(page: str) -> None:
    reader = Reader(page)
    assert reader.open == []
    assert len(reader.ids) > 20
    assert len(reader.ids) == len(set(reader.ids))
    used = set(re.findall(r"url\(#([^)]+)\)", page)) | {
        link[1:] for link in reader.links if link.startswith("#")
    }
    assert used
    assert used <= set(reader.ids)


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    assert [link for link in Reader(page).links if link[:1] != "#"] == ["data:,"]
    assert "@import" not in page
    assert set(re.findall(r"https?://[^\"' )]+", page)) <= {"http://www.w3.org/1999/xlink"}


def test_titles_reasons_and_names_are_text(page: str) -> None:
    reader = Reader(page)
    assert "script" not in reader.tags
    text = " ".join(reader.text)
    # the data's name in title, heading, paper's table and facts; a like, a recommendation, a reason
    assert text.count(SCRIPT) == 4 + 3


def test_settings_and_the_command_are_text(page: str) -> None:
    hostile = full()
    hostile["made_with"] = f"mars-batch evaluate --set {SCRIPT}"
    hostile["models"][0]["settings"] = {"training": {"<img src=x onerror=alert(1)>": SCRIPT}}
    reader = Reader(render_report(ComparisonFile.model_validate(hostile)))
    assert {*reader.tags} == {*Reader(page).tags}
    text = " ".join(reader.text)
    assert text.count(SCRIPT) == 4 + 3 + 2
    assert "<img src=x onerror=alert(1)>" in text


def test_names_in_plots_are_text() -> None:
    names = ("<b>a & b</b>", "$x^2$")
    text = Reader(render_report(minimal(*(model(name, 0.2) for name in names)))).text
    assert all(text.count(name) >= 2 for name in names)  # in the table and beside its bar


def test_every_section_has_its_heading(page: str) -> None:
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert headings == [
        "The figures",
        "What was not run, and why",
        "Parts of the users and items",
        "The paper’s figures, measured here",
        "Beside the paper’s table",
        "Single users",
        "What was run, and how to repeat it",
    ]
    # one bar panel each for recall and MAP, one for the groups, one per curve
    assert page.count('<svg viewBox="') == 2 + 1 + 2
    assert page.count('role="img" aria-label="') == 5


def test_what_is_absent_leaves_no_trace() -> None:
    page = render_report(minimal(model("ease", 0.25)))
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["The figures"]
    empty = render_report(minimal())
    assert "<h2>" not in empty
    assert "Nothing was compared." in empty


def test_a_model_that_was_not_run_stands_in_the_table_and_with_its_reason(page: str) -> None:
    text = Reader(page).text
    assert "cdl (not run)" in text
    assert f"not run: no wheel {SCRIPT}" in text


def test_how_to_repeat_it_says_command_split_seeds_and_settings(page: str) -> None:
    text = Reader(page).text
    assert "mars-batch evaluate --model mars-plus --model ease --seeds 1-2" in text
    for name, value in (
        ("split", "paper"),
        ("split: train_share", "0.3"),
        ("seeds", "1, 2"),
        ("trials of every model", "10"),
        ("mars_batch", "0.1.0"),
        ("training.learning_rate", "0.004"),
    ):
        assert text[text.index(name) + 1] == value


def test_synthetic_data_are_called_synthetic() -> None:
    page = render_report(minimal(model("a", 0.1), dataset={"is_synthetic": True}))
    assert "The data are synthetic" in page


def test_the_same_comparison_gives_the_same_bytes_in_another_process(page: str) -> None:
    code = (
        "import sys, json; from tests.reports.comparisons import full; "
        "from mars_model.reports.contract import ComparisonFile; "
        "from mars_model.reports.page import render_report; "
        "sys.stdout.reconfigure(encoding='utf-8'); "
        "print(render_report(ComparisonFile.model_validate(full())), end=''); "
        "print([m for m in ('torch', 'pyspark', 'onnxruntime') if m in sys.modules], "
        "file=sys.stderr)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert answer.stdout == page, answer.stderr
    assert answer.stderr == "[]\n"  # neither torch nor Spark is needed
