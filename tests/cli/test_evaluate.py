"""evaluate over a tiny warehouse: figures by plain Python, kept cells, and what is refused."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from deltalake import DeltaTable

from mars_model.cli.main import main
from mars_model.evaluation.splits.paper import split_likes
from mars_model.features.likes import LikeMatrix
from tests.conftest import Night

# What a like is, and everything else of the night's small source.
CONF = """
likes: {min_rating: 4, min_per_user: 2}
documents: {min_occurrences: 1}
evaluation: {ease_penalties: [1, 10], als_factors: [2], als_penalties: [0.1], als_alphas: [1, 10]}
"""
MODEL = """
model: {embedding_size: 8, n_filters: 8, representation_size: 6, max_words: 20}
training: {max_epochs: 2, batch_size: 32}
"""
ITEM_IDS = [*range(101, 107), *range(201, 207)]


@pytest.fixture
def shop(night: Night, tmp_path: Path) -> Path:
    """A copy of the night's source tables, with settings and a model's file; small grids."""
    for table in ("items", "interactions"):
        shutil.copytree(Path(night.warehouse.path) / table, tmp_path / "shop" / table)
    (tmp_path / "shop" / "mars-batch.yaml").write_text(CONF)
    (tmp_path / "small.yaml").write_text(MODEL)
    return tmp_path / "shop"


def run(shop: Path, *args: str) -> Result:
    options = ["--warehouse", str(shop), "--json", "evaluate", "--run-date", "2026-03-01"]
    return CliRunner().invoke(main, [*options, *args])


def found(result: Result) -> dict:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def kept(shop: Path) -> tuple[int, list[dict]]:
    table = DeltaTable(str(shop / "evaluation_metrics"))
    return table.version(), table.to_pyarrow_table().to_pylist()


def likes_of(night: Night) -> LikeMatrix:
    """Users with two likes or more, by id, as positions of ITEM_IDS."""
    table = DeltaTable(night.warehouse.location("user_histories")).to_pyarrow_table()
    rows = sorted(table.to_pylist(), key=lambda row: row["user_id"])
    liked = [[ITEM_IDS.index(i) for i in row["item_ids"]] for row in rows]
    return LikeMatrix.from_rows([row for row in liked if len(row) > 1], len(ITEM_IDS))


def popularity_by_loop(likes: LikeMatrix, seed: int) -> tuple[float, float]:
    """recall@50 and MAP@500 of the most liked items on the test part."""
    split = split_likes(likes, seed)
    n_likes = [list(split.training.item_idx).count(item) for item in range(12)]
    recalls, precisions = [], []
    for user in range(likes.n_users):
        seen, wanted = set(split.training.row(user)), set(split.test.row(user))
        unseen = [item for item in range(12) if item not in seen]
        ranked = sorted(unseen, key=lambda item: (-n_likes[item], item))
        hits = [rank for rank, item in enumerate(ranked, 1) if item in wanted]
        recalls.append(len(hits) / len(wanted))
        precisions.append(sum((n + 1) / rank for n, rank in enumerate(hits)) / len(wanted))
    return sum(recalls) / len(recalls), sum(precisions) / len(precisions)


@pytest.mark.long
def test_a_comparison_is_measured_kept_and_never_computed_twice(shop: Path, night: Night) -> None:
    model = str(shop.parent / "small.yaml")
    names = [model, "ease", "als", "popularity"]
    asked = [word for name in names for word in ("--model", name)]
    first = found(run(shop, *asked, "--seeds", "1-2"))

    assert [row["model"] for row in first["models"]] == names
    popularity = first["models"][3]
    for position, seed in enumerate((1, 2)):
        recall, precision = popularity_by_loop(likes_of(night), seed)
        assert popularity["recall@50_by_seed"][position] == pytest.approx(recall)
        assert popularity["map@500_by_seed"][position] == pytest.approx(precision)
    assert popularity["recall@50"] == pytest.approx(sum(popularity["recall@50_by_seed"]) / 2)
    best = max(row["map@500"] for row in first["models"][1:])
    (margin,) = [m for m in first["margins"] if m["metric"] == "map@500"]
    assert margin["model"] == model
    assert margin["share"] == pytest.approx(first["models"][0]["map@500"] / best - 1)

    version, rows = kept(shop)
    # Two seeds of four models, both parts and metrics; the settings not chosen on validation only.
    assert len(rows) == 4 * 2 * 2 * 2 + 2 * 2
    assert {row["seed"] for row in rows if row["settings"] == _not_chosen(first, rows)} == {1}

    again = found(run(shop, *asked, "--seeds", "1-2"))
    assert again == first
    assert kept(shop)[0] == version

    # A third seed and other settings are new; what stands, seconds included, stays as it is.
    wider = found(run(shop, "--model", "popularity", "--model", model, "--seeds", "1-3"))
    assert [m["seeds"] for m in wider["models"]] == [[1, 2, 3]] * 2
    assert wider["models"][1]["map@500_by_seed"][:2] == first["models"][0]["map@500_by_seed"]
    assert kept(shop)[0] == version + 2
    (shop.parent / "small.yaml").write_text(MODEL.replace("max_epochs: 2", "max_epochs: 1"))
    found(run(shop, "--model", model, "--seeds", "1"))
    assert kept(shop)[0] == version + 3


def _not_chosen(result: dict, rows: list[dict]) -> str:
    chosen = json.dumps(result["models"][1]["settings"], sort_keys=True)
    ease = {row["settings"] for row in rows if row["model"] == "ease"}
    (other,) = ease - {chosen}
    return other


def test_cold_items_are_ranked_by_text_and_by_the_model(shop: Path) -> None:
    asked = ["--model", "tfidf", "--model", str(shop.parent / "small.yaml")]
    result = found(run(shop, *asked, "--seeds", "1", "--cold-items", "0.25"))
    assert result["split"] == "cold items 0.25"
    # Three cold items, all within the first 50: whoever ranks them, finds them.
    assert [row["recall@50"] for row in result["models"]] == [1.0, 1.0]
    assert all(0 < row["map@500"] <= 1 for row in result["models"])


def test_items_without_text_leave_with_their_likes(shop: Path, night: Night) -> None:
    night.warehouse.spark.sql(
        f"update delta.`{shop}/items` set text = ' ' where item_id in (101, 201)"
    )
    whole = found(run(shop, "--model", "popularity", "--seeds", "1"))
    part = found(run(shop, "--model", "popularity", "--seeds", "1", "--items-with-text"))
    assert whole["protocol"]["n_items"] == 12
    assert part["protocol"]["n_items"] == 10
    likes = likes_of(night)
    rows = [set(likes.row(u)) - {0, 6} for u in range(likes.n_users)]
    assert part["protocol"]["n_likes"] == sum(len(row) for row in rows if len(row) > 1)
    assert part["dataset"] != whole["dataset"]


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (("--model", "tfidf"), ("--cold-items",)),
        (("--model", "ease", "--cold-items", "0.1"), ("ease", "tfidf")),
        (("--model", "nonesuch"), ("nonesuch", "mars")),
        (("--model", "ease", "--seeds", "5-1"), ("5-1", "1-5")),
        (("--model", "other-likes.yaml"), ("other-likes.yaml", "likes", "--conf")),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(
    shop: Path, args: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    other = shop.parent / "other-likes.yaml"
    other.write_text("likes: {min_rating: 2}")
    result = run(shop, *(str(other) if arg == other.name else arg for arg in args))
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert all(part in result.stderr for part in parts)
