"""A document's vectors do not depend on what else is encoded with it."""

from pathlib import Path

import numpy as np
import pytest

from mars_model.bundle.sealed_file import seal
from mars_model.bundle.vocabulary import Vocabulary
from mars_model.scoring.encode_documents import ENCODERS, encode_words
from mars_model.settings import ModelSettings
from mars_model.training.export import export_network
from mars_model.training.network import build_network


@pytest.mark.parametrize("text", ["mean", "cnn"])
def test_a_vector_is_the_same_bits_in_every_batch(tmp_path: Path, text: str) -> None:
    model = ModelSettings(text=text)  # the sizes that users have
    rng = np.random.default_rng(1)
    words = tuple(f"w{n}" for n in range(400))
    documents = [rng.choice(words, size).tolist() for size in rng.integers(0, 200, 300)]
    free = [rng.normal(0, 0.1, (300, model.representation_size)).astype(np.float32)] * 2
    n_likes = np.ones(300, dtype=np.int64)
    export_network(build_network(len(words), model, 1, n_likes, 1.0), tmp_path)
    encoders = [seal(tmp_path / name) for name in ENCODERS]

    def encode(start: int, end: int) -> np.ndarray:
        some = [rows[start:end] for rows in free]
        found = encode_words(documents[start:end], some, Vocabulary(words), encoders, model)
        return np.stack(found)

    together = encode(0, 300)
    for size in (1, 2, 3, 7, 100):
        alone = [encode(start, start + size) for start in range(0, 300, size)]
        np.testing.assert_array_equal(np.concatenate(alone, axis=1), together)
