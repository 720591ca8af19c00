"""A small network, its documents and ways to run exported graphs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from mars_model.features.likes import LikeMatrix
from mars_model.resources import resource_folder
from mars_model.settings import ModelSettings, TrainingSettings, load_settings
from mars_model.training.network import MarsNetwork, build_network
from tests.conftest import paper_model, paper_training

N_LIKES = np.array([3, 1, 0, 2, 1, 0, 1, 2])

N_WORDS = 30


@pytest.fixture
def model_settings() -> ModelSettings:
    return paper_model(embedding_size=6, window=3, n_filters=5, representation_size=4, max_words=9)


@pytest.fixture
def training_settings() -> TrainingSettings:
    return paper_training(seed=5, batch_size=8, max_memory=2, max_epochs=3, patience=3, n_threads=1)


@pytest.fixture
def network(model_settings: ModelSettings) -> MarsNetwork:
    return build_network(N_WORDS, model_settings, seed=3)


@pytest.fixture(params=["mars", "mars-no-text", "mars-embed", "mars-no-attention", "mars-plus"])
def variant(request, model_settings: ModelSettings) -> ModelSettings:
    """Each of conf/models in turn, small."""
    path = resource_folder("conf") / "models" / f"{request.param}.yaml"
    sizes = {"embedding_size", "window", "n_filters", "representation_size", "max_words"}
    small = model_settings.model_dump(include=sizes)
    return load_settings(path).model.model_copy(update=small)


@pytest.fixture
def documents() -> np.ndarray:
    """Eight documents of up to nine words, an empty and two short ones among them."""
    rng = np.random.default_rng(11)
    words = rng.integers(1, N_WORDS + 1, (8, 9))
    lengths = np.array([9, 0, 1, 2, 3, 4, 9, 7])
    return np.where(np.arange(9) < lengths[:, None], words, 0)


@pytest.fixture
def likes() -> LikeMatrix:
    return LikeMatrix.from_rows([[0, 2, 5], [1, 2], [3, 4, 6, 7], [0, 7]], n_items=8)


@pytest.fixture
def open_encoder() -> Callable[[Path], Callable]:
    def open_file(path: Path) -> Callable:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        declared = [declared.name for declared in session.get_inputs()]

        def run(words, free=None):
            given = {"words": words, "free": free}
            return session.run(["vectors"], {name: given[name] for name in declared})[0]

        return run

    return open_file


@pytest.fixture
def run_attention() -> Callable:
    """Run an attention graph; what is not given is empty, zero or one."""

    def run(path, histories, memory, candidates, item_bias=None, seen=(), n_top=1):
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        is_wide = session.get_inputs()[0].type == "sparse_tensor(double)"
        columns = [np.sort(np.asarray(history, dtype=np.int64)) for history in histories]
        starts = np.cumsum([0, *(len(row) for row in columns)])
        positions = np.concatenate(columns)
        ones = np.ones(len(positions), dtype=np.float64 if is_wide else np.float32)
        shape = np.array([len(histories), len(memory)])
        sparse = onnxruntime.SparseTensor.sparse_csr_from_numpy(
            shape, ones, positions, starts, onnxruntime.OrtDevice.make("cpu", 0)
        )
        dense = {
            "memory": memory,
            "candidates": candidates,
            "item_bias": np.zeros(len(candidates)) if item_bias is None else item_bias,
        }
        feeds = {name: np.asarray(value, dtype=np.float32) for name, value in dense.items()}
        feeds["seen"] = np.array(seen, dtype=np.int64).reshape(-1, 2)
        feeds["n_top"] = np.array([n_top])
        values = {
            name: onnxruntime.OrtValue.ortvalue_from_numpy(value) for name, value in feeds.items()
        }
        values["histories"] = onnxruntime.OrtValue.ort_value_from_sparse_tensor(sparse)
        outputs = session.run_with_ort_values(["scores", "top_scores", "top_positions"], values)
        return [output.numpy() for output in outputs]

    return run


@pytest.fixture
def open_attention(run_attention: Callable) -> Callable[[Path], Callable]:
    def open_file(path: Path) -> Callable:
        return lambda histories, memory, candidates, item_bias: run_attention(
            path, histories, memory, candidates, item_bias
        )[0]

    return open_file
