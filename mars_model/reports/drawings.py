"""The plots of a comparison with their captions: which figures stand in which panel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mars_model.reports.answer import all_metrics, main_metric, ranking
from mars_model.reports.contract import ComparisonFile, Curve, Group, Point
from mars_model.reports.names import figure, joined, metric_name
from mars_model.reports.plots import Series, draw_bars, draw_dots, draw_lines
from mars_model.reports.svg import inline_svg

_N_SHOWN = 5  # models with a colour of their own among groups; more cannot be told apart


@dataclass(frozen=True)
class Drawing:
    """Panels under one heading and one caption."""

    title: str
    caption: str
    panels: tuple[Markup, ...]


def bars(comparison: ComparisonFile) -> Drawing | None:
    """Draw the main metric and MAP by model; None where nothing was measured."""
    main = main_metric(comparison)
    if main is None:
        return None
    metrics = [main, *(m for m in all_metrics(comparison) if m.startswith("map@") and m != main)]
    panels = []
    for metric in metrics:
        rows = ranking(comparison, metric)
        label = "; ".join(f"{row.model} {figure(row.mean(metric))}" for row in rows)
        svg = draw_bars(rows, metric, metric_name(metric))
        panels.append((svg, f"Bars of {metric_name(metric)} by model: {label}"))
    caption = (
        "Mean over the splits, longer is better; whiskers are one standard deviation, the small "
        "dots single splits."
    )
    if any(row.is_baseline for row in comparison.models):
        caption += " Baselines are grey."
    return Drawing("The figures by model", caption, _inline("bars", panels))


def grouped_by(comparison: ComparisonFile) -> list[str]:
    """The ways of grouping, in the order of the file."""
    return list(dict.fromkeys(group.by for group in comparison.groups))


def figure_names(comparison: ComparisonFile) -> list[str]:
    """The figures of the curves, in the order of the file."""
    return list(dict.fromkeys(curve.figure for curve in comparison.curves))


def groups(comparison: ComparisonFile) -> Iterator[Drawing]:
    """Draw a row per group and a dot per model, one drawing for each way of grouping."""
    order = [row.model for row in ranking(comparison, main_metric(comparison))]
    for number, by in enumerate(grouped_by(comparison)):
        rows = [group for group in comparison.groups if group.by == by]
        panels = []
        for metric in dict.fromkeys(group.metric for group in rows):
            of_metric = [group for group in rows if group.metric == metric]
            names = list(dict.fromkeys(group.name for group in of_metric))
            series = _series_of_groups(of_metric, order)
            if series:
                svg = draw_dots(names, series, metric_name(metric))
                label = f"Dots of {metric_name(metric)} by {by}: {joined(names)}"
                panels.append((svg, f"{label}; the table below has the figures"))
        caption = f"Each row is a part of the test by {by}, each dot a model."
        yield Drawing(f"By {by}", caption, _inline(f"group-{number}", panels))


def _series_of_groups(rows: Sequence[Group], order: Sequence[str]) -> list[Series]:
    """The best models in colours, the others together."""
    models = [name for name in order if any(g.values.get(name) is not None for g in rows)]
    points = {
        name: [Point(g.name, value) for g in rows if (value := g.values.get(name)) is not None]
        for name in models
    }
    shown = [Series(name, points[name]) for name in models[:_N_SHOWN]]
    rest = [point for name in models[_N_SHOWN:] for point in points[name]]
    return [*shown, Series("others", rest, is_muted=True)] if rest else shown


def curves(comparison: ComparisonFile) -> Iterator[Drawing]:
    """Draw the paper's figures 4 to 7 as measured here, its own lines beside ours where given."""
    for number, name in enumerate(figure_names(comparison)):
        found = [curve for curve in comparison.curves if curve.figure == name]
        panels = [
            (_draw_curve(curve), f"{metric_name(curve.metric)} by {curve.x}: {_said(curve)}")
            for curve in found
            if any(curve.series.values()) or any((curve.paper or {}).values())
        ]
        caption = f"{joined(list(dict.fromkeys(metric_name(c.metric) for c in found)))} by "
        caption += f"{joined(list(dict.fromkeys(c.x for c in found)))}."
        if any(curve.paper for curve in found):
            caption += " Hollow marks are the paper's, on other data: compare shapes, not heights."
        yield Drawing(name, caption, _inline(f"curve-{number}", panels))


def _draw_curve(curve: Curve) -> str:
    series = [Series(name, points) for name, points in curve.series.items() if points]
    series += [
        Series(f"the paper's: {name}", points, is_paper=True)
        for name, points in (curve.paper or {}).items()
        if points
    ]
    xs = [point.x for one in series for point in one.points]
    if any(isinstance(x, str) for x in xs):
        return draw_dots(list(dict.fromkeys(map(str, xs))), series, metric_name(curve.metric))
    return draw_lines(series, curve.x, metric_name(curve.metric))


def _said(curve: Curve) -> str:
    """The best point of each line, for who cannot see the drawing."""
    best = {
        name: max(points, key=lambda point: point.y)
        for name, points in curve.series.items()
        if points
    }
    return "; ".join(f"{name} is highest at {p.x}, {figure(p.y)}" for name, p in best.items())


def _inline(prefix: str, panels: Sequence[tuple[str, str]]) -> tuple[Markup, ...]:
    return tuple(
        inline_svg(svg, f"{prefix}-{number}", label) for number, (svg, label) in enumerate(panels)
    )
