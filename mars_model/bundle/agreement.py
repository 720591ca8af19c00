"""Whether a bundle may score with some settings: those of its training must be the same."""

from operator import attrgetter

from mars_model.bundle.registry import Bundle
from mars_model.errors import SettingsError
from mars_model.settings import Settings

_SHARED = ("likes.min_rating", "documents.extra_columns", "documents.year_column")


def settings_mismatches(bundle: Bundle, settings: Settings) -> list[str]:
    """Settings that a night must share with a bundle's training and does not, as half-sentences."""
    values = [attrgetter(name) for name in _SHARED]
    pairs = [(value(settings), value(bundle.manifest.settings)) for value in values]
    return [
        f"'{name}' is {now!r}, {bundle.model_version} was trained with {then!r}"
        for name, (now, then) in zip(_SHARED, pairs, strict=True)
        if now != then
    ]


def require_same_settings(bundle: Bundle, settings: Settings) -> None:
    """A model must score histories made by the same rule as those it learned from."""
    if mismatches := settings_mismatches(bundle, settings):
        raise SettingsError(
            "settings: " + "; ".join(mismatches) + ". Use the settings it was trained with "
            "(--conf, --set) or train again with: mars-batch train"
        )
