"""What Spark's scripts source leaves one line of the JVM's out."""

import subprocess

from mars_model.resources import resource_folder

WARNING = "WARNING: Using incubator modules: jdk.incubator.vector"


def test_the_warning_about_an_incubator_module_is_all_that_is_left_out() -> None:
    lines = ["first", WARNING, f"{WARNING}, and more", "last"]
    script = '. "$1"; shift; printf "%s\\n" "$@" >&2; echo result; exit 3'
    command = ["bash", "-c", script, "bash", str(resource_folder("conf") / "spark-env.sh"), *lines]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 3
    assert answer.stdout == "result\n"
    assert answer.stderr.splitlines() == ["first", f"{WARNING}, and more", "last"]
