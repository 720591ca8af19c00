"""Bundles and settings changed at random open and work, or are refused in a sentence."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mars_model.bundle.items import Items
from mars_model.bundle.registry import Registry
from mars_model.settings import ModelSettings
from tests.bundle.small_bundle import SIZES, change_manifest, replace_file, write_small_bundle
from tests.soak import figures

REPOSITORY = Path(__file__).parents[2]
KINDS = (("mean", "evidence", True), ("cnn", "softmax", False), ("none", "sum", True))
PER_PROCESS, TIME_LIMIT_S = 250, 1200


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry for each kind of model, with a bundle in use that holds its items."""
    folder = tmp_path_factory.mktemp("good")
    for text, attention, has_factors in KINDS:
        model = ModelSettings(
            **SIZES,
            text=text,
            attention=attention,
            has_free_vectors=has_factors,
            has_item_bias=has_factors,
        )
        bundle = write_small_bundle(folder / text, model)
        words = [["moon"], ["fire", "moon"], ["fire"], []]
        Items(np.array([3, 7, 12, 40]), words).write(bundle.file("items.parquet"))
        content = bundle.file("items.parquet").read_bytes()
        replace_file(bundle.folder, "items.parquet", content)
        change_manifest(bundle.folder, metrics={"validation_map@500": 0.5, "n_likes": 4.0})
        Registry(folder / text).promote(bundle.model_version)
    return folder


def endings(good: Path, first: int, last: int) -> dict[int, tuple[str, str]]:
    """How each change ended; where a process ends itself, its last one ended it."""
    found: dict[int, tuple[str, str]] = {}
    while first < last:
        arguments = [str(good), str(first), str(min(last, first + PER_PROCESS))]
        done = subprocess.run(
            [sys.executable, "-m", "tests.bundle.try_mutations", *arguments],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
        found |= {line[0]: (line[1], line[2]) for line in lines if len(line) == 3}
        begun = max((line[0] for line in lines), default=first)
        if begun not in found:
            found[begun] = ("", f"ended the process with {done.returncode}: {done.stderr[-500:]}")
        first = begun + 1
    return found


def check(found: dict[int, tuple[str, str]], capsys: pytest.CaptureFixture[str]) -> Counter[str]:
    counted = Counter(how.split(":")[0] for _, how in found.values())
    figures.counts["mutations"] += len(found)
    with capsys.disabled():
        print(f"\n{len(found):,} mutations: {dict(counted)}")
    wrong = {n: end for n, end in found.items() if not end[1].startswith(("works", "refused: "))}
    assert wrong == {}
    return counted


def test_a_changed_bundle_works_or_is_refused(good: Path, capsys) -> None:
    assert len(check(endings(good, 0, 60), capsys)) == 2  # both happen


@pytest.mark.soak
def test_thousands_of_changed_bundles_work_or_are_refused(good: Path, capsys) -> None:
    found = endings(good, 1_000, 3_500)
    assert len(found) == 2_500
    check(found, capsys)
