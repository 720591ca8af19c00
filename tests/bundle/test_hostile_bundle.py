"""A bundle that somebody else wrote is opened only where it is what a training writes."""

import hashlib
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from onnx import TensorProto, helper, numpy_helper

from mars_model.bundle import parquet_rows
from mars_model.bundle.item_factors import ItemFactors
from mars_model.bundle.registry import Bundle, Registry
from mars_model.errors import MarsBatchError
from mars_model.scoring.encode_documents import encode_documents
from mars_model.scoring.sessions import open_attention
from mars_model.settings import ModelSettings
from tests.bundle.small_bundle import (
    SIZES,
    change_manifest,
    replace_file,
    small_content,
    write_small_bundle,
)

PLUS = ModelSettings(**SIZES)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A good one, of the default model: texts are averaged, items have factors."""
    return write_small_bundle(tmp_path / "models", PLUS)


def refusal(bundle: Bundle) -> str:
    """What is said instead of opening it."""
    with pytest.raises(MarsBatchError) as caught:
        Registry(bundle.folder.parent).open(bundle.folder.name)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 1500
    return message


def test_every_kind_of_model_is_opened_and_encodes(tmp_path: Path) -> None:
    for text in ("cnn", "mean", "none"):
        for attention in ("softmax", "evidence", "sum"):
            model = ModelSettings(**SIZES, text=text, attention=attention)
            written = write_small_bundle(tmp_path, model)
            opened = Registry(tmp_path).open(written.model_version)
            vectors = encode_documents(opened, np.array([7, 8]), [["moon", "fire"], []])
            assert [part.shape for part in vectors] == [(2, 3), (2, 3), (2,)]
            open_attention(opened.sealed("attention.onnx"))


@pytest.mark.parametrize("name", ["../outside.onnx", "/etc/passwd", "a/b.onnx", "other.onnx", ""])
def test_a_manifest_names_the_files_of_a_bundle_and_no_others(bundle: Bundle, name: str) -> None:
    (bundle.folder.parent / "outside.onnx").write_bytes(b"")
    files = {**bundle.manifest.files, name: hashlib.sha256(b"").hexdigest()}
    change_manifest(bundle.folder, files=files)
    assert "the manifest names " in refusal(bundle)


def test_a_file_may_be_a_link_inside_the_folder_and_not_out_of_it(bundle: Bundle) -> None:
    path = bundle.file("attention.onnx")
    path.rename(path.with_name("kept"))
    path.symlink_to("kept")
    assert Registry(bundle.folder.parent).open(bundle.model_version) == bundle
    path.unlink()
    (bundle.folder / "kept").rename(bundle.folder.parent / "kept")
    path.symlink_to("../kept")
    assert "attention.onnx leads out of the folder" in refusal(bundle)


@pytest.mark.parametrize("name", ["attention.onnx", "vocabulary.txt", "manifest.json"])
def test_a_pipe_or_a_folder_in_place_of_a_file_is_not_waited_for(bundle: Bundle, name: str) -> None:
    bundle.file(name).unlink()
    os.mkfifo(bundle.file(name))
    assert f"{name} is no plain file" in refusal(bundle)
    bundle.file(name).unlink()
    bundle.file(name).mkdir()
    assert re.search(f"{name} (is no plain file|cannot be read)", refusal(bundle))


def test_a_file_larger_than_its_settings_say_is_not_read(bundle: Bundle) -> None:
    os.truncate(bundle.file("item_encoder.onnx"), 2**40)
    message = refusal(bundle)
    assert "item_encoder.onnx has 1,099,511,627,776 bytes, at most 1,048," in message


def test_more_words_than_a_graph_can_hold_are_refused_before_it_is_read(bundle: Bundle) -> None:
    model = {**bundle.manifest.settings.model.model_dump(), "embedding_size": 4096}
    settings = {**bundle.manifest.settings.model_dump(mode="json"), "model": model}
    change_manifest(bundle.folder, n_words=10_000_000, settings=settings)
    assert "item_encoder.onnx would have 163,840," in refusal(bundle)
    change_manifest(bundle.folder, n_words=10_000_001)
    assert "n_words: Input should be less than or equal to 10000000" in refusal(bundle)


def test_a_bundle_under_the_name_of_another_is_refused(bundle: Bundle) -> None:
    moved = bundle.folder.rename(bundle.folder.with_name("mars-plus-000000000000"))
    message = refusal(Bundle(moved, bundle.manifest))
    assert f"its manifest says that it is {bundle.model_version}" in message


def test_a_model_version_is_no_path(bundle: Bundle) -> None:
    change_manifest(bundle.folder, model_version="../mars-plus")
    assert "model_version: String should match pattern" in refusal(bundle)


def test_a_file_that_is_changed_after_it_was_verified_is_not_opened(bundle: Bundle) -> None:
    opened = Registry(bundle.folder.parent).open(bundle.model_version)
    for name in bundle.manifest.files:
        opened.file(name).write_bytes(opened.file(name).read_bytes() + b" ")
    for use in (
        lambda: open_attention(opened.sealed("attention.onnx")),
        opened.vocabulary,
        lambda: encode_documents(opened, np.array([7]), [["moon"]]),
    ):
        with pytest.raises(MarsBatchError, match="has another SHA-256 than when it was verified"):
            use()


def changed_graph(change: Callable[[onnx.ModelProto], object]) -> bytes:
    """The item encoder after a change."""
    model = onnx.load_from_string(small_content(PLUS)["item_encoder.onnx"])
    change(model)
    return model.SerializeToString()


def weight(model: onnx.ModelProto, name: str) -> onnx.TensorProto:
    (found,) = (one for one in model.graph.initializer if one.name == name)
    return found


def put_outside(model: onnx.ModelProto) -> None:
    tensor = weight(model, "projection")
    onnx.external_data_helper.set_external_data(tensor, "../../etc/passwd")
    tensor.data_location = TensorProto.EXTERNAL


def put_in(name: str, values: np.ndarray) -> Callable[[onnx.ModelProto], object]:
    def change(model: onnx.ModelProto) -> None:
        weight(model, name).CopyFrom(numpy_helper.from_array(values, name))

    return change


def nest(model: onnx.ModelProto) -> None:
    """A branch inside a node."""
    model.graph.node[0].attribute.append(helper.make_attribute("then_branch", model.graph))


def own_function(model: onnx.ModelProto) -> None:
    node = helper.make_node("Tanh", ["x"], ["y"])
    opset = [helper.make_opsetid("", 20)]
    model.functions.append(helper.make_function("own", "Tanh", ["x"], ["y"], [node], opset))


CHANGES = {
    "a tensor in a file of its own": (put_outside, "'projection' stands in a file of its own"),
    "an operator of somebody's library": (
        lambda model: setattr(model.graph.node[0], "domain", "evil.ops"),
        "is no graph that a training writes",
    ),
    "another operator": (
        lambda model: setattr(model.graph.node[0], "op_type", "Loop"),
        "node 1 is another 'Loop', expected Gather",
    ),
    "a function": (own_function, "is no graph that a training writes"),
    "a graph inside a node": (nest, "is no graph that a training writes"),
    "one node more": (
        lambda model: model.graph.node.append(helper.make_node("Tanh", ["sum"], ["other"])),
        "has 11 nodes, expected 10",
    ),
    "another attribute": (
        lambda model: setattr(model.graph.node[0].attribute[0], "i", 1),
        "node 1 is another 'Gather', expected Gather",
    ),
    "another input": (
        lambda model: setattr(model.graph.input[0], "name", "wordz"),
        "has the inputs wordz int64 ['B', 'L'], free float32 ['B', 3], expected words int64",
    ),
    "another type": (
        lambda model: setattr(model.graph.input[0].type.tensor_type, "elem_type", 1),
        "has the inputs words float32 ['B', 'L']",
    ),
    "another shape": (
        lambda model: setattr(model.graph.output[0].type.tensor_type.shape.dim[1], "dim_value", 4),
        "has the outputs vectors float32 ['B', 4], expected vectors float32 ['B', 3]",
    ),
    "a weight of another shape": (
        put_in("projection", np.zeros((4, 3), np.float32)),
        "'projection' is float32 [4, 3], expected float32 [3, 4]",
    ),
    "a weight of another type": (
        put_in("projection", np.zeros((3, 4), np.int64)),
        "'projection' is int64 [3, 4], expected float32 [3, 4]",
    ),
    "a weight that is no number": (
        put_in("projection_bias", np.array([1, np.nan, 0], np.float32)),
        "'projection_bias' holds values that are no finite numbers",
    ),
    "a weight cut short": (
        lambda model: setattr(weight(model, "projection"), "raw_data", b"\0" * 44),
        "'projection' is float32 [3, 4], expected float32 [3, 4]",
    ),
    "another constant": (put_in("axis_1", np.array([0])), "'axis_1' has another value"),
    "another version": (lambda model: setattr(model, "ir_version", 99), "is of ONNX 99 "),
    "a longer name": (
        lambda model: setattr(model.graph, "name", "item_encoder" * 50),
        "is the graph 'item_encoder",
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_graph_differs_from_a_trained_one_by_its_weights_alone(bundle: Bundle, kind: str) -> None:
    change, said = CHANGES[kind]
    replace_file(bundle.folder, "item_encoder.onnx", changed_graph(change))
    message = refusal(bundle)
    assert f"item_encoder.onnx {said}" in message
    assert "user_encoder" not in message


def test_other_weights_are_another_model_and_nothing_worse(bundle: Bundle) -> None:
    change = put_in("projection_bias", np.array([3, -2, 1], np.float32))
    replace_file(bundle.folder, "item_encoder.onnx", changed_graph(change))
    opened = Registry(bundle.folder.parent).open(bundle.model_version)
    assert opened.manifest.files != bundle.manifest.files


def test_a_graph_whose_constant_is_written_in_the_other_way_is_the_same(tmp_path: Path) -> None:
    """Values as a list of floats, as exports wrote them before."""
    written = write_small_bundle(tmp_path, ModelSettings(**SIZES, attention="sum"))
    graph = onnx.load(written.file("attention.onnx"))
    (node,) = (node for node in graph.graph.node if node.op_type == "ConstantOfShape")
    one = helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])
    assert one.float_data and not one.raw_data
    node.attribute[0].t.CopyFrom(one)
    replace_file(written.folder, "attention.onnx", graph.SerializeToString())
    open_attention(Registry(tmp_path).open(written.model_version).sealed("attention.onnx"))
    node.attribute[0].t.float_data[0] = 2.0
    replace_file(written.folder, "attention.onnx", graph.SerializeToString())
    assert "attention.onnx node 4 is another 'ConstantOfShape'" in refusal(written)


def parquet(**columns: object) -> bytes:
    """The small factors with other columns."""
    good = ItemFactors.parse(small_content(PLUS)["item_factors.parquet"], 3).table()
    kept = {name: good.column(name) for name in good.column_names}
    out = io.BytesIO()
    pq.write_table(pa.table({k: v for k, v in {**kept, **columns}.items() if v is not None}), out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PAR1", "cannot be read as Parquet"),
        (parquet(item_bias=None), "has the columns item_id int64, free_item "),
        (parquet(item_id=pa.array([1.0, 2.0])), "has the columns item_id double"),
        (parquet(item_id=pa.array([1, None])), "has nulls in item_id"),
        (parquet(item_id=pa.array([7, 7])), "holds an item_id more than once"),
        (
            parquet(free_item=pa.array([[1, 2], [3, 4]], pa.list_(pa.float32()))),
            "has free_item of other lengths than 3",
        ),
        (
            parquet(free_item=pa.array([[1, 2, None], [3, 4, 5]], pa.list_(pa.float32()))),
            "has nulls in free_item",
        ),
        (
            parquet(item_bias=pa.array([1, np.inf], pa.float32())),
            "holds values that are no finite numbers",
        ),
    ],
)
def test_item_factors_of_another_schema_are_refused(
    bundle: Bundle, content: bytes, said: str
) -> None:
    replace_file(bundle.folder, "item_factors.parquet", content)
    assert f"item_factors.parquet {said}" in refusal(bundle)


def test_a_small_file_that_unpacks_to_gigabytes_is_refused(bundle: Bundle) -> None:
    """A row of 200 KB, fifty thousand times: its dictionary holds it once."""
    one = pa.array(["x" * 200_000])
    ids = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int32()), one)
    out = io.BytesIO()
    good = ItemFactors.parse(small_content(PLUS)["item_factors.parquet"], 3).table()
    others = good.slice(0, 1).drop(["item_id"])
    repeated = pa.concat_tables([others] * 50_000).combine_chunks()
    pq.write_table(pa.table({"item_id": ids, **dict(_columns(repeated))}), out, store_schema=False)
    assert len(out.getvalue()) < 1_000_000
    replace_file(bundle.folder, "item_factors.parquet", out.getvalue())
    assert "bytes unpacked" in refusal(bundle)


def test_a_list_of_more_values_than_fit_is_refused(bundle: Bundle, monkeypatch) -> None:
    monkeypatch.setattr(parquet_rows, "MOST_FILE_BYTES", 50)
    assert "item_factors.parquet has 2 rows of" in refusal(bundle)


def _columns(table: pa.Table):
    return zip(table.column_names, table.columns, strict=True)


def test_more_rows_than_the_limit_are_not_read(bundle: Bundle, monkeypatch) -> None:
    monkeypatch.setattr(parquet_rows, "MOST_ROWS", 1)
    assert "item_factors.parquet has 2 rows" in refusal(bundle)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"moon\nfire", "does not hold one word a line"),
        (b"moon\nmoon\n", "does not hold one word a line, each of them once"),
        (b"moon\n\n", "does not hold one word a line"),
        (b"moon\n\xff\n", "is no UTF-8"),
        (b"moon\n", "has 1 words, expected 2"),
    ],
)
def test_a_vocabulary_of_another_size_or_no_text_is_refused(
    bundle: Bundle, content: bytes, said: str
) -> None:
    replace_file(bundle.folder, "vocabulary.txt", content)
    assert f"vocabulary.txt {said}" in refusal(bundle)
