"""The tables of the report, as columns and cells of text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mars_model.reports.answer import all_metrics, main_metric, ranking
from mars_model.reports.contract import ComparisonFile, Curve
from mars_model.reports.figures import ModelRow
from mars_model.reports.names import figure, is_accuracy, metric_name, plain, signed


@dataclass(frozen=True)
class Table:
    """Cells by row, the first of each its name; `best` are the (row, column) to mark.

    `bands` are headings above the columns with the number of columns that each spans.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    best: frozenset[tuple[int, int]] = frozenset()
    bands: tuple[tuple[str, int], ...] = ()


def figures_table(comparison: ComparisonFile) -> Table:
    """How well each model hits, what it took, and a dash for what was not measured."""
    metrics = [m for m in all_metrics(comparison) if is_accuracy(m)]
    models = _in_order(comparison)
    cost = {
        "trials": [None if m.n_trials is None else str(m.n_trials) for m in models],
        "seconds": [None if m.seconds is None else f"{m.seconds:,.1f}" for m in models],
        "peak MB": [None if m.peak_mb is None else f"{m.peak_mb:,.0f}" for m in models],
    }
    known = {name: cells for name, cells in cost.items() if any(cells)}
    rows = [
        (
            _name(model),
            *(figure(model.mean(m), model.deviation(m)) for m in metrics),
            *(cells[i] or "–" for cells in known.values()),
        )
        for i, model in enumerate(models)
    ]
    caption = "Mean ± standard deviation over the splits, the best of each metric in bold"
    columns = ("model", *map(metric_name, metrics), *known)
    by_column = [_best_of([model.mean(metric) for model in models]) for metric in metrics]
    best = {(row, column) for column, places in enumerate(by_column, start=1) for row in places}
    return Table(caption, columns, tuple(rows), frozenset(best))


def lists_table(comparison: ComparisonFile) -> Table | None:
    """What the lists are like beside being right; None where nothing of it was measured."""
    metrics = [m for m in all_metrics(comparison) if not is_accuracy(m)]
    models = [m for m in _in_order(comparison) if any(m.mean(x) is not None for x in metrics)]
    rows = [(_name(m), *(figure(m.mean(x), m.deviation(x)) for x in metrics)) for m in models]
    caption = "What the lists are like; more is not always better here, so nothing is marked"
    columns = ("model", *map(metric_name, metrics))
    return Table(caption, columns, tuple(rows)) if metrics else None


def tests_table(comparison: ComparisonFile) -> Table | None:
    """Every test of significance; None where none was made."""
    rows = [
        (
            f"{t.best} − {t.second}",
            metric_name(t.metric),
            signed(t.difference),
            "–" if t.low is None or t.high is None else f"{signed(t.low)} to {signed(t.high)}",
            f"{100 * t.confidence:g} %",
            f"{t.p_value:.2g}",
            "–" if t.n_users is None else f"{t.n_users:,}",
            t.test,
        )
        for t in comparison.significance
    ]
    columns = ("pair", "metric", "difference", "interval", "of", "p", "users", "test")
    return Table("Tests of significance", columns, tuple(rows)) if rows else None


def group_table(comparison: ComparisonFile, by: str) -> Table:
    """A row per group and metric, a column per model, the best of each row marked."""
    models = [row.model for row in ranking(comparison, main_metric(comparison))]
    rows, best = [], set()
    groups = [group for group in comparison.groups if group.by == by]
    metrics = list(dict.fromkeys(group.metric for group in groups))
    groups.sort(key=lambda group: metrics.index(group.metric))
    for number, group in enumerate(groups):
        values = [group.values.get(name) for name in models]
        best |= {(number, i + 3) for i in _best_of(values)}
        users = "–" if group.n_users is None else f"{group.n_users:,}"
        rows.append((group.name, metric_name(group.metric), users, *map(figure, values)))
    columns = ("part", "metric", "users", *models)
    return Table(f"By {by}", columns, tuple(rows), frozenset(best))


def curve_tables(comparison: ComparisonFile, name: str) -> list[Table]:
    """One table per panel of a figure: a row per setting, a column per line."""
    return [_curve_table(curve) for curve in comparison.curves if curve.figure == name]


def _curve_table(curve: Curve) -> Table:
    paper = curve.paper or {}
    lines = [*curve.series.values(), *paper.values()]
    values = [{point.x: point for point in line} for line in lines]
    xs = list(dict.fromkeys(point.x for line in lines for point in line))
    if not any(isinstance(x, str) for x in xs):
        xs.sort(key=float)
    rows = [
        (plain(x), *(figure(p.y, p.sd) if (p := line.get(x)) else "–" for line in values))
        for x in xs
    ]
    bands = (("", 1), ("measured here", len(curve.series)), ("the paper's", len(paper)))
    caption = f"{metric_name(curve.metric)} by {curve.x}"
    return Table(
        caption,
        (curve.x, *curve.series, *paper),
        tuple(rows),
        bands=tuple(band for band in bands if band[1]) if paper else (),
    )


def paper_table(comparison: ComparisonFile) -> Table | None:
    """The paper's Table 1, a row per model, with ours of the same name in front."""
    rows = comparison.paper_table
    if not rows:
        return None
    ours = {_plain_name(row.model): row for row in comparison.models if row.metrics}
    metrics = list(dict.fromkeys(m for row in rows for m in row.__pydantic_extra__))
    datasets = list(dict.fromkeys(row.dataset for row in rows))
    theirs = {(row.model, row.dataset): row.__pydantic_extra__ for row in rows}
    shown = []
    for model in dict.fromkeys(row.model for row in rows):
        own = ours.get(_plain_name(model))
        here = [figure(own.mean(m)) if own else "–" for m in metrics]
        there = [figure(theirs.get((model, d), {}).get(m)) for d in datasets for m in metrics]
        shown.append((model, *here, *there))
    place = (comparison.dataset.name if comparison.dataset else None) or "here"
    bands = [("", 1), (f"measured here, on {place}", len(metrics))]
    bands += [(f"the paper's, on {dataset}", len(metrics)) for dataset in datasets]
    names = tuple(map(metric_name, metrics))
    return Table(
        "The paper's figures were measured on other data: compare orders, not heights",
        ("model", *names, *names * len(datasets)),
        tuple(shown),
        bands=tuple(bands),
    )


def _in_order(comparison: ComparisonFile) -> Sequence[ModelRow]:
    """The best by the main metric first, what was not measured last."""
    ran = ranking(comparison, main_metric(comparison))
    return [*ran, *(row for row in comparison.models if row not in ran)]


def _name(model: ModelRow) -> str:
    return model.model if model.metrics else f"{model.model} (not run)"


def _best_of(values: Sequence[float | None]) -> list[int]:
    """Where the largest stands, at each of its places."""
    top = max((value for value in values if value is not None), default=None)
    return [i for i, value in enumerate(values) if value is not None and value == top]


def _plain_name(model: str) -> str:
    """`Wide & Deep`, `wide-and-deep` and `WIDE_AND_DEEP` are one."""
    return re.sub(r"[^a-z0-9]", "", model.lower().replace("&", "and"))
