"""Bundles: written whole or not at all, verified when opened."""

import hashlib
import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mars_model.bundle.manifest import MODEL_FILES, TrainedWith
from mars_model.bundle.promotion import read_promotions
from mars_model.bundle.registry import Bundle, Registry
from mars_model.errors import InputDataError, MarsBatchError
from mars_model.settings import DocumentSettings, LikeSettings, ModelSettings, TrainingSettings
from tests.bundle.small_bundle import small_content, small_model

CONTENT = small_content()


def trained_with(**training: float) -> TrainedWith:
    return TrainedWith(
        likes=LikeSettings(),
        documents=DocumentSettings(),
        model=small_model(),
        training=TrainingSettings.model_validate(training),
    )


def writer(**changed: bytes) -> Callable[[Path], None]:
    """Writes CONTENT, `attention=` and the like replacing a file's bytes."""

    def write_files(folder: Path) -> None:
        for name, content in CONTENT.items():
            (folder / name).write_bytes(changed.get(name.split(".")[0], content))

    return write_files


def write(
    registry: Registry,
    write_files: Callable[[Path], None],
    settings: TrainedWith | None = None,
    facts: dict[str, float] | None = None,
) -> Bundle:
    settings = settings or trained_with()
    return registry.write(write_files, settings, {"items": 3}, facts or {"map": 0.5}, False)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


def test_an_opened_bundle_is_what_was_written(registry: Registry) -> None:
    written = write(registry, writer())
    opened = registry.open(written.model_version)
    assert opened == written
    assert opened.manifest.data_versions == {"items": 3}
    assert opened.manifest.metrics == {"map": 0.5}
    assert opened.manifest.n_words == 2
    assert opened.vocabulary().words == ("moon", "fire")
    assert opened.manifest.files == {
        name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()
    }


def test_a_bundle_holds_its_files_and_nothing_pickled(registry: Registry) -> None:
    folder = write(registry, writer()).folder
    assert {path.name for path in folder.iterdir()} == {*MODEL_FILES, "manifest.json"}
    shown = [path.name for path in registry.folder.iterdir() if path.name != ".registry.lock"]
    assert shown == [folder.name]
    for path in folder.iterdir():
        assert not path.read_bytes().startswith((b"\x80", b"PK", b"\x93NUMPY")), path.name


def test_no_file_of_a_trained_bundle_is_pickled(night) -> None:
    bundle = night.registry.promoted()
    for path in bundle.folder.iterdir():
        assert not path.read_bytes().startswith((b"\x80", b"PK", b"\x93NUMPY")), path.name


def test_a_model_with_item_factors_has_one_more_file_that_is_verified(registry: Registry) -> None:
    plus = trained_with().model_copy(update={"model": ModelSettings(has_item_bias=True)})
    with pytest.raises(FileNotFoundError, match=r"item_factors\.parquet"):
        write(registry, writer(), plus)

    def write_files(folder: Path) -> None:
        writer()(folder)
        (folder / "item_factors.parquet").write_bytes(b"PAR1")

    bundle = write(registry, write_files, plus)
    assert "item_factors.parquet" in bundle.manifest.files
    bundle.file("item_factors.parquet").write_bytes(b"PAR2")
    with pytest.raises(MarsBatchError, match=r"item_factors\.parquet has another SHA-256"):
        registry.open(bundle.model_version)


def test_equal_content_has_an_equal_name_and_stays_one_bundle(registry: Registry) -> None:
    first = write(registry, writer())
    again = write(registry, writer(), facts={"map": 0.25})
    assert again.model_version == first.model_version
    assert registry.versions() == [first.model_version]
    assert registry.open(first.model_version).manifest.metrics == {"map": 0.25}


def test_a_bundle_that_is_written_again_is_there_all_the_time(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(registry, writer())
    seen: list[Bundle] = []

    def looked(call: Callable[..., Path]) -> Callable[..., Path]:
        def look_and_call(path: Path, target: Path) -> Path:
            seen.append(registry.open(first.model_version))
            moved = call(path, target)
            seen.append(registry.open(first.model_version))
            return moved

        return look_and_call

    for name in ("rename", "replace"):
        monkeypatch.setattr(Path, name, looked(getattr(Path, name)))
    write(registry, writer(), facts={"map": 0.25})
    assert [bundle.manifest.metrics["map"] for bundle in seen] == [0.5, 0.25]


def test_decisions_of_several_processes_at_once_are_all_kept(
    registry: Registry, tmp_path: Path
) -> None:
    versions = [
        write(registry, writer(), trained_with(seed=seed)).model_version for seed in range(3)
    ]
    start = tmp_path / "start"
    code = (
        "import sys, time; from pathlib import Path; "
        "from mars_model.bundle.registry import Registry\n"
        "while not Path(sys.argv[2]).exists(): time.sleep(0.001)\n"
        "for _ in range(20): Registry(Path(sys.argv[1])).promote(sys.argv[3])"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(registry.folder), str(start), version],
            env={"PYTHONPATH": str(Path(__file__).parents[2])},
        )
        for version in versions
    ]
    start.touch()
    assert [process.wait() for process in processes] == [0, 0, 0]
    promotions = read_promotions(registry.folder)
    assert promotions is not None
    made = [decision.model_version for decision in promotions.decisions]
    assert {version: made.count(version) for version in versions} == dict.fromkeys(versions, 20)
    assert promotions.model_version == made[-1]


