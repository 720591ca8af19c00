"""Small text tools: decks of phrases, alternatives in brackets, articles, pronouns."""

import re
from collections.abc import Callable, Sequence

import numpy as np

_CHOICE = re.compile(r"\(([^()|]*(?:\|[^()|]*)+)\)")
_SENTENCE_START = re.compile(r"(^|[.?!] )([a-z])")
_SILENT_H = ("honest", "honour", "hour", "heir")
_SPOKEN_CONSONANT = ("one", "uni", "use", "eu")

LOOK_AHEAD = 5

PRONOUNS = {
    "f": {"she": "she", "her": "her", "him": "her"},
    "m": {"she": "he", "her": "his", "him": "him"},
}


class Deck:
    """Phrases dealt in random order; each comes about as often as any other."""

    def __init__(self, phrases: Sequence[str], rng: np.random.Generator) -> None:
        self._phrases = list(phrases)
        self._rng = rng
        self._pile: list[str] = []

    def draw(self, accept: Callable[[str], bool] = lambda phrase: True, near: str = "") -> str:
        """One of the next few phrases that `accept` allows, the closest in words to `near`.

        Raises ValueError when no phrase of the deck is allowed.
        """
        for _ in range(2):
            allowed = [position for position, phrase in enumerate(self._pile) if accept(phrase)]
            if allowed:
                ahead = allowed[:LOOK_AHEAD] if near else allowed[:1]
                best = max(ahead, key=lambda i: len(_long_words(self._pile[i]) & _long_words(near)))
                return self._pile.pop(best)
            shuffled = self._rng.permutation(len(self._phrases))
            self._pile += [self._phrases[i] for i in shuffled]
        raise ValueError(f"no phrase of this deck is allowed here: {self._phrases}")


def _long_words(phrase: str) -> set[str]:
    return {word.removesuffix("s") for word in re.findall(r"\w{4,}", phrase.lower())}


def pick(options: Sequence[str], rng: np.random.Generator) -> str:
    """One option, all equally likely."""
    return options[int(rng.integers(len(options)))]


def resolve_choices(phrase: str, rng: np.random.Generator) -> str:
    """Replace every `(a|b|c)` in the phrase by one of its alternatives."""
    return _CHOICE.sub(lambda match: pick(match.group(1).split("|"), rng), phrase)


def resolve_pronouns(phrase: str, gender: str) -> str:
    """Replace `<she>`, `<her>` (possessive) and `<him>` by those of the gender, "f" or "m"."""
    for slot, word in PRONOUNS[gender].items():
        phrase = phrase.replace(f"<{slot}>", word)
    return phrase


def with_article(noun_phrase: str) -> str:
    """Put "a" or "an" before a noun phrase, by sound."""
    start = noun_phrase.lower()
    is_vowel = start[0] in "aeiou" and not start.startswith(_SPOKEN_CONSONANT)
    return f"{'an' if is_vowel or start.startswith(_SILENT_H) else 'a'} {noun_phrase}"


def capitalise_sentences(text: str) -> str:
    """Upper-case the first letter of each sentence and leave the rest alone."""
    return _SENTENCE_START.sub(lambda match: match.group(1) + match.group(2).upper(), text)
