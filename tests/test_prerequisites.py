"""What is said where Java is missing or too old."""

from pathlib import Path

import pytest

from mars_model import prerequisites


def install_java(home: Path, answer: str) -> None:
    """A java that answers `-version` on stderr, as the real one does."""
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho '{answer}' >&2\n", encoding="utf-8")
    java.chmod(0o755)


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ('openjdk version "17.0.12" 2024-07-16', 17),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ("no version here", None),
    ],
)
def test_the_major_version_is_read_from_what_java_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, version: int | None
) -> None:
    install_java(tmp_path, answer)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert prerequisites.java_version() == version


def test_a_java_that_is_too_old_is_named_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install_java(tmp_path, 'openjdk version "11.0.2"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    problem = prerequisites.java_problem()
    assert "Java 11 found" in problem
    assert str(tmp_path) in problem
    assert "17 or later" in problem
    assert prerequisites.main() == 1
    assert capsys.readouterr().err == problem + "\n"


def test_a_missing_java_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "none"))
    assert "No working Java found" in prerequisites.java_problem()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "No working Java found" in prerequisites.java_problem()


def test_an_old_python_is_named_with_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert prerequisites.python_problem() is None
    monkeypatch.setattr(prerequisites.sys, "version_info", (3, 9, 1))
    assert prerequisites.python_problem().startswith("Python 3.9 found, 3.11 or later needed")
