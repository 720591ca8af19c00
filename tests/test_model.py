"""The Python door: fit, recommend, explain, save and load without Spark."""

import doctest
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import mars_model.features.words
import mars_model.model
from mars_model.errors import InputDataError, MarsBatchError, SettingsError
from mars_model.model import Model, Recommendation

ITEMS = [
    (5, "Orbit", "An astronaut repairs a rocket"),
    (3, "Comet", "A rocket meets a <b>comet</b>"),
    (9, "Salt", "A chef cooks soup &amp; bread"),
    (7, "Plates", "A chef bakes bread"),
    (8, "Titan", "An astronaut on a moon"),
    (2, "Quiet", None),
]
LIKES = [(1, 5), (1, 3), (1, 8), (2, 5), (2, 8), (3, 9), (3, 7), (4, 9), (4, 7), (4, 3), (1, 5)]
SMALL = {
    "documents": {"min_occurrences": 1},
    "model": {"representation_size": 6, "embedding_size": 8, "n_filters": 8},
    "training": {"max_epochs": 3, "validation_share": 0.34},
}


@pytest.fixture(scope="module")
def model() -> Model:
    """The default model in a small size."""
    return Model.fit(LIKES, ITEMS, SMALL)


def scored_by_loop(model: Model, likes: list[int], item_id: int) -> tuple[float, dict[int, tuple]]:
    """Evidence for one pair in float64: the score, and attention and contribution by liked item."""
    ids = model.items.item_ids.tolist()
    candidate = model.catalogue.candidates[ids.index(item_id)].astype(np.float64)
    relevance = {
        like: sum(
            float(m) * float(c)
            for m, c in zip(model.catalogue.memory[ids.index(like)], candidate, strict=True)
        )
        for like in likes
    }
    weights = {like: np.exp(r) for like, r in relevance.items()}
    total = sum(weights.values())
    parts = {
        like: (weight / total, np.log(total) - np.log(total - weight) if len(likes) > 1 else None)
        for like, weight in weights.items()
    }
    bias = float(model.catalogue.item_bias[ids.index(item_id)])
    return np.log(total) + bias, parts


def test_scores_and_reasons_are_those_of_a_plain_loop(model: Model) -> None:
    likes = [3, 8, 9]
    found = model.recommend(likes, n=10)
    expected = {item_id: scored_by_loop(model, likes, item_id) for item_id in (2, 5, 7)}
    assert [one.item_id for one in found] == sorted(expected, key=lambda i: -expected[i][0])
    for one in found:
        score, parts = expected[one.item_id]
        assert one.score == pytest.approx(score, abs=1e-6)
        assert {r.item_id: (r.attention, r.contribution) for r in one.reasons} == {
            like: pytest.approx(part, abs=1e-6) for like, part in parts.items()
        }
        assert [r.attention for r in one.reasons] == sorted(
            (r.attention for r in one.reasons), reverse=True
        )
        for reason in one.reasons:
            rest = [like for like in likes if like != reason.item_id]
            without, _ = scored_by_loop(model, rest, one.item_id)
            assert reason.score_without == pytest.approx(without, abs=1e-5)


def test_explain_gives_every_like_and_the_list_s_own_score(model: Model) -> None:
    best = model.recommend([3, 8, 9], n=1, n_reasons=1)[0]
    explained = model.explain([3, 8, 9], best.item_id)
    assert explained.score == best.score
    assert explained.reasons[:1] == best.reasons
    assert {reason.item_id for reason in explained.reasons} == {3, 8, 9}


def test_the_only_like_has_no_score_without_it(model: Model) -> None:
    (reason,) = model.explain([8], 5).reasons
    assert (reason.attention, reason.contribution, reason.score_without) == (1.0, None, None)


def test_a_history_is_a_set_of_known_items(model: Model) -> None:
    expected = model.recommend([3, 8])
    assert model.recommend((8, 3, 8, 404)) == expected
    assert model.recommend({3, 8}) == expected
    assert model.recommend(np.array([8, 3])) == expected
    assert model.recommend(pd.Series([3, 8])) == expected
    assert model.recommend(pa.array([3, 8])) == expected
    assert model.recommend([]) == model.recommend([404]) == []


