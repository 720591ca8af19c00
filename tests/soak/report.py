"""A plugin of pytest that spreads a soak over two processes and prints its figures."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.soak import figures


class _Spread(LoadScopeScheduling):
    """All races in one process, whose commands keep both cores busy and their JVMs warm."""

    def _split_scope(self, nodeid: str) -> str:
        return "races" if "/test_races_" in nodeid else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Which tests stay together."""
    return _Spread(config, log)


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
