"""Give every film its own title: the theme's own titles first, then composed ones."""

import re

import numpy as np

from mars_model.sources.sample.texts import Lead, ThemeDecks
from mars_model.sources.sample.themes import Names, Sentences
from mars_model.sources.sample.wording import Deck, pick

_A_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=[AEIOU])")


class TitleWriter:
    """Titles that never repeat, whatever the letter case."""

    def __init__(self, sentences: Sentences, rng: np.random.Generator) -> None:
        self._months = sentences.months
        self._shapes = Deck(sentences.title_shapes, rng)
        self._rng = rng
        self._taken: set[str] = set()
        self._own_left: dict[str, int] = {}

    def write(self, lead: Lead, decks: ThemeDecks, names: Names) -> str:
        """A new title for a film with this lead."""
        label = decks.theme.label
        left = self._own_left.setdefault(label, len(decks.theme.titles))
        if left > 0:
            self._own_left[label] = left - 1
            title = decks.draw("titles")
            self._taken.add(title.casefold())
            return title
        while True:
            title = self._compose(lead, decks, names)
            if title.casefold() not in self._taken:
                self._taken.add(title.casefold())
                return title

    def _compose(self, lead: Lead, decks: ThemeDecks, names: Names) -> str:
        has_plain_surname = " " not in lead.surname
        shape = self._shapes.draw(lambda text: has_plain_surname or "{surname}" not in text)
        noun, adjective = decks.draw("title_nouns"), decks.draw("title_adjectives")
        title = shape.format(
            noun=noun,
            noun2=decks.draw("title_nouns", avoid=noun),
            adjective=adjective,
            adjective2=decks.draw("title_adjectives", avoid=adjective),
            first=lead.first,
            surname=lead.surname,
            place=pick(names.places, self._rng),
            month=pick(self._months, self._rng),
        )
        return _A_BEFORE_VOWEL.sub(r"\1n ", title)