def test_other_files_or_other_settings_have_another_name(registry: Registry) -> None:
    names = [
        write(registry, writer()).model_version,
        write(registry, writer(attention=b"\x08\x0aother")).model_version,
        write(registry, writer(), trained_with(seed=2)).model_version,
    ]
    assert registry.versions() == sorted(set(names))
    assert len(set(names)) == 3
    assert all(name.startswith("mars-") for name in names)


def test_a_write_that_fails_leaves_nothing(registry: Registry) -> None:
    def stop_halfway(folder: Path) -> None:
        (folder / "item_encoder.onnx").write_bytes(b"half")
        raise RuntimeError("out of disk")

    with pytest.raises(RuntimeError, match="out of disk"):
        write(registry, stop_halfway)
    assert list(registry.folder.iterdir()) == []


def test_a_write_that_forgets_a_file_leaves_nothing(registry: Registry) -> None:
    def forget_attention(folder: Path) -> None:
        writer()(folder)
        (folder / "attention.onnx").unlink()

    with pytest.raises(FileNotFoundError):
        write(registry, forget_attention)
    assert list(registry.folder.iterdir()) == []


def test_a_metric_over_nobody_can_be_read_back(registry: Registry) -> None:
    written = write(registry, writer(), facts={"map": math.nan})
    assert math.isnan(registry.open(written.model_version).manifest.metrics["map"])


def test_every_changed_or_missing_file_is_named(registry: Registry) -> None:
    bundle = write(registry, writer())
    bundle.file("attention.onnx").write_bytes(b"\x08\x0aAttention")
    bundle.file("vocabulary.txt").unlink()
    with pytest.raises(MarsBatchError) as caught:
        registry.open(bundle.model_version)
    message = str(caught.value)
    assert "attention.onnx has another SHA-256" in message
    assert "vocabulary.txt is missing" in message
    assert "encoder" not in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{}", "model_version: Field required, and 6 more"),
        (b"[3]", "the whole: Input should be"),
        (b"not json", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"format": 4}', "is of format 4, this release reads 3. Use a newer mars-batch"),
        (b'{"format": 1}', "is of format 1, this release reads 3. It was written by an older"),
        (b'{"format": "3"}', "format: Input should be 3"),
        (b" " * (16 * 2**20 + 1), "has 16,777,217 bytes, at most 16,777,216"),
    ],
)
def test_a_damaged_manifest_is_refused_in_a_sentence(
    registry: Registry, content: bytes, said: str
) -> None:
    bundle = write(registry, writer())
    bundle.file("manifest.json").write_bytes(content)
    with pytest.raises(MarsBatchError, match=rf"manifest\.json .*{re.escape(said)}") as caught:
        registry.open(bundle.model_version)
    assert "\n" not in str(caught.value)


def test_a_bundle_without_manifest_is_not_listed_and_is_refused(registry: Registry) -> None:
    bundle = write(registry, writer())
    bundle.file("manifest.json").unlink()
    assert registry.versions() == []
    with pytest.raises(MarsBatchError, match=r"manifest\.json is missing"):
        registry.open(bundle.model_version)


def test_an_unknown_model_is_refused_with_the_known_ones(registry: Registry) -> None:
    with pytest.raises(InputDataError, match="which has none"):
        registry.open("mars-000000000000")
    known = write(registry, writer()).model_version
    with pytest.raises(InputDataError, match=f"which has {known}") as caught:
        registry.open("mars-000000000000")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("as_absolute", [False, True])
def test_a_bundle_outside_the_registry_is_not_opened(
    registry: Registry, tmp_path: Path, as_absolute: bool
) -> None:
    outside = write(Registry(tmp_path / "elsewhere"), writer())
    registry.folder.mkdir()
    name = str(outside.folder) if as_absolute else f"../elsewhere/{outside.model_version}"
    with pytest.raises(InputDataError, match="not found"):
        registry.open(name)
    with pytest.raises(InputDataError, match="not found"):
        registry.promote(name)


@pytest.mark.parametrize("name", ["", ".", "..", ".draft-1", "a/..", "a\0b"])
def test_a_name_that_is_no_folder_name_is_not_opened(registry: Registry, name: str) -> None:
    (registry.folder / ".draft-1").mkdir(parents=True)
    (registry.folder / "a").mkdir()
    with pytest.raises(InputDataError, match="not found"):
        registry.open(name)


def test_the_promoted_bundle_is_the_one_in_use(registry: Registry) -> None:
    first = write(registry, writer())
    second = write(registry, writer(), trained_with(seed=2))
    registry.promote(first.model_version)
    assert registry.promoted() == first
    registry.promote(second.model_version)
    assert registry.promoted() == second
    assert registry.versions() == sorted([first.model_version, second.model_version])


def test_before_the_first_promotion_no_bundle_is_in_use(registry: Registry) -> None:
    write(registry, writer())
    assert registry.promoted_version() is None
    with pytest.raises(InputDataError, match="mars-batch train"):
        registry.promoted()


def test_a_damaged_bundle_is_not_promoted(registry: Registry) -> None:
    good = write(registry, writer())
    bad = write(registry, writer(), trained_with(seed=2))
    registry.promote(good.model_version)
    bad.file("attention.onnx").write_bytes(b"")
    with pytest.raises(MarsBatchError, match=r"attention\.onnx"):
        registry.promote(bad.model_version)
    assert registry.promoted() == good


def test_the_manifest_is_plain_json(registry: Registry) -> None:
    bundle = write(registry, writer())
    facts = json.loads(bundle.file("manifest.json").read_text(encoding="utf-8"))
    assert facts["model_version"] == bundle.model_version
    assert facts["settings"]["model"]["window"] == 3
