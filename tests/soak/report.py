"""A plugin of pytest that prints the figures of a soak, also where two processes ran its tests."""

from typing import Any

import pytest

from tests.soak import figures


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process that runs tests for another one tells it what it has counted."""
    if (told := getattr(session.config, "workeroutput", None)) is not None:
        told["figures"] = figures.as_facts()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The other one adds it up."""
    figures.add(getattr(node, "workeroutput", {}).get("figures", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The figures, a line each."""
    terminalreporter.section("figures of the soak")
    for line in figures.lines():
        terminalreporter.line(line)
