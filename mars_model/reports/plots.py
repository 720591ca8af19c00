"""The plots of the report, one panel each, as the text of an SVG."""

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator

from mars_model.reports.contract import Point
from mars_model.reports.figures import ModelRow
from mars_model.reports.svg import GRID, INK, MUTED, SERIES, SOFT

WIDTH_PT = 340.0  # a phone's width, so that text keeps its size there
_MARKERS = "os^DvPX"
_MAX_NAME = 20  # letters of a name where two stand side by side in a legend
_LOG_FROM = 15  # settings that span more than this many times are drawn on a log axis
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "mars-batch",  # the same plot has the same ids
    "text.parse_math": False,
    "font.size": 11,
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 10,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 1.6,
    "lines.markersize": 5.5,
}


class Series(NamedTuple):
    """One line or one set of dots; that of the paper is hollow and dashed."""

    name: str
    points: Sequence[Point]
    is_paper: bool = False
    is_muted: bool = False


def draw_bars(rows: Sequence[ModelRow], metric: str, x_label: str) -> str:
    """Draw a bar per model, the first on top, with whiskers of one deviation and dots per seed."""
    means = [row.mean(metric) or 0.0 for row in rows]
    with _panel(46 + 24 * len(rows)) as (axes, text):
        for y, (row, mean) in enumerate(zip(rows, means, strict=True)):
            axes.barh(y, mean, height=0.6, color=SOFT if row.is_baseline else SERIES[0])
            deviation, by_seed = row.deviation(metric), row.by_seed(metric)
            if deviation is not None:
                axes.errorbar(mean, y, xerr=deviation, color=INK, capsize=3, linewidth=1.2)
            axes.scatter(by_seed, [y + 0.42] * len(by_seed), s=6, color=MUTED)
        _name_rows(axes, [row.model for row in rows])
        axes.set_xlim(left=min(0.0, *means, 0.0))
        axes.set_xlabel(x_label)
    return text.getvalue()


def draw_dots(rows: Sequence[str], series: Sequence[Series], x_label: str) -> str:
    """Draw a row per category, the first on top, and in it a dot per series.

    A point's x is the name of its row.
    """
    place = {name: y for y, name in enumerate(rows)}
    row_pt = max(26, 7 * len(series))
    with _panel(46 + row_pt * len(rows), names=[one.name for one in series]) as (axes, text):
        for i, one in enumerate(series):
            # Dots of a row stand at slightly different heights, so that none hides another.
            shift = 0.32 * (2 * i / (len(series) - 1) - 1) if len(series) > 1 else 0.0
            axes.errorbar(
                [point.y for point in one.points],
                [place[str(point.x)] + shift for point in one.points],
                xerr=_whiskers(one),
                **_look(i, one, has_line=False),
            )
        for y in range(1, len(rows)):
            axes.axhline(y - 0.5, color=GRID, linewidth=0.7)
        _name_rows(axes, rows)
        axes.set_xlabel(x_label)
    return text.getvalue()


def draw_lines(series: Sequence[Series], x_label: str, y_label: str) -> str:
    """Draw a line per series over a setting's values, which are the ticks."""
    xs = sorted({float(point.x) for one in series for point in one.points})
    with _panel(210, names=[one.name for one in series]) as (axes, text):
        if xs[0] > 0 and xs[-1] / xs[0] > _LOG_FROM:
            axes.set_xscale("log")
        for i, given in enumerate(series):
            one = given._replace(points=sorted(given.points, key=lambda point: float(point.x)))
            axes.errorbar(
                [float(point.x) for point in one.points],
                [point.y for point in one.points],
                yerr=_whiskers(one),
                **_look(i, one, has_line=True),
            )
        axes.xaxis.set_major_locator(FixedLocator(xs))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(lambda value, _position: f"{value:g}")
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.grid(axis="y")
    return text.getvalue()


def _whiskers(series: Series) -> list[float] | None:
    """A deviation per point; None where no point has one."""
    deviations = [point.sd or 0.0 for point in series.points]
    return deviations if any(deviations) else None


def _look(number: int, series: Series, has_line: bool) -> dict[str, Any]:
    """Colour and marker by the number of the series; the paper's are hollow and dashed."""
    color = MUTED if series.is_muted else SERIES[number % len(SERIES)]
    line = "--" if series.is_paper else "-"
    return {
        "label": series.name,
        "color": color,
        "marker": "." if series.is_muted else _MARKERS[number % len(_MARKERS)],
        "markerfacecolor": "none" if series.is_paper else color,
        "linestyle": line if has_line else "none",
        "elinewidth": 0.9,
    }


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Names at the left, the first on top, long ones in two lines."""
    short = [textwrap.fill(name, 20, max_lines=2, placeholder="…") for name in names]
    axes.set_yticks(range(len(names)), short)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.grid(axis="x")


@contextmanager
def _panel(height_pt: float, names: Sequence[str] = ()) -> Iterator[tuple[Axes, io.StringIO]]:
    """Axes of a phone's width under our style alone, and what holds the SVG at the end.

    `names` are those of the legend, which stands below the axes.
    """
    n_columns = 2 if all(len(name) <= _MAX_NAME for name in names) else 1
    height_pt += 16 * -(-len(names) // n_columns)
    text = io.StringIO()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the user's own file says
        matplotlib.rcParams.update(_STYLE)
        # A Figure of its own needs no display; pyplot would look for one.
        figure = Figure(figsize=(WIDTH_PT / 72, height_pt / 72), layout="constrained")
        axes = figure.subplots()
        yield axes, text
        if names:
            figure.legend(loc="outside lower left", ncols=n_columns, columnspacing=1.2)
        unsaid = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(text, format="svg", transparent=True, metadata=unsaid)
