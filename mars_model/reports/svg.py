"""Turns matplotlib's SVG into one that lives in a page: its colours, its ids, its name."""

import re

from markupsafe import Markup, escape

# What plots draw with; on the page each is a variable, so that light, dark and print differ.
INK, MUTED, GRID, SOFT = "#100001", "#100002", "#100003", "#100004"
SERIES = ("#100011", "#100012", "#100013", "#100014", "#100015", "#100016")
_VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", SOFT: "soft"} | {
    color: f"series-{number}" for number, color in enumerate(SERIES, start=1)
}


def inline_svg(text: str, prefix: str, label: str) -> Markup:
    """Keep only the drawing of an SVG file, its ids under a prefix, named for screen readers.

    The drawing takes the width of what is around it, up to its own.
    """
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<style\b.*?</style>|<!--.*?-->", "", body, flags=re.S)
    body = re.sub(r'\bid="', f'id="{prefix}-', body)
    body = re.sub(r'href="#', f'href="#{prefix}-', body)
    body = body.replace("url(#", f"url(#{prefix}-")
    body = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), body)
    for color, name in _VARIABLES.items():
        body = body.replace(color, f"var(--{name})")
    end = body.index(">")
    box = re.search(r'viewBox="[^"]*"', body[:end])
    if box is None:
        raise ValueError("the drawing has no viewBox")
    head = f'<svg {box[0]} role="img" aria-label="{escape(label)}"'
    return Markup(head + body[end:].rstrip())
