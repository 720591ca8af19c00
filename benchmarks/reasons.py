"""What rows are there for, and whether items leave the list when the named likes do.

Fits the model of the settings, or opens one that was saved, scores some users as a night does, and
scores each anew without the likes that a sentence names. How to read it: benchmarks/README.md.
"""

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pyarrow as pa

from mars_model.features.likes import LikeMatrix
from mars_model.model import Model
from mars_model.scoring.claims import REASON_KINDS
from mars_model.scoring.popular import sort_popular
from mars_model.scoring.score_block import BlockScorer
from mars_model.scoring.sessions import open_attention
from mars_model.scoring.top_n import top_n_plainly
from mars_model.settings import Settings, load_settings
from mars_model.sources.sample import write_sample


@click.command()
@click.option("--items", type=click.Path(path_type=Path), help="Parquet; without it the sample.")
@click.option("--interactions", type=click.Path(path_type=Path))
@click.option("--conf", type=click.Path(path_type=Path), required=True)
@click.option("--model", "folder", type=click.Path(path_type=Path), help="Kept there for again.")
@click.option("--users", "n_users", default=300, show_default=True)
@click.option("--set", "overrides", multiple=True)
def main(
    items: Path | None,
    interactions: Path | None,
    conf: Path,
    folder: Path | None,
    n_users: int,
    overrides: tuple[str, ...],
) -> None:
    """Print the share of each kind, and of `likes` rows that leave without the named likes."""
    settings = load_settings(conf, overrides)
    with tempfile.TemporaryDirectory() as temporary:
        if items is None or interactions is None:
            sample = write_sample(Path(temporary))
            items, interactions = Path(sample.items), Path(sample.interactions)
        rows, likes = read(items), liked(read(interactions), settings)
    model = opened(folder, rows, likes, settings)
    scorer, histories = scorer_of(model, likes, settings), histories_of(model, likes, settings)
    chosen = np.random.default_rng(1).permutation(histories.n_users)[:n_users]
    kinds, left = measured(scorer, histories.take(np.sort(chosen)))
    n_rows, n_likes = kinds.total(), max(1, kinds["likes"])
    shares = ", ".join(f"{kind} {kinds[kind] / n_rows:.1%}" for kind in REASON_KINDS)
    click.echo(f"{model.bundle.model_version}: {len(chosen)} users, {n_rows} rows: {shares}")
    click.echo(f"of the rows of kind likes {left / n_likes:.1%} leave the list without them")


def read(path: Path) -> pd.DataFrame:
    """A table of any of the two formats that the sets and the sample have."""
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


def liked(interactions: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Pairs of user and item with a rating that counts as a like."""
    if "rating" in interactions and settings.likes.min_rating is not None:
        interactions = interactions[interactions["rating"] >= settings.likes.min_rating]
    return interactions[["user_id", "item_id"]].drop_duplicates()


def opened(
    folder: Path | None, items: pd.DataFrame, likes: pd.DataFrame, settings: Settings
) -> Model:
    """The model that is kept in the folder, else a new one."""
    if folder is not None and folder.exists():
        return Model.load(folder)
    model = Model.fit(likes, items, settings)
    if folder is not None:
        model.save(folder)
    return model


def scorer_of(model: Model, likes: pd.DataFrame, settings: Settings) -> BlockScorer:
    """What a night scores with, all items being candidates."""
    found = model.catalogue.positions(likes["item_id"].to_numpy())
    n_likes = np.bincount(found[found >= 0], minlength=len(model.catalogue.item_ids))
    popular = sort_popular(model.catalogue.candidate_idx, n_likes)
    catalogue = replace(model.catalogue, n_likes=n_likes, popular_idx=popular)
    attention = open_attention(model.bundle.sealed("attention.onnx"))
    kind = model.bundle.manifest.settings.model.attention
    return BlockScorer(catalogue, None, attention, settings.scoring, 1, kind)


def histories_of(model: Model, likes: pd.DataFrame, settings: Settings) -> LikeMatrix:
    """Users with as many likes of known items as the model needs."""
    found = model.catalogue.positions(likes["item_id"].to_numpy())
    known = pd.DataFrame({"user": likes["user_id"].to_numpy(), "item": found})[found >= 0]
    rows = [sorted(items) for _, items in known.groupby("user")["item"]]
    rows = [row for row in rows if len(row) >= settings.likes.min_per_user]
    return LikeMatrix.from_rows(rows, len(model.catalogue.item_ids))


def measured(scorer: BlockScorer, histories: LikeMatrix) -> tuple[Counter[str], int]:
    """How many rows have each kind, and how many of kind likes leave without the named likes."""
    kinds: Counter[str] = Counter()
    left = 0
    catalogue = scorer.catalogue
    item_ids = [catalogue.item_ids[histories.row(u)].tolist() for u in range(histories.n_users)]
    users = pa.RecordBatch.from_pydict(
        {
            "user_id": pa.array(range(len(item_ids))),
            "item_ids": pa.array(item_ids),
            "n_items": pa.array([len(ids) for ids in item_ids]),
        }
    )
    for user in scorer.score(users)[0].to_pylist():
        kinds.update(row["reason_kind"] for row in user["list"])
        claimed = [row for row in user["list"] if row["reason_kind"] == "likes"]
        again = {frozenset(row["named_items"]): set[object]() for row in claimed}
        for named in again:
            again[named] = listed_without(scorer, user["item_ids"], named)
        left += sum(row["item_id"] not in again[frozenset(row["named_items"])] for row in claimed)
    return kinds, left


def listed_without(
    scorer: BlockScorer, item_ids: list[object], named: frozenset[object]
) -> set[object]:
    """The user's list had they not liked the named items; these are no candidates then either."""
    catalogue, n = scorer.catalogue, scorer.settings.top_n
    kept = [item_id for item_id in item_ids if item_id not in named]
    if not kept:  # the fallback's list
        order = catalogue.item_ids[catalogue.popular_idx].tolist()
        return set([item_id for item_id in order if item_id not in named][:n])
    row = catalogue.positions(np.array(kept)).astype(np.int32)
    may = np.ones((1, len(catalogue.candidate_idx)), dtype=np.bool_)
    may[0, catalogue.positions(np.array(list(named)))] = False
    limited = replace(catalogue, allowed=may)
    history = LikeMatrix.from_rows([np.sort(row)], len(catalogue.item_ids))
    nobody = np.zeros(1, dtype=np.int32)
    _, found = top_n_plainly(limited, history, nobody, n, scorer.attention_kind)
    return set(catalogue.item_ids[found[found >= 0]].tolist())


if __name__ == "__main__":
    main()
