"""A small network, its documents and ways to run exported graphs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from mars_model.features.likes import LikeMatrix
from mars_model.resources import resource_folder
from mars_model.settings import ModelSettings, load_settings
from mars_model.training.derived_settings import SettledTraining
from mars_model.training.network import MarsNetwork, build_network
from tests.conftest import paper_model, paper_training

N_LIKES = np.array([3, 1, 0, 2, 1, 0, 1, 2])

N_WORDS = 30


@pytest.fixture
def model_settings() -> ModelSettings:
    return paper_model(embedding_size=6, window=3, n_filters=5, representation_size=4, max_words=9)


@pytest.fixture
def training_settings() -> SettledTraining:
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
    """Run an attention graph and add up its rows history by history, as a night's scorer does."""

    def run(path, histories, memory, candidates, item_bias=None, shift=None):
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        n_candidates = len(candidates)
        feeds = {
            "memory": memory,
            "candidates": candidates,
            "shift": np.zeros(n_candidates) if shift is None else np.asarray(shift),
        }
        declared = [declared.name for declared in session.get_inputs()]
        given = {name: np.asarray(feeds[name], dtype=np.float32) for name in declared}
        (weighted,) = session.run(["weighted"], given)
        sums = np.stack([weighted[np.asarray(rows)].sum(axis=0) for rows in histories])
        if sums.shape[1] == n_candidates:  # evidence: the weights alone
            found = np.log(sums) + feeds["shift"]
            return (found + (0 if item_bias is None else np.asarray(item_bias))).astype(np.float32)
        divisor = sums[:, :n_candidates] if "shift" in declared else 1
        bias = np.zeros(n_candidates) if item_bias is None else np.asarray(item_bias)
        return (sums[:, n_candidates:] / divisor + bias).astype(np.float32)

    return run


@pytest.fixture
def open_attention(run_attention: Callable) -> Callable[[Path], Callable]:
    def open_file(path: Path) -> Callable:
        return lambda histories, memory, candidates, item_bias: run_attention(
            path, histories, memory, candidates, item_bias
        )

    return open_file
