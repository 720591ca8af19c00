"""Commands that read answer without a JVM, and load little."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mars_model.cli.main import main
from tests.conftest import Night

RUN = """
import sys
from mars_model.cli.main import main
main(standalone_mode=False)
print(sorted({"numba", "onnxruntime", "torch", "pandas"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (("runs",), ["pandas"]),  # which Arrow imports itself
        (("explain", "1"), ["pandas"]),
        (("models",), []),
    ],
)
def test_commands_that_read_give_the_same_answer_where_there_is_no_java(
    night: Night, tmp_path: Path, arguments: tuple[str, ...], heavy: list[str]
) -> None:
    typed = ["--warehouse", night.warehouse.path, *arguments]
    answer = subprocess.run(
        [sys.executable, "-c", RUN, *typed],
        env={**os.environ, "JAVA_HOME": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stderr == ""
    assert answer.stdout == CliRunner().invoke(main, typed).stdout + f"{heavy}\n"
