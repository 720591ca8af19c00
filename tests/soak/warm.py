"""A process that runs one command after the other: its JVM starts once.

Reads lines of JSON, {"arguments": […], "plan": {…} or null}, and answers each by one on stdout.
"""

import json
import os
import sys

from click.testing import CliRunner

from mars_model.cli.main import main
from tests.soak.faults import Boundaries, Plan, install


def serve() -> None:
    """Until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else is printed
    boundaries = Boundaries()
    install(boundaries)
    for line in sys.stdin:
        asked = json.loads(line)
        boundaries.follow(Plan(**asked["plan"]) if asked["plan"] else None)
        result = CliRunner().invoke(main, asked["arguments"])
        boundaries.follow(None)
        error = result.exception
        answer = {
            "exit_code": result.exit_code,
            "stdout": result.stdout,
            "stderr": result.stderr,
            "raised": repr(error) if error and not isinstance(error, SystemExit) else None,
        }
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
