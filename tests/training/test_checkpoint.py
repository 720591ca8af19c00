"""A training that was interrupted ends in the same bits as one that was not."""

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from mars_model.errors import MarsBatchError
from mars_model.features.likes import LikeMatrix
from mars_model.training.checkpoint import Checkpoints, checkpoint_name
from mars_model.training.loop import train
from mars_model.training.network import build_network
from mars_model.training.state import TrainingState
from tests.conftest import paper_model, paper_training

NAME = checkpoint_name({"seed": 5}, [np.arange(3)])
REPOSITORY = Path(__file__).parents[2]


class StopsAt:
    """Keeps the epochs heard of; ends the training in an epoch, at a step."""

    def __init__(self, epoch=0, step=0):
        self.end, self.epochs = (epoch, step), []

    def on_step(self, epoch, n_epochs, step, n_steps, loss):
        if (epoch, step) == self.end:
            raise KeyboardInterrupt

    def on_epoch(self, record):
        self.epochs.append(record)


def score(candidates, memory, item_bias):
    """A metric that depends on every weight's value and goes up and down."""
    return float(np.sin(50 * np.abs(candidates).mean() + 20 * np.abs(memory).mean()))


class Training:
    """One training, begun anew as often as wanted: what `train` takes, but the progress."""

    def __init__(self, model, documents, likes, settings, folder):
        self.parts, self.folder, self.said = (model, documents, likes, settings), folder, []

    @property
    def checkpoints(self):
        return Checkpoints(self.folder, NAME, self.said.append)

    def run(self, progress=None, checkpoints=None):
        model, documents, likes, settings = self.parts
        network = build_network(30, model, 3, np.bincount(likes.item_idx, minlength=8))
        result = train(network, documents, likes, settings, score, progress, checkpoints)
        return network.state_dict(), result


def is_same(first, second):
    assert first.keys() == second.keys()
    return all(torch.equal(value, second[name]) for name, value in first.items())


def small_training(folder):
    """Three steps an epoch, eleven likes in batches of four; the same in every process."""
    model = paper_model(embedding_size=6, window=3, n_filters=5, representation_size=4, max_words=9)
    settings = paper_training(
        seed=5, batch_size=4, max_epochs=5, patience=5, learning_rate=0.02, n_threads=1
    )
    documents = np.random.default_rng(11).integers(0, 31, (8, 9))
    likes = LikeMatrix.from_rows([[0, 2, 5], [1, 2], [3, 4, 6, 7], [0, 7]], n_items=8)
    return Training(model, documents, likes, settings, folder)


@pytest.fixture
def training(tmp_path) -> Training:
    return small_training(tmp_path)


def test_every_variant_goes_on_to_the_same_bits(
    variant, documents, likes, training_settings, tmp_path
):
    every = {
        "sampled": {"batch_size": 4, "optimizer": "rmsprop"},
        "catalogue": {
            "users_per_batch": 2,
            "optimizer": "adam",
            "history_dropout": 0.4,
            "vector_dropout": 0.2,
            "free_dropout": 0.3,
            "weight_decay": 0.1,
            "start_decay": 0.1,
            "free_weight_decay": 0.1,
            "weight_averaging": 0.8,
        },
    }
    for objective, own in every.items():
        changes = {"objective": objective, "max_epochs": 5, "patience": 5, "learning_rate": 0.02}
        settings = training_settings.model_copy(update={**changes, **own})
        training = Training(variant, documents, likes, settings, tmp_path / objective)
        weights, result = training.run()
        for end in ((1, 1), (3, 2), (4, 1)):
            with pytest.raises(KeyboardInterrupt):
                training.run(StopsAt(*end), training.checkpoints)
        heard = StopsAt()
        resumed_weights, resumed = training.run(heard, training.checkpoints)
        assert resumed == result
        assert tuple(heard.epochs) == result.history
        assert is_same(resumed_weights, weights)
        assert [line.split(",")[0] for line in training.said] == [
            "goes on after epoch 2",
            "goes on after epoch 3",
        ]