def test_ties_come_by_item_id() -> None:
    twins = [("b", "", ""), ("a", "", ""), ("c", "", ""), ("d", "rocket", "")]
    settings = {**SMALL, "model": {"has_free_vectors": False, "has_item_bias": False}}
    fitted = Model.fit([(1, "d"), (1, "a"), (2, "d"), (2, "b")], twins, settings)
    found = fitted.recommend(["d"])
    assert [one.item_id for one in found] == ["a", "b", "c"]
    assert len({one.score for one in found}) == 1


def test_lists_frames_and_arrow_give_the_same_model(model: Model) -> None:
    items, likes = pd.DataFrame(ITEMS), pd.DataFrame(LIKES)
    items.columns, likes.columns = ["item_id", "title", "text"], ["user_id", "item_id"]
    items["price"] = 1.5
    shapes = {
        "pandas": (likes, items),
        "Arrow": (pa.table(likes), pa.RecordBatch.from_pandas(items)),
        "dicts": (likes.to_dict("records"), items.to_dict("records")),
        "columns": (likes.to_dict("list"), items.to_dict("list")),
    }
    versions = {name: Model.fit(*rows, SMALL).bundle.model_version for name, rows in shapes.items()}
    assert versions == dict.fromkeys(shapes, model.bundle.model_version)


def test_a_saved_model_is_loaded_with_its_items(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "kept")
    model.save(tmp_path / "kept")
    loaded = Model.load(tmp_path / "kept")
    assert loaded.bundle.model_version == model.bundle.model_version
    assert loaded.recommend([3, 8, 9]) == model.recommend([3, 8, 9])
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_another_model_saved_in_the_same_place_is_another_model(
    model: Model, tmp_path: Path
) -> None:
    Model.load(model.save(tmp_path / "kept"))
    other = Model.fit(LIKES, ITEMS, {**SMALL, "training": {"seed": 2, "max_epochs": 1}})
    other.save(tmp_path / "kept")
    assert Model.load(tmp_path / "kept").recommend([3, 8]) == other.recommend([3, 8])


def test_new_items_are_recommended_by_their_texts(model: Model, tmp_path: Path) -> None:
    folder = model.save(tmp_path / "kept")
    more = Model.load(folder, [*ITEMS, (11, "Launch", "A rocket and an astronaut")])
    assert 11 in [one.item_id for one in more.recommend([5])]
    assert more.explain([5], 3) == model.explain([5], 3)


def test_a_damaged_file_is_found(model: Model, tmp_path: Path) -> None:
    folder = model.save(tmp_path / "kept")
    (folder / "items.parquet").write_bytes(b"")
    with pytest.raises(MarsBatchError, match=r"items\.parquet has another SHA-256"):
        Model.load(folder)


