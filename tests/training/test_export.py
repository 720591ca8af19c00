"""The exported graphs, run with ONNX Runtime."""

import math

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
    scores = run_attention(path, histories, memory, candidates, item_bias=bias)
    expected = [
        [sum(float(memory[slot] @ candidate) for slot in history) + b for candidate, b in pairs]
        for history in histories
        for pairs in [list(zip(candidates, bias, strict=True))]
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)
    assert "Exp" not in {node.op_type for node in onnx.load(path).graph.node}


@pytest.mark.parametrize("size", [4, 81])
def test_evidence_is_the_log_of_summed_exponentials_whatever_the_shift(
    run_attention, tmp_path, size
):
    path = tmp_path / "attention.onnx"
    path.write_bytes(attention_graph(size, "evidence").SerializeToString())
    onnx.checker.check_model(path, full_check=True)
    memory, candidates = tanh_vectors(1, 20, size), tanh_vectors(2, 9, size)
    histories = [np.array([3]), np.array([0, 5, 7, 19]), np.arange(20)]
    bias = np.arange(9)
    expected = [
        [math.log(sum(math.exp(float(memory[slot] @ v)) for slot in own)) + b for v, b in pairs]
        for own in histories
        for pairs in [list(zip(candidates, bias, strict=True))]
    ]
    for shift in (np.zeros(9), np.linspace(-3, 5, 9)):
        scores = run_attention(path, histories, memory, candidates, bias, shift)
        np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)


def test_the_evidence_graph_gives_weights_alone_and_a_shift_keeps_them_finite(tmp_path):
    path = tmp_path / "attention.onnx"
    path.write_bytes(attention_graph(300, "evidence").SerializeToString())
    ones = np.ones((2, 300), dtype=np.float32)
    feeds = {"memory": ones, "candidates": ones, "shift": np.array([300, 299], np.float32)}
    (weighted,) = onnxruntime.InferenceSession(path).run(None, feeds)
    np.testing.assert_allclose(weighted, [[1, np.e], [1, np.e]], rtol=1e-6)


def test_every_graph_is_one_file_that_onnx_accepts(network, tmp_path):
    export_network(network, tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        f"{n}.onnx" for n in ("attention", "item_encoder", "relevance", "user_encoder")
    ]
    for name in names:
        onnx.checker.check_model(tmp_path / name, full_check=True)


def test_relevance_is_the_inner_product_of_each_slot_and_candidate(network, tmp_path):
    path = export_network(network, tmp_path).relevance
    memory = np.array([[1, 0, 0, 2], [0, 0.5, 0, 0]], dtype=np.float32)
    candidates = np.array([[1, 1, 1, 1], [0, -2, 0, 0], [3, 0, 0, 0.5]], dtype=np.float32)
    session = onnxruntime.InferenceSession(path)
    (found,) = session.run(None, {"memory": memory, "candidates": candidates})
    assert found.tolist() == [[3.0, 0.0, 4.0], [0.5, -1.0, 0.0]]


def test_export_prints_nothing_and_repeats_itself(network, tmp_path, capfd):
    files = export_network(network, tmp_path)
    first = files.item_encoder.read_bytes()
    export_network(network, tmp_path)
    assert files.item_encoder.read_bytes() == first
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("size", [4, 81])
def test_attention_agrees_with_the_plain_loop(model_settings, run_attention, tmp_path, size):
    settings = model_settings.model_copy(update={"representation_size": size})
    path = export_network(build_network(30, settings, seed=1), tmp_path).attention
    memory, candidates = tanh_vectors(1, 20, size), tanh_vectors(2, 9, size)
    histories = [np.array([3]), np.array([0, 5, 7, 19]), np.arange(20)]
    scores = run_attention(path, histories, memory, candidates)
    expected = attend_by_loop(histories, memory, candidates)
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)


def test_a_shift_cancels_and_keeps_saturated_vectors_finite(
    model_settings, run_attention, tmp_path
):
    settings = model_settings.model_copy(update={"representation_size": 300})
    path = export_network(build_network(30, settings, seed=1), tmp_path).attention
    ones = np.ones((100, 300), dtype=np.float32)
    everything = [np.arange(100)]
    scores = run_attention(path, everything, ones, ones[:1], shift=[230])
    np.testing.assert_allclose(scores, [[300]], rtol=1e-5)
    assert np.isnan(run_attention(path, everything, ones, ones[:1])).all()  # exp overflows


def test_bias_is_added(network, run_attention, tmp_path):
    path = export_network(network, tmp_path).attention
    memory = np.array([[1, 0, 0, 0], [0, 1, 0, 0]], dtype=np.float32)
    candidates = np.array([[2, 0, 0, 0], [0, 3, 0, 0], [1, 1, 0, 0]], dtype=np.float32)
    scores = run_attention(path, [[0], [1]], memory, candidates, item_bias=[0, 0, 0.5])
    assert scores.tolist() == [[2.0, 0.0, 1.5], [0.0, 3.0, 1.5]]