def test_an_early_stop_counts_the_epochs_before_the_interruption(training):
    model, documents, likes, settings = training.parts
    patient = settings.model_copy(update={"max_epochs": 40, "patience": 3})
    training = Training(model, documents, likes, patient, training.folder)
    weights, result = training.run()
    assert result.best_epoch + 3 == result.n_epochs < 40
    with pytest.raises(KeyboardInterrupt):
        training.run(StopsAt(result.best_epoch + 2, 1), training.checkpoints)
    resumed_weights, resumed = training.run(None, training.checkpoints)
    assert resumed == result
    assert is_same(resumed_weights, weights)


def test_a_training_that_died_after_its_last_epoch_trains_no_more(training):
    weights, result = training.run(None, training.checkpoints)
    again, repeated = training.run(StopsAt(6, 1), training.checkpoints)
    assert repeated == result
    assert is_same(again, weights)


CHILD = """
import sys, time
from pathlib import Path
from tests.training.test_checkpoint import StopsAt, small_training

class Waits(StopsAt):
    def on_step(self, epoch, n_epochs, step, n_steps, loss):
        if (epoch, step) == (3, 2):
            print("in the middle of epoch 3", flush=True)
            time.sleep(120)

training = small_training(Path(sys.argv[1]))
training.run(Waits(), training.checkpoints)
"""


@pytest.mark.parametrize(
    "how", [pytest.param(signal.SIGINT, marks=pytest.mark.long), signal.SIGKILL]
)
def test_a_process_killed_within_an_epoch_loses_that_epoch_only(training, tmp_path, how):
    weights, result = training.run()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdout.readline() == "in the middle of epoch 3\n"
    child.send_signal(how)
    assert child.wait() != 0
    assert training.checkpoints.n_epochs() == 2
    resumed_weights, resumed = training.run(None, training.checkpoints)
    assert resumed == result
    assert is_same(resumed_weights, weights)


def damaged_tensors(folder):
    (path,) = folder.glob("*.safetensors")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def missing_tensors(folder):
    (path,) = folder.glob("*.safetensors")
    path.unlink()


def half_an_index(folder):
    index = folder / "checkpoint.json"
    index.write_text(index.read_text()[:40])


def other_tensors(folder, change):
    """Tensors that somebody else wrote, under the hash that the index names."""
    (path,) = folder.glob("*.safetensors")
    content = change(path.read_bytes())
    path.write_bytes(content)
    index = json.loads((folder / "checkpoint.json").read_text())
    index["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "checkpoint.json").write_text(json.dumps(index))


def no_tensors(folder):
    other_tensors(folder, lambda _: b"\xff" * 100)


def without_a_tensor(folder):
    other_tensors(folder, lambda c: save(dict(list(load(c).items())[1:])))


def of_other_shapes(folder):
    other_tensors(folder, lambda c: save({name: t.reshape(-1) for name, t in load(c).items()}))


def with_a_name_that_is_no_weight(folder):
    other_tensors(folder, lambda c: save({**load(c), "optimizer/99/step": torch.ones(1)}))


def outside_its_folder(folder):
    index = folder / "checkpoint.json"
    index.write_text(index.read_text().replace("epoch-2.s", "../epoch-2.s"))


ANOTHER = "epoch-2.safetensors holds tensors of another network"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (damaged_tensors, "epoch-2.safetensors has another SHA-256"),
        (missing_tensors, "epoch-2.safetensors cannot be read (No such file or directory)"),
        (half_an_index, "checkpoint.json is not of this release (1 mismatches)"),
        (outside_its_folder, "checkpoint.json is not of this release (1 mismatches)"),
        (no_tensors, "epoch-2.safetensors holds no tensors"),
        (without_a_tensor, ANOTHER),
        (of_other_shapes, ANOTHER),
        (with_a_name_that_is_no_weight, ANOTHER),
    ],
)
def test_a_damaged_checkpoint_is_one_warning_and_a_new_beginning(training, damage, words):
    weights, result = training.run()
    with pytest.raises(KeyboardInterrupt):
        training.run(StopsAt(3, 1), training.checkpoints)
    damage(training.checkpoints.folder)
    again, repeated = training.run(None, training.checkpoints)
    assert repeated == result
    assert is_same(again, weights)
    (line,) = training.said
    assert f"checkpoint {training.checkpoints.folder}: {words}" in line
    assert "; training starts from the beginning" in line


