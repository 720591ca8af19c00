"""Changes bundles and settings, and says how opening each of them ended.

A process of its own, `python -m tests.bundle.try_mutations FOLDER FIRST LAST`: what ends the
process, or never ends, is located by the last line. A number always makes the same change.
"""

import json
import random
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from mars_model.bundle.registry import Registry
from mars_model.cli.main import main
from mars_model.errors import MarsBatchError
from mars_model.model import Model
from mars_model.resources import resource_folder
from mars_model.scoring.sessions import open_attention, open_relevance
from mars_model.settings import load_settings
from tests.bundle.mutations import (
    STRANGE,
    change_bundle,
    change_record,
    change_yaml,
    flipped,
    replace_by_something,
)

TIME_LIMIT_S = 60


class HungError(Exception):
    """A change whose opening takes longer than the limit."""


def open_and_use(models: Path, version: str) -> None:
    """All that a night, the Python door and the commands do with a bundle."""
    registry = Registry(models)
    shown = CliRunner().invoke(main, ["--warehouse", str(models.parent), "--json", "models"])
    if shown.exit_code not in (0, 1, 2, 3) or "error: unexpected " in shown.output:
        raise AssertionError(f"mars-batch models ended with {shown.exit_code}: {shown.output}")
    registry.promoted_version()
    registry.decisions()
    bundle = registry.promoted()
    assert bundle == registry.open(version)
    bundle.vocabulary()
    open_attention.cache_clear()
    open_relevance.cache_clear()
    open_attention(bundle.sealed("attention.onnx"))
    size = bundle.manifest.settings.model.representation_size
    vectors = np.ones((3, size), dtype=np.float32)
    assert open_relevance(bundle.sealed("relevance.onnx"))(vectors, vectors).shape == (3, 3)
    model = Model.load(bundle.folder)
    likes = model.items.item_ids[:2].tolist()
    found = model.recommend(likes, n=3)
    assert all(np.isfinite(one.score) for one in found)
    if found:
        assert model.explain(likes, found[0].item_id).item_id == found[0].item_id


def try_settings(rng: random.Random, folder: Path) -> str:
    """Load changed settings, from a file or as --set."""
    text = (resource_folder("conf") / "mars-batch.yaml").read_text(encoding="utf-8")
    if rng.random() < 0.3:
        names = [line.split(":")[0].strip() for line in text.splitlines() if line.startswith("  ")]
        branch = rng.choice(("model", "training", "sources", "scoring", "warehouse", "tracking"))
        value = rng.choice((repr, json.dumps, str))(rng.choice(STRANGE))
        override = f"{branch}.{rng.choice(names)}={value}"
        load_settings(overrides=[override[: rng.choice((5, 20, 10_000))]])
        return "--set"
    content = change_yaml(rng, text).encode("utf-8", "replace")
    content = flipped(rng, content) if rng.random() < 0.3 else content
    (folder / "own.yaml").write_bytes(content)
    load_settings(folder / "own.yaml")
    return "YAML"


def try_change(number: int, good: Path) -> tuple[str, str]:
    """What was changed, and how it ended: works, refused, or what else happened."""
    rng = random.Random(number)
    what = "settings"
    with tempfile.TemporaryDirectory(prefix="mars-mutation-") as name:
        folder = Path(name)
        try:
            if rng.random() < 0.25:
                what = try_settings(rng, folder)
            else:
                base = rng.choice(sorted(good.iterdir()))
                models = folder / "models"
                shutil.copytree(base, models)
                version = json.loads((models / "promoted.json").read_bytes())["model_version"]
                kinds = (change_bundle, change_bundle, change_bundle, change_record)
                change = replace_by_something if rng.random() < 0.08 else rng.choice(kinds)
                what = change(rng, models / version)
                open_and_use(models, version)
        except MarsBatchError as error:
            return what, f"refused: {type(error).__name__}"
        except HungError:
            return what, "hung"
        except BaseException as error:
            lines = traceback.format_exception(error)
            return what, f"unexpected {type(error).__name__}: {''.join(lines)[-1500:]}"
    return what, "works"


def stop(_signal: int, _frame: object) -> None:
    """Called where a change takes too long."""
    raise HungError


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, stop)
    for one in range(int(sys.argv[2]), int(sys.argv[3])):
        print(json.dumps([one]), flush=True)
        signal.alarm(TIME_LIMIT_S)
        print(json.dumps([one, *try_change(one, Path(sys.argv[1]))]), flush=True)
        signal.alarm(0)
