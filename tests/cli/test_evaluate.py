"""evaluate over a tiny warehouse: figures by plain Python, kept cells, and what is refused."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from deltalake import DeltaTable

from mars_model.cli.main import main
from mars_model.evaluation.search_space import Choice
from mars_model.evaluation.splits.by_user import split_likes
from mars_model.features.likes import LikeMatrix
from tests.conftest import Night

# What a like is, and everything else of the night's small source.
CONF = """
likes: {min_rating: 4, min_per_user: 2}
documents: {min_occurrences: 1}
evaluation: {n_trials: 2}
"""
MODEL = """
model: {embedding_size: 8, n_filters: 8, representation_size: 6, max_words: 20}
training: {max_epochs: 2, batch_size: 32}
"""
ITEM_IDS = [*range(101, 107), *range(201, 207)]


@pytest.fixture
def shop(night: Night, tmp_path: Path) -> Path:
    """A copy of the night's source tables, with settings and a model's file; few trials."""
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
    page = shop.parent / "report.html"
    first = found(run(shop, *asked, "--seeds", "1-2", "--report", str(page)))

    assert [row["model"] for row in first["models"]] == names
    popularity = first["models"][3]
    for position, seed in enumerate((1, 2)):
        recall, precision = popularity_by_loop(likes_of(night), seed)
        assert popularity["recall@50_by_seed"][position] == pytest.approx(recall)
        assert popularity["map@500_by_seed"][position] == pytest.approx(precision)
    assert popularity["recall@50"] == pytest.approx(sum(popularity["recall@50_by_seed"]) / 2)
    assert [row["n_trials"] for row in first["models"]] == [2, 2, 2, 1]
    best = max(row["map@500"] for row in first["models"][1:])
    (margin,) = [m for m in first["margins"] if m["metric"] == "map@500"]
    assert margin["model"] == model
    assert margin["share"] == pytest.approx(first["models"][0]["map@500"] / best - 1)
    assert "popularity" in page.read_text(encoding="utf-8")

    version, rows = kept(shop)
    # The settings that were not chosen were judged on the first seed's validation likes alone.
    for name in ("ease", "als"):
        trials = [row for row in rows if row["model"] == name]
        assert len({row["settings"] for row in trials}) == 2
        (tested,) = {row["settings"] for row in trials if row["part"] == "test"}
        other = [row for row in trials if row["settings"] != tested]
        assert {(row["seed"], row["part"]) for row in other} == {(1, "validation")}
        chosen, refused = (
            max(row["value"] for row in some if (row["seed"], row["metric"]) == (1, "map@500"))
            for some in (
                [r for r in trials if r["settings"] == tested and r["part"] == "validation"],
                other,
            )
        )
        assert chosen >= refused
    by_user = [row for row in rows if row["by_user"] is not None]
    assert {(row["part"], row["metric"]) for row in by_user} == {
        ("test", "recall@50"),
        ("test", "map@500"),
    }
    assert json.loads(rows[0]["protocol"])["split"]["split"] == "paper"

    again = found(run(shop, *asked, "--seeds", "1-2", "--report", str(page)))
    assert again == first
    assert kept(shop)[0] == version

    # A third seed is new; what stands, seconds included, stays as it is.
    wider = found(run(shop, "--model", "popularity", "--seeds", "1-3"))
    assert wider["models"][0]["seeds"] == [1, 2, 3]
    assert wider["models"][0]["map@500_by_seed"][:2] == popularity["map@500_by_seed"]
    assert kept(shop)[0] == version + 1
    # So are other settings of the model: both trials, and the test of the better one.
    (shop.parent / "small.yaml").write_text(MODEL.replace("max_epochs: 2", "max_epochs: 1"))
    found(run(shop, "--model", model, "--seeds", "1"))
    assert kept(shop)[0] == version + 4


def test_a_search_that_ends_at_an_edge_is_said_in_the_text_and_in_the_json(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first trial takes the penalty as it is, 500; the second one's lists are the same.
    narrow = {"penalty": Choice((500.0, 500.1, 500.2))}
    monkeypatch.setattr("mars_model.comparing.families.SPACES", {"ease": narrow, "popularity": {}})
    asked = ("--model", "ease", "--model", "popularity", "--seeds", "1")
    warning = "ease: its best settings lie at an edge of what was searched: penalty 500"
    (note,) = found(run(shop, *asked))["notes"]
    assert note.startswith(warning)
    options = ["--warehouse", str(shop), "evaluate", "--run-date", "2026-03-01"]
    text = CliRunner().invoke(main, [*options, *asked]).stdout
    assert f"warning: {warning}" in text
    # Where one setting is tried, nothing was searched.
    assert found(run(shop, *asked, "--trials", "1"))["notes"] == []


def test_a_split_by_time_tests_what_came_last(shop: Path, night: Night) -> None:
    for split, name in (("temporal", "temporal 20"), ("leave-last-out", "leave-last-out")):
        result = found(run(shop, "--model", "popularity", "--seeds", "1", "--splits", split))
        assert result["split"]["name"].startswith(name)
        assert 0 <= result["models"][0]["recall@50"] <= 1
    asked = ("--model", "popularity", "--seeds", "1", "--splits", "temporal")
    dated = found(run(shop, *asked, "--test-from", "2026-01-09", "--at", "5"))
    assert dated["split"]["test_from"] == "2026-01-09T00:00:00Z"
    assert "recall@5" in dated["models"][0] and "ndcg@5" in dated["models"][0]


def test_cold_items_are_ranked_by_text_and_by_the_model(shop: Path) -> None:
    asked = ["--model", "tfidf", "--model", str(shop.parent / "small.yaml")]
    # With each seed other users like a cold item.
    result = found(run(shop, *asked, "--seeds", "1-3", "--cold-items", "0.25"))
    assert result["split"]["name"] == "cold items 0.25"
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
    assert part["dataset"]["fingerprint"] != whole["dataset"]["fingerprint"]


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (("--model", "tfidf"), ("--cold-items",)),
        (("--model", "ease", "--cold-items", "0.1"), ("ease", "tfidf")),
        (("--model", "nonesuch"), ("nonesuch", "mars")),
        (("--model", "ease", "--seeds", "5-1"), ("5-1", "1-5")),
        (("--model", "ease", "--test-from", "2026-01-01"), ("temporal",)),
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
