"""A night needs the settings that made its model's histories and documents, and no others."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from mars_model.bundle.agreement import require_same_settings, settings_mismatches
from mars_model.bundle.manifest import TrainedWith
from mars_model.bundle.registry import Bundle
from mars_model.errors import SettingsError
from tests.conftest import small_settings


def trained_with(*overrides: str) -> Bundle:
    """A bundle of which only the name and the settings are asked."""
    settings = small_settings(*overrides)
    kept = {name: getattr(settings, name) for name in TrainedWith.model_fields}
    manifest = SimpleNamespace(model_version="mars-1", settings=TrainedWith(**kept))
    return Bundle(Path(), manifest)


def test_settings_that_shape_no_history_and_no_document_may_differ() -> None:
    bundle = trained_with("likes.min_rating=4", "likes.min_per_user=2")
    tonight = small_settings(
        *("likes.min_per_user=3", "documents.min_occurrences=9", "training.seed=5"),
        *("model.max_words=5", "scoring.top_n=7"),
    )
    assert settings_mismatches(bundle, tonight) == []
    require_same_settings(bundle, tonight)


def test_all_settings_that_differ_are_named_at_once() -> None:
    bundle = trained_with("likes.min_rating=4")
    tonight = small_settings("likes.min_rating=null", "documents.extra_columns=[genres]")
    with pytest.raises(SettingsError) as caught:
        require_same_settings(bundle, tonight)
    assert str(caught.value) == (
        "settings: 'likes.min_rating' is None, mars-1 was trained with 4.0; "
        "'documents.extra_columns' is ('genres',), mars-1 was trained with (). "
        "Use the settings it was trained with (--conf, --set) or train again with: "
        "mars-batch train"
    )
