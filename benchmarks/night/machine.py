"""What the figures were measured on: processor, memory, load, versions."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from night.session import jvm_options

PACKAGES = (
    *("numpy", "numba", "onnxruntime", "torch", "pyarrow", "pandas"),
    *("pyspark", "delta-spark", "deltalake", "implicit"),
)
_WIDTHS = (("avx512f", 512), ("avx2", 256), ("sse2", 128))


def describe_machine(spark: SparkSession) -> dict[str, Any]:
    """Machine, versions and how the JVM was started."""
    cpu = _cpu_fields()
    flags = cpu.get("flags", "").split()
    jvm = spark.sparkContext._jvm
    assert jvm is not None
    return {
        "machine": {
            "processor": cpu.get("model name", platform.processor()),
            "cores": os.cpu_count(),
            "cores_used": len(os.sched_getaffinity(0)),
            "spark_threads": spark.sparkContext.defaultParallelism,
            "vector_bits": next((bits for flag, bits in _WIDTHS if flag in flags), None),
            "cache": cpu.get("cache size"),
            "memory_gb": round(_memory_kb() / 2**20, 1),
            "load_at_start": round(os.getloadavg()[0], 2),
        },
        "versions": {
            "python": platform.python_version(),
            "java": str(jvm.java.lang.System.getProperty("java.version")),
            **{name: version(name) for name in PACKAGES},
        },
        "jvm_options": jvm_options(spark),
    }


def machine_text(facts: dict[str, Any]) -> str:
    """The same in a few lines."""
    lines = [
        ", ".join(f"{k} {v}" for k, v in facts[part].items()) for part in ("machine", "versions")
    ]
    return "\n".join([*lines, "JVM: " + " ".join(facts["jvm_options"])])


def _cpu_fields() -> dict[str, str]:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _memory_kb() -> int:
    first = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()[0]
    return int(first.split()[1])
