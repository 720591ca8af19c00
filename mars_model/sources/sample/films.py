"""The sample's items: invented films with a title, a text and one or two themes."""

import html
from dataclasses import dataclass, replace

import numpy as np

from mars_model.sources.sample.texts import TextWriter, ThemeDecks, draw_lead
from mars_model.sources.sample.themes import Theme, load_names, load_sentences, load_themes
from mars_model.sources.sample.titles import TitleWriter

BLEND_SHARE = 0.1
EMPTY_TEXT_SHARE = 0.03
FIRST_ITEM_ID = 1_000


@dataclass(frozen=True)
class Film:
    """One item; `themes` are positions in the list of themes, the plot's theme first."""

    item_id: int
    title: str
    text: str
    themes: tuple[int, ...]


def _spread_themes(
    n_items: int, labels: list[str], blends: list[tuple[str, str]], rng: np.random.Generator
) -> list[tuple[int, ...]]:
    """Themes per item, uneven in size by about a quarter, blended items included, shuffled."""
    sizes = rng.uniform(0.8, 1.25, len(labels))
    upper_bounds = np.cumsum(sizes) / sizes.sum()
    places = (np.arange(n_items) + 0.5) / n_items
    themes: list[tuple[int, ...]] = [(int(t),) for t in np.searchsorted(upper_bounds, places)]
    worlds: dict[int, list[int]] = {}
    for plot, world in blends:
        worlds.setdefault(labels.index(plot), []).append(labels.index(world))
    candidates = [i for i, (plot,) in enumerate(themes) if plot in worlds]
    n_blends = min(len(candidates), round(BLEND_SHARE * n_items))
    for i in rng.choice(candidates, n_blends, replace=False):
        options = worlds[themes[i][0]]
        themes[i] = (themes[i][0], options[int(rng.integers(len(options)))])
    return [themes[i] for i in rng.permutation(n_items)]


def _roughen(films: list[Film], rng: np.random.Generator) -> list[Film]:
    """Empty a few texts and leave HTML in one or two, as real catalogues do."""
    n_empty, n_html = round(EMPTY_TEXT_SHARE * len(films)), min(2, len(films))
    chosen = rng.permutation(len(films))[: n_empty + n_html]
    rough = list(films)
    for i in chosen[:n_empty]:
        rough[i] = replace(films[i], text="")
    for i in chosen[n_empty:]:
        text = html.escape(films[i].text, quote=False).replace(" and ", " &amp; ", 1)
        rough[i] = replace(films[i], text=f"<p><b>{films[i].title}</b>. {text}</p>")
    return rough


def write_catalogue(n_items: int, rng: np.random.Generator) -> tuple[list[Film], list[Theme]]:
    """Films in the order of their ids, which have gaps, and the themes they point to."""
    themes, names, sentences = load_themes(), load_names(), load_sentences()
    decks = [ThemeDecks(theme, rng) for theme in themes]
    titles, texts = TitleWriter(sentences, rng), TextWriter(sentences, rng)
    labels = [theme.label for theme in themes]
    ids = FIRST_ITEM_ID + np.sort(rng.choice(9 * n_items, n_items, replace=False))
    films = []
    for item_id, film_themes in zip(
        ids, _spread_themes(n_items, labels, sentences.blends, rng), strict=True
    ):
        plot, world = decks[film_themes[0]], decks[film_themes[-1]]
        culture = names[plot.theme.names]
        lead = draw_lead(plot, culture, sentences, rng)
        title = titles.write(lead, plot, culture)
        films.append(Film(int(item_id), title, texts.write(lead, plot, world), film_themes))
    return _roughen(films, rng), themes