@pytest.mark.parametrize("damage", [damaged_tensors, missing_tensors, half_an_index])
def test_a_damaged_checkpoint_holds_no_epochs(training, damage):
    with pytest.raises(KeyboardInterrupt):
        training.run(StopsAt(3, 1), training.checkpoints)
    damage(training.checkpoints.folder)
    assert training.checkpoints.n_epochs() == 0


def test_a_death_while_writing_leaves_the_epoch_before(training):
    with pytest.raises(KeyboardInterrupt):
        training.run(StopsAt(3, 1), training.checkpoints)
    folder = training.checkpoints.folder
    (folder / "epoch-3.safetensors").write_bytes(b"half of it")
    (folder / ".checkpoint.json").write_text('{"format": 1')
    assert training.checkpoints.n_epochs() == 2
    assert is_same(training.run(None, training.checkpoints)[0], training.run()[0])
    assert sorted(path.name for path in folder.iterdir()) == [
        "checkpoint.json",
        "epoch-5.safetensors",
    ]


def test_a_checkpoint_that_cannot_be_written_does_not_stop_the_training(training):
    (training.folder / NAME).write_text("a file where the folder should be")
    weights, _ = training.run()
    assert is_same(training.run(None, training.checkpoints)[0], weights)
    (line,) = training.said
    assert "cannot be written (File exists); the training goes on" in line


def test_weights_that_are_no_numbers_stop_training_and_never_reach_the_checkpoint(training):
    model, documents, likes, settings = training.parts
    network = build_network(30, model, 3, np.bincount(likes.item_idx, minlength=8))

    class Spoils(StopsAt):
        def on_step(self, epoch, n_epochs, step, n_steps, loss):
            if (epoch, step) == (3, 3):
                with torch.no_grad():
                    network.user_encoder.projection.bias[0] = torch.nan

    with pytest.raises(MarsBatchError, match="weight is nan in epoch 3 after step 3"):
        train(network, documents, likes, settings, score, Spoils(), training.checkpoints)
    assert training.checkpoints.n_epochs() == 2
    kept = build_network(30, model, 3)
    state = TrainingState(kept, settings)
    training.checkpoints.load(state)
    assert state.is_finite()


def test_another_setting_or_array_is_another_checkpoint():
    arrays = [np.arange(6), LikeMatrix.from_rows([[0, 1]], 2).item_idx]
    name = checkpoint_name({"seed": 1}, arrays)
    assert checkpoint_name({"seed": 1}, [array.copy() for array in arrays]) == name
    settings, data = name.split("-")[1:]
    assert checkpoint_name({"seed": 2}, arrays) == f".checkpoint-{_other(settings)}-{data}"
    for others in (
        [arrays[0].reshape(2, 3), arrays[1]],
        [arrays[0].astype(np.int32), arrays[1]],
        [arrays[0][::-1], arrays[1]],
    ):
        other = checkpoint_name({"seed": 1}, others).split("-")[1:]
        assert other[0] == settings and other[1] != data


def _other(settings):
    """The settings' part of the name of seed 2, which must not be that of seed 1."""
    other = checkpoint_name({"seed": 2}, []).split("-")[1]
    assert other != settings
    return other


def test_removing_leaves_what_other_settings_left(tmp_path):
    for name in ("a1-d1", "a1-d2", "b2-d1"):
        (tmp_path / f".checkpoint-{name}").mkdir()
    Checkpoints(tmp_path, ".checkpoint-a1-d2", print).remove()
    assert [path.name for path in tmp_path.iterdir()] == [".checkpoint-b2-d1"]
