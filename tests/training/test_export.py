"""The exported graphs, run with ONNX Runtime."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from mars_model.training.export import attention_graph, export_network
from mars_model.training.network import build_network, encode_all
from mars_model.training.reference import attend_by_loop
from tests.training.conftest import N_LIKES


def tanh_vectors(seed: int, n_rows: int, size: int) -> np.ndarray:
    return np.tanh(np.random.default_rng(seed).normal(size=(n_rows, size)) * 2).astype(np.float32)


@pytest.mark.parametrize("window", [1, 2, 4])
def test_encoders_agree_with_the_network(model_settings, documents, open_encoder, tmp_path, window):
    network = build_network(30, model_settings.model_copy(update={"window": window}), seed=2)
    files = export_network(network, tmp_path)
    for path, encoder in (
        (files.item_encoder, network.item_encoder),
        (files.user_encoder, network.user_encoder),
    ):
        onnx.checker.check_model(path, full_check=True)
        run = open_encoder(path)
        for words in (documents, documents[:1], documents[2:4, :4]):
            expected = encode_all(encoder, torch.tensor(words))
            np.testing.assert_allclose(run(words), expected, atol=1e-6)


def test_a_graph_asks_for_what_its_variant_reads(variant, tmp_path):
    files = export_network(build_network(30, variant, 2, N_LIKES), tmp_path, variant.attention)
    expected = {"words": variant.text != "none", "free": variant.has_free_vectors}
    for path in (files.item_encoder, files.user_encoder):
        onnx.checker.check_model(path, full_check=True)
        declared = {declared.name for declared in onnx.load(path).graph.input}
        assert declared == {name for name, is_read in expected.items() if is_read}


@pytest.mark.parametrize("size", [4, 81])
def test_a_sum_counts_every_slot_once_and_needs_no_exp(run_attention, tmp_path, size):
    path = tmp_path / "attention.onnx"
    path.write_bytes(attention_graph(size, "sum").SerializeToString())
    memory, candidates = tanh_vectors(1, 20, size), tanh_vectors(2, 9, size)
    histories = [np.array([3]), np.array([0, 5, 7, 19]), np.arange(20)]
    bias = np.arange(9)
    scores, _, _ = run_attention(path, histories, memory, candidates, item_bias=bias)
    expected = [
        [sum(float(memory[slot] @ candidate) for slot in history) + b for candidate, b in pairs]
        for history in histories
        for pairs in [list(zip(candidates, bias, strict=True))]
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)
    types = [declared.type for declared in onnxruntime.InferenceSession(path).get_inputs()]
    assert types[0] == "sparse_tensor(float)"


def test_everything_is_in_three_files(network, tmp_path):
    export_network(network, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["attention.onnx", "item_encoder.onnx", "user_encoder.onnx"]


def test_export_prints_nothing_and_repeats_itself(network, tmp_path, capfd):
    files = export_network(network, tmp_path)
    first = files.item_encoder.read_bytes()
    export_network(network, tmp_path)
    assert files.item_encoder.read_bytes() == first
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("size", "history_type"), [(4, "sparse_tensor(float)"), (81, "sparse_tensor(double)")]
)
def test_attention_agrees_with_the_plain_loop(
    model_settings, run_attention, tmp_path, size, history_type
):
    settings = model_settings.model_copy(update={"representation_size": size})
    path = export_network(build_network(30, settings, seed=1), tmp_path).attention
    memory, candidates = tanh_vectors(1, 20, size), tanh_vectors(2, 9, size)
    histories = [np.array([3]), np.array([0, 5, 7, 19]), np.arange(20)]
    scores, _, _ = run_attention(path, histories, memory, candidates)
    expected = attend_by_loop(histories, memory, candidates)
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)


def test_saturated_vectors_of_the_largest_size_stay_finite(model_settings, run_attention, tmp_path):
    for size in (70, 300):
        settings = model_settings.model_copy(update={"representation_size": size})
        path = export_network(build_network(30, settings, seed=1), tmp_path).attention
        ones = np.ones((100, size), dtype=np.float32)
        everything = np.arange(len(ones))
        scores, _, _ = run_attention(path, [everything], ones, np.stack([ones[0], -ones[0]]))
        np.testing.assert_allclose(scores, [[size, -size]], rtol=1e-5)


def test_bias_is_added_and_seen_candidates_never_reach_the_top(network, run_attention, tmp_path):
    path = export_network(network, tmp_path).attention
    memory = np.array([[1, 0, 0, 0], [0, 1, 0, 0]], dtype=np.float32)
    candidates = np.array([[2, 0, 0, 0], [0, 3, 0, 0], [1, 1, 0, 0]], dtype=np.float32)
    scores, top_scores, top_positions = run_attention(
        path, [[0], [1]], memory, candidates, item_bias=[0, 0, 0.5], seen=[(0, 0), (1, 2)], n_top=2
    )
    assert scores.tolist() == [[-np.inf, 0.0, 1.5], [0.0, 3.0, -np.inf]]
    assert top_scores.tolist() == [[1.5, 0.0], [3.0, 0.0]]
    assert top_positions.tolist() == [[2, 1], [1, 0]]


def test_equal_scores_come_in_the_order_of_candidates(network, run_attention, tmp_path):
    path = export_network(network, tmp_path).attention
    memory, candidates = tanh_vectors(3, 2, 4), np.repeat(tanh_vectors(4, 1, 4), 50, axis=0)
    _, _, top_positions = run_attention(path, [[0, 1]], memory, candidates, n_top=20)
    assert top_positions[0].tolist() == list(range(20))


def test_a_user_without_history_gets_no_numbers(network, run_attention, tmp_path):
    path = export_network(network, tmp_path).attention
    vectors = tanh_vectors(5, 3, 4)
    scores, _, _ = run_attention(path, [[0], [], [1, 2]], vectors, vectors)
    assert np.isnan(scores).all(axis=1).tolist() == [False, True, False]
