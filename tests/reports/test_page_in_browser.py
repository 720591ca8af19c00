"""The page in a real browser: drawn, quiet, alone, and no wider than a phone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mars_model.reports.contract import ComparisonFile
from mars_model.reports.page import render_report
from tests.reports.comparisons import SCRIPT, full

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
MANY = 13  # models, so that tables are wider than a phone


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A headless Chromium: the one of $CHROMIUM, or one on the PATH."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    path = next(filter(None, found), None)
    if path is None:
        pytest.skip("no Chromium: install one (chromium-headless-shell) or name it in $CHROMIUM")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with every section, and more models than a phone is wide."""
    content = full()
    content["models"] += [
        {"model": f"a model of a rather long name {number}", "recall@50": 0.1, "map@500": 0.05}
        for number in range(MANY - 2)
    ]
    values = {row["model"]: 0.1 for row in content["models"] if "reason" not in row}
    content["groups"] += [{**content["groups"][0], "name": "all of them", "values": values}]
    content["made_with"] += " --set " + "x" * 200
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_report(ComparisonFile.model_validate(content)), encoding="utf-8")
    return path


def open_page(browser: "Browser", report: Path, width: int, scheme: str = "light") -> "Page":
    """The page at a width; whatever it says or asks for is kept in its `heard`."""
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.heard = []
    page.on("console", lambda message: page.heard.append(message.text))
    page.on("pageerror", lambda error: page.heard.append(str(error)))
    page.on("request", lambda request: page.heard.append(request.url))
    page.goto(report.as_uri(), wait_until="networkidle")
    return page


def test_the_page_is_quiet_and_asks_for_nothing(browser: "Browser", report: Path) -> None:
    page = open_page(browser, report, 1100)
    assert page.heard == [report.as_uri()]
    page.close()


@pytest.mark.parametrize("width", [360, 1100])
def test_plots_are_drawn(browser: "Browser", report: Path, width: int) -> None:
    page = open_page(browser, report, width)
    drawn = page.evaluate(
        """[...document.querySelectorAll('figure svg')].map(svg => {
            const box = svg.getBBox(), shown = svg.getBoundingClientRect();
            const paths = [...svg.querySelectorAll('g path, g use')];
            const seen = paths.filter(path => {
                const style = getComputedStyle(path);
                return [style.fill, style.stroke].some(c => c.startsWith('rgb'));
            });
            return [box.width, box.height, shown.width, seen.length];
        })"""
    )
    assert len(drawn) == 5
    for box_width, box_height, shown_width, n_paths in drawn:
        assert box_width > 200
        assert box_height > 60
        assert 280 < shown_width <= width
        assert n_paths > 10
    page.close()


@pytest.mark.parametrize("width", [320, 360, 768])
def test_the_page_is_no_wider_than_the_screen(browser: "Browser", report: Path, width: int) -> None:
    page = open_page(browser, report, width)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    # The wide tables are wide, and scroll within their own box.
    boxes = page.evaluate(
        "[...document.querySelectorAll('.scroll')].map(box => [box.clientWidth, box.scrollWidth])"
    )
    assert max(inner for _, inner in boxes) > 768
    assert all(outer <= width for outer, _ in boxes)
    page.close()


def test_a_title_with_a_script_is_shown_and_not_run(browser: "Browser", report: Path) -> None:
    page = open_page(browser, report, 1100)
    assert page.title() == f"Comparison on books {SCRIPT}"
    assert page.locator("article strong").first.inner_text() == SCRIPT
    assert page.locator("script").count() == 0
    page.close()


def test_text_and_plots_follow_the_colours_of_the_screen(browser: "Browser", report: Path) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        page = open_page(browser, report, 1100, scheme)
        colours[scheme] = page.evaluate(
            """[getComputedStyle(document.body).backgroundColor,
                getComputedStyle(document.querySelector('svg text')).fill]"""
        )
        page.close()
    assert colours["light"] == ["rgb(253, 253, 251)", "rgb(28, 32, 36)"]
    assert colours["dark"] == ["rgb(21, 24, 27)", "rgb(230, 232, 234)"]


def test_print_shows_closed_parts_and_cuts_no_table(browser: "Browser", report: Path) -> None:
    page = open_page(browser, report, 700)
    page.emulate_media(media="print")
    hidden = page.evaluate(
        "[...document.querySelectorAll('details dl, details table')]"
        ".filter(part => !part.checkVisibility({contentVisibilityAuto: true})).length"
    )
    assert hidden == 0
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"
    )
    page.close()
