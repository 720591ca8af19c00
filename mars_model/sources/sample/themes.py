"""The material of the sample catalogue: themes, names and sentences, read from YAML."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Theme:
    """One kind of film: its label in `genres` and the phrases its texts are made of."""

    label: str
    names: str
    roles: list[str]
    settings: list[str]
    goals: list[str]
    troubles: list[str]
    secrets: list[str]
    details: list[str]
    closers: list[str]
    titles: list[str]
    title_adjectives: list[str]
    title_nouns: list[str]


@dataclass(frozen=True)
class Names:
    """People and places of one culture."""

    women: list[str]
    men: list[str]
    surnames: list[str]
    places: list[str]


@dataclass(frozen=True)
class Sentences:
    """Sentence and title templates shared by all themes; slots are explained in the file."""

    opening: list[str]
    blend_opening: list[str]
    trouble: list[str]
    secret: list[str]
    detail: list[str]
    closer: list[str]
    plans: list[str]
    chances: list[str]
    traits: list[str]
    full_roles: list[str]
    women: list[str]
    men: list[str]
    title_shapes: list[str]
    months: list[str]
    blends: list[tuple[str, str]]


def _read(name: str) -> Any:
    text = (files(__package__) / name).read_text(encoding="utf-8")
    return yaml.safe_load(text)


def load_themes() -> list[Theme]:
    """All themes, ordered by file name."""
    folder = files(__package__) / "theme_data"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return [Theme(**_read(f"theme_data/{name}")) for name in names]


def load_names() -> dict[str, Names]:
    """Names by culture, as `Theme.names` refers to them."""
    return {culture: Names(**parts) for culture, parts in _read("names.yaml").items()}


def load_sentences() -> Sentences:
    """Templates; `blends` as (plot, world) pairs of theme labels."""
    raw = _read("sentences.yaml")
    raw["blends"] = [(plot, world) for plot, world in raw["blends"]]
    return Sentences(**raw)
