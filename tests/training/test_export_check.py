"""The check passes what was exported and refuses what was tampered with."""

import re

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from mars_model.errors import MarsBatchError
from mars_model.training.export import export_network
from mars_model.training.export_check import LIMIT, check_documents, check_export
from mars_model.training.network import build_network
from tests.training.conftest import N_LIKES


@pytest.fixture
def folder(network, tmp_path):
    export_network(network, tmp_path)
    return tmp_path


def tamper(path, name: str) -> None:
    """Move one constant of a graph by a little."""
    model = onnx.load(path)
    for constant in model.graph.initializer:
        if constant.name == name:
            values = numpy_helper.to_array(constant) + np.float32(1e-3)
            constant.CopyFrom(numpy_helper.from_array(values, name))
    onnx.save(model, path)


def test_an_untouched_export_passes(network, folder, open_encoder, open_attention, documents):
    assert check_export(network, folder, open_encoder, open_attention, documents) <= LIMIT


def test_every_variant_passes(variant, tmp_path, open_encoder, open_attention, documents):
    network = build_network(30, variant, 4, N_LIKES)
    export_network(network, tmp_path, variant.attention)
    check_export(network, tmp_path, open_encoder, open_attention, documents, variant.attention)


def test_a_graph_that_forgets_the_free_vectors_is_refused(
    model_settings, tmp_path, open_encoder, open_attention, documents
):
    settings = model_settings.model_copy(update={"has_free_vectors": True})
    network = build_network(30, settings, 4, N_LIKES)
    export_network(network, tmp_path)

    def open_forgetful(path):
        run = open_encoder(path)
        return lambda words, free: run(words, np.zeros_like(free))

    with pytest.raises(MarsBatchError, match=r"item_encoder\.onnx.*user_encoder\.onnx"):
        check_export(network, tmp_path, open_forgetful, open_attention, documents)


@pytest.mark.parametrize("kind", ["sum", "evidence"])
def test_attention_of_another_kind_is_refused(
    network, folder, open_encoder, open_attention, documents, kind
):
    with pytest.raises(MarsBatchError, match=r"attention\.onnx at batch size 7:"):
        check_export(network, folder, open_encoder, open_attention, documents, kind)


def test_evidence_passes(network, tmp_path, open_encoder, open_attention, documents):
    export_network(network, tmp_path, "evidence")
    check_export(network, tmp_path, open_encoder, open_attention, documents, "evidence")


def test_wide_representations_pass(
    model_settings, tmp_path, open_encoder, open_attention, documents
):
    settings = model_settings.model_copy(update={"representation_size": 100})
    network = build_network(30, settings, seed=4)
    export_network(network, tmp_path)
    check_export(network, tmp_path, open_encoder, open_attention, documents)


def test_documents_narrower_than_the_window_pass(
    model_settings, tmp_path, open_encoder, open_attention, documents
):
    settings = model_settings.model_copy(update={"window": 5})
    network = build_network(30, settings, seed=4)
    export_network(network, tmp_path)
    check_export(network, tmp_path, open_encoder, open_attention, documents[:, :2])


@pytest.mark.parametrize("name", ["table_1", "filter_bias", "projection_bias"])
def test_a_tampered_encoder_is_refused_with_file_batch_size_and_limit(
    network, folder, open_encoder, open_attention, documents, name
):
    tamper(folder / "user_encoder.onnx", name)
    with pytest.raises(MarsBatchError) as raised:
        check_export(network, folder, open_encoder, open_attention, documents)
    message = str(raised.value)
    for size in (1, 7, 256):
        assert re.search(rf"user_encoder\.onnx at batch size {size}: \d", message)
    assert "item_encoder.onnx" not in message
    assert "at most 1e-05" in message


def test_an_encoder_of_another_network_is_refused(
    network, model_settings, folder, open_encoder, open_attention, documents
):
    other = build_network(30, model_settings, seed=99)
    with pytest.raises(MarsBatchError, match=r"item_encoder\.onnx.*user_encoder\.onnx"):
        check_export(other, folder, open_encoder, open_attention, documents)


@pytest.mark.parametrize("wrong", [0.001, np.nan])
def test_wrong_attention_is_refused(
    network, folder, open_encoder, open_attention, documents, wrong
):
    def open_wrong(path):
        run = open_attention(path)
        return lambda *inputs: run(*inputs) + np.float32(wrong)

    with pytest.raises(MarsBatchError, match=r"attention\.onnx at batch size 1:"):
        check_export(network, folder, open_encoder, open_wrong, documents)


def test_the_checked_documents_hold_an_empty_and_a_short_one(documents):
    words = check_documents(documents, window=3, rng=np.random.default_rng(1))
    assert words.shape == (256, 9)
    assert (words[:2] != 0).sum(axis=1).tolist() == [0, 2]
    real = {tuple(row) for row in documents.tolist()}
    assert all(tuple(row) in real for row in words[2:].tolist())


def test_long_documents_are_cut():
    documents = np.ones((3, 90), dtype=np.int64)
    assert check_documents(documents, window=3, rng=np.random.default_rng(1)).shape == (256, 40)
