"""The program mars-batch: what breaks before any command can say so ends in a sentence too."""

import sys

from mars_model.causes import cause_of, first_cause
from mars_model.cli.interrupts import heed_signals, say_interrupted, tell
from mars_model.errors import Interrupted
from mars_model.prerequisites import memory_problem, python_problem
from mars_model.redact import redact


def main() -> None:
    """Import the commands, and run the one that was typed."""
    problem = python_problem() or memory_problem()
    if problem is not None:
        sys.exit(f"error: {problem}")
    heed_signals()
    try:
        from mars_model.cli.main import main as commands

        commands()
    except KeyboardInterrupt as stopped:  # before or after the command itself
        tell(say_interrupted(None, stopped))
        sys.exit(Interrupted.exit_code)
    except Exception as error:  # a package that is missing, or another one of its name
        sentence = cause_of(error) or f"mars-batch does not load: {first_cause(error)}"
        sys.exit(f"error: {redact(sentence)}")


if __name__ == "__main__":
    main()
