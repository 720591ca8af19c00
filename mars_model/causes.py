"""What the machine refused, read from an error of Python, Java or Spark: one sentence each."""

import errno
import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

# A line of an error's whole text, and what it means: what the machine has no more of, whatever was
# asked of it, and what it refused. The first that is met counts.
_EXHAUSTED = (
    (
        r"No space left on device|Disk quota exceeded|\bENOSPC\b",
        "the disk is full ({line}): make room and run it again; what was published stands",
    ),
    (
        r"Too many open files",
        "too many files are open ({line}): raise the limit (ulimit -n)",
    ),
    (
        r"unable to create native thread|Resource temporarily unavailable|can't start new thread",
        "the machine gives this user no more threads ({line}): raise the limit (ulimit -u)",
    ),
    (
        r"\bOutOfMemoryError\b|\bMemoryError\b|Cannot allocate memory|Unable to allocate"
        r"|insufficient memory for the Java Runtime|not reserve enough space"
        r"|failed to map segment",
        "the memory is used up ({line}): give Spark more by spark.driver.memory, or the command "
        "a machine or a limit (ulimit -v) with more",
    ),
    (
        r"Python worker exited unexpectedly",
        "a Python worker of Spark's was ended from outside, most often for want of memory "
        "({line}): lower scoring.max_memory_mb, or run it with fewer threads",
    ),
    (
        r"Answer from Java side is empty|\bPy4JNetworkError\b|Error while sending or receiving"
        r"|SparkContext was shut down|Connection (reset|refused)|does not exist in the JVM"
        r"|'JavaPackage' object is not callable|^Py4JError: An error occurred while calling \S+$",
        "Spark's Java ended in the middle, most often for want of memory ({line}): free some, or "
        "lower spark.driver.memory",
    ),
)
_REFUSED = (
    (
        r"Read-only file system|\bReadOnlyFileSystemException\b",
        "a file system is mounted read-only ({line}): choose a folder that can be written",
    ),
    (
        r"Permission denied|\bAccessDeniedException\b|\bAccessControlException\b"
        r"|Mkdirs failed to create|DELTA_CANNOT_CREATE_LOG_PATH|Operation not permitted",
        "a file or folder is closed to this user ({line}): change its permissions, or choose "
        "another folder",
    ),
    (
        r"Not a directory|\bParentNotDirectoryException\b",
        "a path leads through a file that is no folder ({line}): choose another path",
    ),
    (
        r"\bUnsupportedClassVersionError\b|class file version",
        "a jar needs a newer Java than the one that runs ({line}): see mars-batch doctor, and "
        "set JAVA_HOME to a JDK 17 or later",
    ),
    (
        r"\bUnknownHostException\b|Name or service not known|failure in name resolution",
        "a host's name does not resolve ({line}): correct it, or for this machine's own name set "
        "SPARK_LOCAL_IP=127.0.0.1",
    ),
    (
        r"\bBindException\b|Cannot assign requested address",
        "Spark cannot listen at its address ({line}): see SPARK_LOCAL_IP, SPARK_LOCAL_HOSTNAME "
        "and spark.driver.bindAddress",
    ),
    (
        r"Cannot run program|Python worker failed to connect back",
        "Spark's workers cannot start Python ({line}): see PYSPARK_PYTHON",
    ),
    (
        r"No usable temporary directory found",
        "no temporary folder can be written ({line}): set TMPDIR to one that can",
    ),
)
_LONGEST = 300
_PACKAGES = (
    *("click", "delta", "deltalake", "numba", "numpy", "onnxruntime", "pandas", "pyarrow"),
    *("pydantic", "pyspark", "py4j", "torch", "tqdm", "yaml"),
)


def cause_of(error: BaseException) -> str | None:
    """A sentence about what the machine lacks or forbids; None where it is something else."""
    if isinstance(error, ImportError | AttributeError) and (others := _hidden_by_others()):
        return (
            f"PYTHONPATH puts other modules before those that are installed: {', '.join(others)}. "
            "Take their folder out of PYTHONPATH"
        )
    text = "\n".join(_texts(error))
    return _said_by_worker(text) or cause_in(text)


def is_exhaustion(error: BaseException) -> bool:
    """Whether the machine has no more of something: no fault of a file that was read meanwhile."""
    return _meaning("\n".join(_texts(error)), _EXHAUSTED) is not None


def cause_in(text: str) -> str | None:
    """The same, from what a process wrote."""
    return _meaning(text, (*_EXHAUSTED, *_REFUSED))


def first_cause(error: BaseException) -> str:
    """The line that says most: of Java's errors the last cause, of others their first line."""
    lines = [line.strip() for text in _texts(error) for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    if causes:
        return _shortened(causes[-1])
    java = [line for line in lines if re.match(r": \S+(Exception|Error)\b", line)]
    return _shortened((java or lines or [type(error).__name__])[0])


def _meaning(text: str, meanings: tuple[tuple[str, str], ...]) -> str | None:
    lines = [line.strip() for line in text.splitlines()]
    for pattern, sentence in meanings:
        for line in lines:
            if re.search(pattern, line):
                return sentence.format(line=_shortened(line))
    return None


def _said_by_worker(text: str) -> str | None:
    """The sentence of an error of ours that was raised in a Python worker of Spark's."""
    found = re.search(r"^mars_model\.errors\.\w+: (.+)$", text, re.MULTILINE)
    return found[1] if found else None


def _hidden_by_others() -> list[str]:
    """Files of modules that were loaded from PYTHONPATH in place of Python's or a package's."""
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    own = {Path(sysconfig.get_path(kind)).resolve() for kind in ("purelib", "platlib", "stdlib")}
    named = {Path(folder).resolve() for folder in folders} - own
    known = {*sys.stdlib_module_names, *_PACKAGES}
    loaded = [(name, getattr(module, "__file__", None)) for name, module in sys.modules.items()]
    files = {Path(file) for name, file in loaded if name in known and file}
    folders_of = {file: {*file.resolve().parents} for file in files}
    # An environment may itself lie in a folder of PYTHONPATH, as .venv does in a checkout.
    return sorted(str(file) for file, held in folders_of.items() if held & named and not held & own)


def _texts(error: BaseException) -> Iterator[str]:
    """What an error and those that it came from say, with Java's own causes."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        if isinstance(at, OSError) and at.errno in errno.errorcode and at.filename:
            yield f"{at.strerror}: {at.filename}"
        try:
            yield f"{type(at).__name__}: {at}"
        except Exception:  # it asks a Java that has ended
            yield type(at).__name__
        yield str(getattr(at, "_stackTrace", ""))
        at = at.__cause__ or at.__context__


def _shortened(line: str) -> str:
    plain = re.sub(r"^(Caused by: |: |.*\(TID \d+\) \([^)]*\): )", "", line)
    plain = re.sub(r"^(?:[a-z]\w*\.)+(?=[A-Z]\w*(?:Exception|Error)\b)", "", plain)
    return plain if len(plain) <= _LONGEST else plain[:_LONGEST] + "…"
