"""What Spark's scripts source leaves one line of the JVM's out."""

import os
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


def test_the_folder_of_settings_is_another_only_where_mars_batch_names_one() -> None:
    script = 'SPARK_CONF_DIR=conf; . "$1"; echo "$SPARK_CONF_DIR"'
    command = ["bash", "-c", script, "bash", str(resource_folder("conf") / "spark-env.sh")]
    for said, expected in (({}, "conf"), ({"MARS_EMPTY_CONF_DIR": "an empty one"}, "an empty one")):
        environment = {"PATH": os.environ["PATH"], **said}
        answer = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert (answer.stdout, answer.stderr) == (f"{expected}\n", "")
