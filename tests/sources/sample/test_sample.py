"""The sample warehouse is believable, repeatable and in the ranges its readers rely on."""

import re
from collections import Counter
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mars_model.sources.sample import SampleFiles, write_sample
from mars_model.sources.sample.tastes import draw_popularity, draw_ratings, draw_users
from mars_model.sources.sample.themes import load_sentences, load_themes
from mars_model.sources.sample.write_sample import INTERACTIONS_SCHEMA, ITEMS_SCHEMA


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleFiles:
    return write_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def items(sample: SampleFiles) -> pd.DataFrame:
    return pd.read_parquet(sample.items)


@pytest.fixture(scope="module")
def interactions(sample: SampleFiles) -> pd.DataFrame:
    return pd.read_parquet(sample.interactions)


@pytest.fixture(scope="module")
def likes_per_user(interactions: pd.DataFrame) -> pd.Series:
    users = interactions["user_id"].unique()
    likes = interactions[interactions["rating"] >= 4].groupby("user_id").size()
    return likes.reindex(users, fill_value=0)


def test_same_seed_writes_the_same_bytes(sample: SampleFiles, tmp_path: Path) -> None:
    again = write_sample(tmp_path)
    assert again.items.read_bytes() == sample.items.read_bytes()
    assert again.interactions.read_bytes() == sample.interactions.read_bytes()


def test_another_seed_writes_other_rows(tmp_path: Path) -> None:
    first = write_sample(tmp_path / "a", seed=1, n_users=20, n_items=100)
    second = write_sample(tmp_path / "b", seed=2, n_users=20, n_items=100)
    assert first.items.read_bytes() != second.items.read_bytes()
    assert first.interactions.read_bytes() != second.interactions.read_bytes()


def test_tables_have_the_promised_schema(sample: SampleFiles) -> None:
    assert pq.read_schema(sample.items) == ITEMS_SCHEMA
    assert pq.read_schema(sample.interactions) == INTERACTIONS_SCHEMA


def test_too_small_a_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="found n_items=99"):
        write_sample(tmp_path, n_items=99)


def test_items_and_titles_are_unique_and_counted(items: pd.DataFrame) -> None:
    assert len(items) == 1000
    assert items["item_id"].is_unique
    assert items["title"].str.casefold().is_unique
    assert items["title"].str.contains(r"\d$", regex=True).sum() <= 5
    assert items["title"].map(lambda title: not title.isascii()).sum() >= 10


def test_texts_are_short_distinct_and_without_leftover_slots(items: pd.DataFrame) -> None:
    texts = items.loc[items["text"] != "", "text"]
    assert texts.is_unique
    assert texts.str.split().str.len().between(30, 80).all()
    assert texts.str.contains("<p>").sum() == 2
    plain = texts[~texts.str.contains("<p>")]
    assert not plain.str.contains(r"[{}<>|()]", regex=True).any()
    assert not plain.str.contains(r"\b[Aa] (?!one)[aeiou]", regex=True).any()
    assert not plain.str.contains(r"\b[Aa]n (?!hour|honest|heir)[^aeiouAEIOU]", regex=True).any()


def test_a_few_texts_are_empty(items: pd.DataFrame) -> None:
    assert (items["text"] == "").sum() == 30
    assert not items.isna().any().any()


def test_every_theme_has_items_and_some_items_blend_two(items: pd.DataFrame) -> None:
    counts = Counter(label for genres in items["genres"] for label in genres.split("|"))
    assert set(counts) == {theme.label for theme in load_themes()}
    assert min(counts.values()) >= 30
    assert items["genres"].str.contains("|", regex=False).sum() == 100


def _long_words(phrases: list[str]) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", " ".join(phrases).lower()))


def test_words_of_each_theme_recur_over_the_catalogue(items: pd.DataFrame) -> None:
    texts = Counter(
        word for text in items["text"] for word in set(re.findall(r"[a-z]{4,}", text.lower()))
    )
    kinds = ["roles", "settings", "goals", "troubles", "secrets", "details"]
    words = {
        theme.label: _long_words([phrase for kind in kinds for phrase in getattr(theme, kind)])
        for theme in load_themes()
    }
    n_themes = Counter(word for theme_words in words.values() for word in theme_words)
    for label, theme_words in words.items():
        own = [word for word in theme_words if n_themes[word] <= 3 and texts[word] >= 5]
        assert len(own) >= 40, label


def test_blends_name_two_known_themes() -> None:
    labels = {theme.label for theme in load_themes()}
    for plot, world in load_sentences().blends:
        assert plot != world
        assert {plot, world} <= labels


def test_no_phrase_was_read_as_a_boolean_or_a_number() -> None:
    for theme in load_themes():
        for field in fields(theme):
            value = getattr(theme, field.name)
            assert all(isinstance(phrase, str) for phrase in value), (theme.label, field.name)


def test_pairs_are_unique_and_values_in_range(
    items: pd.DataFrame, interactions: pd.DataFrame
) -> None:
    assert not interactions.duplicated(["user_id", "item_id"]).any()
    assert interactions["item_id"].isin(items["item_id"]).all()
    assert set(interactions["rating"]) == {1, 2, 3, 4, 5}
    assert interactions["interacted_at"].min() >= datetime(2025, 1, 1, tzinfo=UTC)
    assert interactions["interacted_at"].max() < datetime(2026, 7, 1, tzinfo=UTC)
    assert interactions["interacted_at"].is_monotonic_increasing


def test_histories_are_skewed_and_some_users_have_none(likes_per_user: pd.Series) -> None:
    assert len(likes_per_user) == 2000
    assert (likes_per_user == 0).sum() == 20
    assert likes_per_user.between(1, 2).sum() == 30
    usual = likes_per_user[likes_per_user > 2]
    assert usual.min() == 5
    assert 17 <= usual.median() <= 23
    assert 100 <= usual.max() <= 150


def test_likes_lie_mostly_within_two_to_four_tastes() -> None:
    rng = np.random.default_rng(3)
    membership = np.eye(20, dtype=np.bool_)[np.arange(1000) % 20]
    popularity = draw_popularity(membership, rng)
    n_likes = n_within = n_dislikes = n_dislikes_within = 0
    for user in draw_users(300, 20, rng):
        assert 2 <= len(set(user.tastes)) <= 4
        assert sum(user.weights) == pytest.approx(1.0)
        positions, ratings = draw_ratings(user, popularity, rng)
        is_within = membership[positions][:, list(user.tastes)].any(axis=1)
        n_likes += int((ratings >= 4).sum())
        n_within += int(is_within[ratings >= 4].sum())
        n_dislikes += int((ratings < 4).sum())
        n_dislikes_within += int(is_within[ratings < 4].sum())
    assert 0.85 <= n_within / n_likes <= 0.90
    assert n_dislikes_within / n_dislikes <= 0.25


def test_long_histories_show_more_than_one_theme(
    items: pd.DataFrame, interactions: pd.DataFrame
) -> None:
    likes = interactions[interactions["rating"] >= 4].merge(items, on="item_id")
    likes["theme"] = likes["genres"].str.split("|").str[0]
    by_user = likes.groupby("user_id")["theme"]
    is_long = by_user.size() >= 10
    assert (by_user.nunique()[is_long] >= 2).all()


def test_a_few_items_of_a_theme_draw_most_of_its_likes(
    items: pd.DataFrame, interactions: pd.DataFrame
) -> None:
    likes = interactions[interactions["rating"] >= 4].groupby("item_id").size()
    likes = likes.reindex(items["item_id"], fill_value=0).sort_values(ascending=False)
    assert likes.head(200).sum() / likes.sum() > 0.3
