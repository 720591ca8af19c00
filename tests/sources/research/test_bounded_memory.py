"""A file far larger than the memory that reading it takes."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.sources.research.reading import write

# VmHWM, the peak of the resident memory of the whole process, in KiB.
CHILD = """
import sys
from pathlib import Path
from mars_model.sources.research import choose_set, write_set


def peak_kb():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])


before = peak_kb()
folder = Path(sys.argv[1])
out = folder / "out"
out.mkdir()
written = write_set(choose_set("amazon", [folder]), out, lambda line: None)
print(before, peak_kb(), written.broken.n)
"""
N_BLOCKS = 160


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_reading_takes_a_small_part_of_a_files_size(tmp_path: Path) -> None:
    # 2 MiB of reviews of 1 KiB and a broken line, again and again: written fast, read as any.
    review = {"reviewerID": "A2", "asin": "B1", "overall": 5.0, "reviewText": "x" * 900}
    block = (json.dumps(review) + "\n").encode() * 2048 + b'{"reviewerID": "A2", \n'
    with gzip.open(tmp_path / "Toys.json.gz", "wb", compresslevel=1) as file:
        for _ in range(N_BLOCKS):
            file.write(block)
    write(tmp_path / "meta_Toys.json", '{"asin": "B1"}')
    size_mb = N_BLOCKS * len(block) / 2**20
    assert size_mb > 300
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    before_kb, peak_kb, n_broken = map(int, done.stdout.split())
    assert n_broken == N_BLOCKS
    assert pq.read_metadata(tmp_path / "out/interactions/part-0.parquet").num_rows == (
        N_BLOCKS * 2049
    )
    assert (peak_kb - before_kb) / 1024 < 0.5 * size_mb
