"""How users are cut into blocks and served changes no row, through the whole Spark stage."""

import hashlib
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from mars_model.night.score import Shipment, _Counts, _schema, _score_batches
from mars_model.night.shipping import ShippedFile, ship_arrays, ship_file, take_back
from mars_model.night.spread import spread
from mars_model.scoring.memory_plan import Work
from mars_model.scoring.sentences import Titles
from mars_model.settings import ScoringSettings
from mars_model.training.export import attention_graph
from tests.scoring.plain import list_by_loop, lists_by_sorting

N_ITEMS = 90
SETTINGS = ScoringSettings(top_n=5, n_reasons=3)


@pytest.fixture(scope="module")
def catalogue(make_catalogue, tanh_vectors):
    """Ninety items, the last thirty twins of the first."""
    vectors, bias = tanh_vectors(2, N_ITEMS, 6), np.random.default_rng(3).normal(size=N_ITEMS)
    vectors[60:], bias[60:] = vectors[:30], bias[:30]
    allowed = np.stack([np.ones(N_ITEMS, bool), np.arange(N_ITEMS) % 2 == 0])
    return make_catalogue(
        tanh_vectors(1, N_ITEMS, 6),
        vectors,
        item_bias=bias,
        n_likes=list(range(N_ITEMS)),
        allowed=allowed,
    )


@pytest.fixture(scope="module")
def users():
    """No like, one, a few, most items, and all of them; every third in a segment."""
    rng = np.random.default_rng(7)
    lengths = [0, 1, 1, 2, 3, 5, 8, 13, 40, 85, 90, 2, 2, 6]
    return [
        (user, rng.choice(N_ITEMS, n, replace=False).tolist(), n, int(user % 3 == 0))
        for user, n in enumerate(lengths)
    ]


@pytest.fixture(scope="module")
def rows_of(spark, catalogue):
    """All columns of the users' rows in the order of user and rank."""
    context = spark.sparkContext
    graph = attention_graph(6).SerializeToString()
    ship_file(context, "attention-of-size-6.onnx", lambda path: path.write_bytes(graph))
    ids = pa.array(np.asarray(catalogue.item_ids))
    names = Titles.of(pa.array([f"Film {item_id}" for item_id in ids.to_pylist()]), ids)
    keys = {0: ship_arrays(context, catalogue), -1: ship_arrays(context, names)}
    for length in (4, 16, 90):
        keys[length] = ship_arrays(context, lists_by_sorting(catalogue, length))

    def rows(users, n_blocks=2, users_per_block=10_000, length=None):
        schema = "user_id bigint, item_ids array<bigint>, n_items int, segment int"
        frame = spark.createDataFrame(users, schema)
        shipment = Shipment(
            catalogue_key=keys[0],
            titles_key=keys[-1],
            lists_key=keys[length] if length else None,
            attention=ShippedFile("attention-of-size-6.onnx", hashlib.sha256(graph).hexdigest()),
            settings=SETTINGS,
            min_likes=1,
            attention_kind="softmax",
            users_per_block=users_per_block,
        )
        lengths = [n for _, _, n, _ in users]
        work = Work(len(users), sum(lengths), max(lengths))
        counted = context.accumulator(Counter(), _Counts())
        scored = spread(frame, work, n_blocks).mapInArrow(
            _score_batches(shipment, counted), _schema(frame)
        )
        return [
            {"user_id": user["user_id"], "source": user["source"], **row.asDict(recursive=True)}
            for user in sorted(scored.collect(), key=lambda user: user["user_id"])
            for row in user["list"]
        ]

    yield rows
    take_back(*keys.values())


@pytest.fixture(scope="module")
def first(rows_of, users):
    return rows_of(users)


def test_the_stage_serves_the_lists_of_a_plain_loop(first, users, catalogue):
    for user_id, liked, n_liked, segment in users:
        if n_liked:
            positions = list_by_loop(catalogue, sorted(liked), 5, segment)[0]
            found = [row["item_id"] for row in first if row["user_id"] == user_id]
            assert found == [position for position in positions if position >= 0]


@pytest.mark.parametrize(
    "cut",
    [
        {},
        {"n_blocks": 1},
        {"n_blocks": 7, "users_per_block": 1},
        {"users_per_block": 3},
        {"length": 4},
        {"length": 16, "users_per_block": 2},
        {"length": 90, "n_blocks": 1},
    ],
    ids=str,
)
def test_blocks_and_paths_change_no_column_of_any_row(rows_of, users, first, cut):
    assert rows_of(users, **cut) == first


def test_the_order_of_users_and_of_their_likes_changes_no_row(rows_of, users, first):
    turned = [(user, liked[::-1], n, segment) for user, liked, n, segment in reversed(users)]
    assert rows_of(turned) == first


def test_a_user_has_the_same_rows_without_the_others(rows_of, users, first):
    alone = [user for user in users if user[0] in (7, 9)]
    expected = [row for row in first if row["user_id"] in (7, 9)]
    assert rows_of(alone, n_blocks=1, length=16) == expected
