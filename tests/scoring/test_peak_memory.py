"""The resident memory of a worker that scores a large catalogue, against the setting."""

import subprocess
import sys

import pytest

# Everything is mapped from files, as in a worker; the peak is that of the whole process.
WORKER = """
import sys
from pathlib import Path
from dataclasses import fields

import numpy as np
import pyarrow as pa

from mars_model.scoring.catalogue import Catalogue
from mars_model.scoring.certified_lists import NeighbourLists
from mars_model.scoring.memory_plan import Work, plan_memory
from mars_model.scoring.score_block import BlockScorer
from mars_model.scoring.sentences import Titles
from mars_model.scoring.sessions import attention_in_memory
from mars_model.settings import ScoringSettings

N_ITEMS, SIZE, N_LISTS, LENGTH, N_USERS = 178_000, 50, 60_000, 256, 2_000
folder, step, path = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
settings = ScoringSettings(top_n=10, max_memory_mb=1024)


def write(arrays):
    for field in fields(arrays):
        name = f"{type(arrays).__name__}-{field.name}.npy"
        np.save(folder / name, getattr(arrays, field.name))


def read(kind):
    names = [field.name for field in fields(kind)]
    files = [folder / f"{kind.__name__}-{name}.npy" for name in names]
    return kind(*(np.load(file, mmap_mode="r") for file in files))


rng = np.random.default_rng(1)
lengths = rng.integers(1, 60, N_USERS)
likes = [rng.choice(N_LISTS, n, replace=False) for n in lengths]
likes[0] = np.arange(170_000)
work = Work(N_USERS, sum(len(row) for row in likes), 170_000)
if step == "prepare":
    memory, vectors = np.tanh(rng.normal(0, 0.5, (2, N_ITEMS, SIZE))).astype(np.float32)
    bias = np.zeros(N_ITEMS, dtype=np.float32)
    catalogue = Catalogue.of_vectors(vectors, memory, bias)
    write(catalogue)
    names = [f"A long title, longer than most, of item number {i}" for i in range(N_ITEMS)]
    titles = Titles.of(pa.array(names), pa.array(catalogue.item_ids))
    write(titles)
    # What is in the lists matters to time alone: these prove nothing, so both paths are walked.
    row_of_item = np.full(N_ITEMS, -1, dtype=np.int32)
    row_of_item[:N_LISTS] = np.arange(N_LISTS)
    values = np.full((N_LISTS, LENGTH), 3.0, dtype=np.float32)
    found = rng.integers(0, N_ITEMS, (N_LISTS, LENGTH)).astype(np.int32)
    ends = np.full(N_LISTS, 3.0, dtype=np.float32)
    lists = NeighbourLists(row_of_item, found, values, ends, -50 * ends, 50 * ends, found[:0, 0])
    plan = plan_memory(settings, catalogue, titles, lists, work)
    assert plan.lists is not None
    write(plan.lists)
    full = plan_memory(settings, catalogue, titles, None, work)
    (folder / "plan").write_text(f"{plan.users_per_block} {full.users_per_block}")
else:
    catalogue = read(Catalogue)
    lists = read(NeighbourLists) if path == "lists" else None
    planned = [int(n) for n in (folder / "plan").read_text().split()]
    n_users = min(N_USERS, planned[0] if path == "lists" else planned[1])
    users = pa.RecordBatch.from_pydict(
        {
            "user_id": pa.array(range(n_users), pa.int64()),
            "item_ids": pa.array(likes[:n_users], pa.list_(pa.int64())),
            "n_items": pa.array([len(row) for row in likes[:n_users]], pa.int32()),
        }
    )
    del likes
    attention = attention_in_memory((folder / "attention.onnx").read_bytes())
    scorer = BlockScorer(catalogue, lists, attention, settings, 1, titles=read(Titles))
    scored, _ = scorer.score(users)
    rows = len(scored.column('list').flatten())
    assert rows == 10 * n_users
    status = Path("/proc/self/status").read_text()
    peak_kb = int(status.split("VmHWM:")[1].split()[0])
    print("peak_mb", peak_kb / 1024, "users", n_users)
"""

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A catalogue of 178,000 items and planned lists of 60,000, as files."""
    from mars_model.training.export import attention_graph

    folder = tmp_path_factory.mktemp("worker")
    (folder / "worker.py").write_text(WORKER)
    (folder / "attention.onnx").write_bytes(attention_graph(50).SerializeToString())
    run(folder, "prepare", "lists")
    return folder


def run(folder, step: str, path: str) -> str:
    command = [sys.executable, str(folder / "worker.py"), str(folder), step, path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("path", ["lists", "full"])
def test_a_block_with_a_user_of_170_000_likes_stays_under_the_setting(prepared, path):
    words = run(prepared, "score", path).split()
    assert int(words[3]) > 1
    assert float(words[1]) <= 1024
