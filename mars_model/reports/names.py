"""How metrics, figures and settings are written in the report."""

from collections.abc import Iterator, Mapping
from typing import Any

_SHORT = ("map", "ndcg", "mrr")
# Metrics of how well lists hit what users liked; the others describe lists, more is not better.
_HITS = ("recall", "precision", "hit", "reciprocal", *_SHORT)


def metric_name(metric: str) -> str:
    """`MAP@500` for map@500, `hit rate@10` for hit_rate@10."""
    name, at, cutoff = metric.partition("@")
    return (name.upper() if name in _SHORT else name.replace("_", " ")) + at + cutoff


def is_accuracy(metric: str) -> bool:
    """Whether more of it means that lists hit more of what users liked."""
    return metric.replace("_", "@").split("@")[0] in _HITS


def figure(value: float | None, deviation: float | None = None) -> str:
    """Four decimals, with the deviation where there is one; a dash for none."""
    if value is None:
        return "–"
    return f"{value:.4f}" + ("" if deviation is None else f"\u00a0± {deviation:.4f}")


def signed(value: float) -> str:
    """Four decimals after a plus or a minus."""
    return f"{value:+.4f}".replace("-", "−")


def percent(value: float, base: float) -> str:
    """How far a value stands above a base, `16.7 % above`; the space does not break."""
    if not base:
        return "above"
    share = value / base - 1
    return f"{100 * abs(share):.1f}\u00a0% {'above' if share >= 0 else 'below'}"


def count(number: int, noun: str) -> str:
    """`1 user`, `1,234 users`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def joined(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Settings by their dotted names, in the order given."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", plain(value)


def plain(value: Any) -> str:
    """A setting's value as a person would write it."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case list() | tuple():
            return ", ".join(map(plain, value)) or "none"
        case _:
            return str(value)
