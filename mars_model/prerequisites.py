"""Checks what the set-up needs before anything is installed: standard library only.

Kept readable for old Pythons on purpose: it must be able to say that Python is too old.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys

PYTHON_NEEDED = (3, 11)
JAVA_NEEDED = 17
JAVA_TIMEOUT_S = 20
MEMORY_NEEDED_MB = 2048  # of address space, for the packages alone


def python_problem() -> "str | None":
    """One sentence that says what to install, or None."""
    if sys.version_info[:2] >= PYTHON_NEEDED:
        return None
    found = "%d.%d" % sys.version_info[:2]  # noqa: UP031
    return (
        "Python " + found + " found, 3.11 or later needed: install it and name it with "
        "make PYTHON=python3.11 <target>"
    )


def memory_problem() -> "str | None":
    """One sentence about a limit on memory below which packages cannot be loaded, or None."""
    found, _ = resource.getrlimit(resource.RLIMIT_AS)
    if found == resource.RLIM_INFINITY or found >> 20 >= MEMORY_NEEDED_MB:
        return None
    return (
        "this process may use %d MB of memory (ulimit -v %d), at least %d MB needed: raise the "  # noqa: UP031
        "limit, for example by ulimit -v unlimited" % (found >> 20, found >> 10, MEMORY_NEEDED_MB)
    )


def java_command() -> "str | None":
    """The java that Spark will start: JAVA_HOME's where it is set, else the one on the PATH."""
    home = os.environ.get("JAVA_HOME")
    if home:
        return os.path.join(home, "bin", "java")
    return shutil.which("java")


def ask_java(options: "list[str]", without: str = "") -> "tuple[bool | None, str]":
    """Whether `java <options> -version` works, and its words; None where it never answered.

    `without`: a variable of the environment that is kept from it.
    """
    command = java_command()
    if not command:
        return None, "there is no java on the PATH"
    environment = {name: value for name, value in os.environ.items() if name != without}
    try:
        started = subprocess.Popen(
            [command, *options, "-version"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        return None, str(error.strerror)
    with started:
        try:
            words = started.communicate(timeout=JAVA_TIMEOUT_S)[0]
        except subprocess.TimeoutExpired:
            # It may be a script, and Java behind it.
            os.killpg(started.pid, signal.SIGKILL)
            return None, "it did not answer within " + str(JAVA_TIMEOUT_S) + " seconds"
    return started.returncode == 0, words


def java_version() -> "int | None":
    """Major version of that java, or None where there is none that answers."""
    is_started, words = ask_java([])
    return _version_in(words) if is_started else None


def java_problem(options: "dict[str, list[str]] | None" = None) -> "str | None":
    """One sentence that says what to install or to change, or None.

    `options`: what it is to be started with, by the name of whatever asks for it.
    """
    said = options or {}
    is_started, words = ask_java([word for words in said.values() for word in words])
    version = _version_in(words) if is_started else None
    if is_started is False:
        version = java_version()
    if version is not None and version < JAVA_NEEDED:
        return (
            "Java " + str(version) + " found at " + str(java_command()) + ", 17 or later needed: "
            "install a JDK 17 and set JAVA_HOME to it"
        )
    if is_started and version is not None:
        return None
    blame = _blame_options(said, words) if is_started is False else None
    return blame or (
        "No working Java found (JAVA_HOME or PATH" + _where_and_why(words) + "), 17 or later "
        "needed: install a JDK, for example openjdk-17-jre-headless, and set JAVA_HOME to it"
    )


def _blame_options(said: "dict[str, list[str]]", words: str) -> "str | None":
    """A sentence that names what keeps Java from starting, where it starts without that."""
    for name in ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", *said):
        others = [word for other, words in said.items() if other != name for word in words]
        value = os.environ.get(name) or " ".join(said.get(name, []))
        if value and ask_java(others, without=name)[0]:
            return (
                "Java does not start with " + name + " (" + value + "; " + _reason(words) + "): "
                "change it, or leave it out"
            )
    return None


def _where_and_why(words: str) -> str:
    command = java_command()
    return "; " + (command + ": " if command else "") + _reason(words)


def _reason(words: str) -> str:
    """The line of Java's that says why."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    telling = [line for line in lines if "Picked up " not in line and "[warning]" not in line]
    # A head line, and then the reason.
    telling = [line for line in telling if not line.endswith("initialization of VM")] or telling
    return telling[0][:300] if telling else "it says nothing"


def _version_in(words: str) -> "int | None":
    match = re.search(r'version "(?:1\.)?(\d+)', words)
    return int(match.group(1)) if match else None


def main() -> int:
    """Print what is wrong, one sentence; exit status 1 where something is."""
    # Python first: an older one could not even ask Java.
    problem = python_problem() or java_problem()
    if problem:
        sys.stderr.write(problem + "\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