def test_a_folder_of_something_else_is_not_replaced(model: Model, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(InputDataError, match="no saved model"):
        model.save(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("likes", "items", "message"),
    [
        ([("1", "5")], ITEMS, "'item_id': found strings, expected whole numbers as in items"),
        ([(1, None), (1, 3)], ITEMS, "likes, column 'item_id': 1 of 2 ids are missing"),
        ([(1, 5), (1, "x")], ITEMS, "likes: expected a frame, dicts or tuples"),
        ([{"user_id": 1, "film": 5}], ITEMS, "likes: column 'item_id' not found, it has user_id"),
        ([(1, 5.5)], ITEMS, "ids are double, expected whole numbers or strings"),
        ([(1, 5), (2, 3)], ITEMS, "no user with two likes or more"),
        ([], ITEMS, "likes: no user with two likes or more"),
        (LIKES, [], "items: found no row"),
        (LIKES, [*ITEMS, ITEMS[0]], r"item_id \[5\] more than once"),
        (LIKES, [(5, "...", "42")], "no word occurs 1 times"),
    ],
)
def test_bad_rows_are_named(likes: object, items: object, message: str) -> None:
    with pytest.raises(InputDataError, match=message):
        Model.fit(likes, items, SMALL)


def test_bad_questions_are_named(model: Model) -> None:
    with pytest.raises(SettingsError, match="n is 0"):
        model.recommend([3], n=0)
    with pytest.raises(SettingsError, match=r"'training\.epochs' is not a setting"):
        Model.fit(LIKES, ITEMS, {"training": {"epochs": 3}})
    with pytest.raises(InputDataError, match="item_id 404 is among"):
        model.explain([3], 404)
    with pytest.raises(InputDataError, match="user_likes: none of them"):
        model.explain([404], 3)
    with pytest.raises(InputDataError, match="found the text 'Salt'"):
        model.recommend("Salt")


def as_recommendations(rows: pd.DataFrame) -> list[Recommendation]:
    """One user's published rows."""
    return [
        Recommendation(
            row.item_id,
            row.score,
            tuple(mars_model.model.Reason(**because.asDict()) for because in row.because),
        )
        for row in rows
    ]


def test_lists_are_those_of_the_night_to_the_last_bit(night) -> None:
    warehouse, settings = night.warehouse, night.settings
    items = warehouse.read("items").toPandas()
    histories = {r.user_id: r.item_ids for r in warehouse.read("user_histories").collect()}
    published = warehouse.read("recommendations").orderBy("user_id", "rank").collect()
    folder = night.registry.promoted().folder
    with pytest.raises(InputDataError, match=r"Model\.load\(path, items\)"):
        Model.load(folder)
    model = Model.load(folder, items)
    by_model = {row.user_id for row in published if row.source == "mars"}
    assert by_model == {1, 2, 3, 4, 5, 6, 7, 8}
    for user_id in by_model:
        expected = as_recommendations([row for row in published if row.user_id == user_id])
        found = model.recommend(
            histories[user_id], settings.scoring.top_n, settings.scoring.n_reasons
        )
        assert found == expected


def test_a_model_needs_its_word_vectors_in_training_alone(model: Model, tmp_path: Path) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("rocket 1 0\nmoon 1 0.1\nchef 0 1\nsoup 0.1 1\n", encoding="utf-8")
    sizes = {**SMALL["model"], "word_vectors": str(vectors)}
    fitted = Model.fit(LIKES, ITEMS, {**SMALL, "model": sizes})
    assert fitted.bundle.model_version != model.bundle.model_version
    fitted.save(tmp_path / "saved")
    vectors.unlink()
    loaded = Model.load(tmp_path / "saved")
    assert loaded.recommend([5, 3], n=3) == fitted.recommend([5, 3], n=3)
    with pytest.raises(SettingsError, match=r"vectors\.txt: there is no such file"):
        Model.fit(LIKES, ITEMS, {**SMALL, "model": sizes})


def test_fit_gives_the_bundle_that_train_gives(night) -> None:
    histories = night.warehouse.read("user_histories").collect()
    likes = [(row.user_id, item_id) for row in histories for item_id in row.item_ids]
    items = night.warehouse.read("items").toPandas()
    assert Model.fit(likes, items, night.settings).bundle.model_version == night.run.model_version


def test_the_examples_of_the_docstring_and_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).parents[1] / "docs" / "python.md"
    monkeypatch.chdir(tmp_path)
    for found in (
        doctest.testmod(mars_model.model),
        doctest.testmod(mars_model.features.words),
        doctest.testfile(str(page), module_relative=False),
    ):
        assert (found.failed, found.attempted > 0) == (0, True)


def test_neither_spark_nor_torch_is_imported_before_a_model_is_fitted(
    model: Model, tmp_path: Path
) -> None:
    folder = model.save(tmp_path / "kept")
    code = (
        "import sys; from mars_model.model import Model; "
        f"Model.load({str(folder)!r}).recommend([3, 8]); "
        "print([m for m in ('pyspark', 'delta', 'py4j', 'torch', 'onnx') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout == "[]\n", answer.stderr
