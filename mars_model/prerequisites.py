"""Checks what the set-up needs before anything is installed: standard library only.

Kept readable for old Pythons on purpose: it must be able to say that Python is too old.
"""

import os
import re
import shutil
import subprocess
import sys

PYTHON_NEEDED = (3, 11)
JAVA_NEEDED = 17


def python_problem() -> "str | None":
    """One sentence that says what to install, or None."""
    if sys.version_info[:2] >= PYTHON_NEEDED:
        return None
    found = "%d.%d" % sys.version_info[:2]  # noqa: UP031
    return (
        "Python " + found + " found, 3.11 or later needed: install it and name it with "
        "make PYTHON=python3.11 <target>"
    )


def java_command() -> "str | None":
    """The java that Spark will start: JAVA_HOME's where it is set, else the one on the PATH."""
    home = os.environ.get("JAVA_HOME")
    if home:
        return os.path.join(home, "bin", "java")
    return shutil.which("java")


def java_version() -> "int | None":
    """Major version of that java, or None where there is none that answers."""
    command = java_command()
    if not command:
        return None
    try:
        answer = subprocess.run([command, "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    return int(match.group(1)) if match else None


def java_problem() -> "str | None":
    """One sentence that says what to install, or None."""
    version = java_version()
    if version is None:
        return (
            "No working Java found (JAVA_HOME or PATH), 17 or later needed: install a JDK, "
            "for example openjdk-17-jre-headless, and set JAVA_HOME to it"
        )
    if version < JAVA_NEEDED:
        return (
            "Java " + str(version) + " found at " + str(java_command()) + ", 17 or later needed: "
            "install a JDK 17 and set JAVA_HOME to it"
        )
    return None


def main() -> int:
    """Print what is wrong, one sentence; exit status 1 where something is."""
    # Python first: an older one could not even ask Java.
    problem = python_problem() or java_problem()
    if problem:
        sys.stderr.write(problem + "\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
