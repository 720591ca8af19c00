"""Write the text of one film: two to four sentences in the words of its theme."""

from dataclasses import dataclass, fields
from functools import partial

import numpy as np

from mars_model.sources.sample.themes import Names, Sentences, Theme
from mars_model.sources.sample.wording import (
    PRONOUNS,
    Deck,
    capitalise_sentences,
    pick,
    resolve_choices,
    resolve_pronouns,
    with_article,
)

MIN_WORDS, MAX_WORDS = 30, 70


@dataclass(frozen=True)
class Lead:
    """The main character of a film; `gender` is "f" or "m"."""

    role: str
    first: str
    surname: str
    gender: str


class ThemeDecks:
    """One deck per kind of phrase of a theme, so that all its words recur evenly."""

    def __init__(self, theme: Theme, rng: np.random.Generator) -> None:
        self.theme = theme
        self._decks = {
            field.name: Deck(getattr(theme, field.name), rng)
            for field in fields(theme)
            if isinstance(getattr(theme, field.name), list)
        }

    def draw(self, kind: str, avoid: str = "", near: str = "") -> str:
        """A phrase of this kind without the word `avoid`, close to `near` where possible."""
        return self._decks[kind].draw(lambda phrase: not avoid or avoid not in phrase, near)


def _key_word(role: str) -> str:
    return role.split()[-1].removesuffix("'s")


def _role_gender(role: str, sentences: Sentences, rng: np.random.Generator) -> str:
    if any(role.endswith(word) for word in sentences.women):
        return "f"
    if any(role.endswith(word) for word in sentences.men):
        return "m"
    return "f" if rng.random() < 0.5 else "m"


def draw_lead(
    decks: ThemeDecks, names: Names, sentences: Sentences, rng: np.random.Generator
) -> Lead:
    """A main character with a role of the theme and a name of its culture."""
    role = decks.draw("roles")
    gender = _role_gender(role, sentences, rng)
    first = pick(names.women if gender == "f" else names.men, rng)
    return Lead(role, first, pick(names.surnames, rng), gender)


def _described(role: str, sentences: Sentences, rng: np.random.Generator, avoid: str = "") -> str:
    """The role with its article and often a trait, which is none of those in `avoid`."""
    has_own_adjective = role.split()[0] in sentences.full_roles
    if has_own_adjective or rng.random() < 0.4:
        return with_article(role)
    traits = [trait for trait in sentences.traits if trait not in avoid]
    return with_article(f"{pick(traits, rng)} {role}")


class TextWriter:
    """Fill sentence templates with phrases of one theme, or of a plot and a world theme."""

    def __init__(self, sentences: Sentences, rng: np.random.Generator) -> None:
        self._sentences = sentences
        self._rng = rng
        kinds = ("opening", "blend_opening", "trouble", "secret", "detail", "closer")
        self._templates = {kind: Deck(getattr(sentences, kind), rng) for kind in kinds}

    def write(self, lead: Lead, plot: ThemeDecks, world: ThemeDecks) -> str:
        """Text of MIN_WORDS to MAX_WORDS words; `world` is `plot` unless the film is a blend."""
        slots = self._slots(lead, plot, world)
        while True:
            text = self._compose(lead, slots, is_blend=world is not plot)
            if MIN_WORDS <= len(text.split()) <= MAX_WORDS:
                return text

    def _compose(self, lead: Lead, slots: dict[str, str], is_blend: bool) -> str:
        used = ""
        sentences = []
        for kind in pick(self._sentences.plans, self._rng).split():
            if f"{{{kind}}}" in used:
                continue
            deck = self._templates["blend_opening" if is_blend and kind == "opening" else kind]
            template = deck.draw(partial(_fits, used=used))
            used += template
            hero = lead.first if "{name}" in used else f"the {lead.role}"
            sentences.append(template.format(hero=hero, **slots))
        return capitalise_sentences(" ".join(sentences))

    def _slots(self, lead: Lead, plot: ThemeDecks, world: ThemeDecks) -> dict[str, str]:
        avoid = _key_word(lead.role)
        other = world.draw("roles", avoid)
        first_detail = plot.draw("details")
        second_detail = world.draw("details", first_detail)
        goal = plot.draw("goals", avoid)
        phrases = {
            "goal": goal,
            "setting": world.draw("settings", avoid),
            "trouble": (world if self._rng.random() < 0.5 else plot).draw("troubles", avoid, goal),
            "secret": plot.draw("secrets", avoid, goal),
            "closer": (world if self._rng.random() < 0.5 else plot).draw("closers"),
            "d1": first_detail,
            "d2": second_detail,
            "d3": plot.draw("details", first_detail),
            "chance": pick(self._sentences.chances, self._rng),
        }
        for slot, phrase in phrases.items():
            phrases[slot] = resolve_pronouns(resolve_choices(phrase, self._rng), lead.gender)
        described_lead = _described(lead.role, self._sentences, self._rng)
        return {
            **phrases,
            **PRONOUNS[lead.gender],
            "name": f"{lead.first} {lead.surname}",
            "lead": described_lead,
            "other": _described(other, self._sentences, self._rng, described_lead),
        }


def _fits(template: str, used: str) -> bool:
    """A second character is introduced once; the first sentence introduces the lead."""
    if not used and "{goal}" not in template:
        return "{hero}" not in template and "{other}" not in template
    return not any(slot in template and slot in used for slot in ("{other}", "{trouble}"))
