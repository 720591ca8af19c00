"""The plots of the report, one panel each, as the text of an SVG."""

import io
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from mars_model.evaluation.report.contract import Point
from mars_model.evaluation.report.svg import GRID, INK, MUTED, SERIES, SOFT

WIDTH_PT = 340.0  # a phone's width, so that text keeps its size there
_MARKERS = "os^DvPX"
_LOG_FROM = 15  # settings that span more than this many times are drawn on a log axis
_STYLE = {
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


class Bar(NamedTuple):
    """One model's mean, its standard deviation and a value per seed."""

    name: str
    mean: float
    deviation: float | None
    by_seed: Sequence[float]
    is_marked: bool


class Series(NamedTuple):
    """One line or one set of dots; that of the paper is hollow and dashed."""

    name: str
    points: Sequence[Point]
    is_paper: bool = False
    is_muted: bool = False


def draw_bars(bars: Sequence[Bar], x_label: str) -> str:
    """Draw a bar per model, the first on top, with whiskers of one deviation and dots per seed."""
    with _panel(46 + 24 * len(bars)) as (axes, drawn):
        for y, bar in enumerate(bars):
            axes.barh(y, bar.mean, height=0.6, color=SERIES[0] if bar.is_marked else SOFT)
            if bar.deviation is not None:
                axes.errorbar(bar.mean, y, xerr=bar.deviation, color=INK, capsize=3, linewidth=1.2)
            axes.scatter(bar.by_seed, [y + 0.42] * len(bar.by_seed), s=6, color=MUTED)
        _name_rows(axes, [bar.name for bar in bars])
        axes.set_xlim(left=min(0.0, *(bar.mean for bar in bars), 0.0))
        axes.set_xlabel(x_label)
    return drawn()


def draw_dots(rows: Sequence[str], series: Sequence[Series], x_label: str) -> str:
    """Draw a row per category, the first on top, and in it a dot per series.

    A point's x is the name of its row.
    """
    place = {name: y for y, name in enumerate(rows)}
    row_pt = max(26, 7 * len(series))
    with _panel(46 + row_pt * len(rows), n_entries=len(series)) as (axes, drawn):
        for i, one in enumerate(series):
            # Dots of a row stand at slightly different heights, so that none hides another.
            shift = 0.36 * (2 * i / (len(series) - 1) - 1) if len(series) > 1 else 0.0
            axes.errorbar(
                [point.y for point in one.points],
                [place[str(point.x)] + shift for point in one.points],
                xerr=[point.sd or 0.0 for point in one.points],
                **_look(i, one, has_line=False),
            )
        for y in range(1, len(rows)):
            axes.axhline(y - 0.5, color=GRID, linewidth=0.7)
        _name_rows(axes, rows)
        axes.set_xlabel(x_label)
    return drawn()


def draw_lines(series: Sequence[Series], x_label: str, y_label: str) -> str:
    """Draw a line per series over a setting's values, which are the ticks."""
    xs = sorted({float(point.x) for one in series for point in one.points})
    with _panel(210, n_entries=len(series)) as (axes, drawn):
        if xs[0] > 0 and xs[-1] / xs[0] > _LOG_FROM:
            axes.set_xscale("log")
        for i, one in enumerate(series):
            points = sorted(one.points, key=lambda point: float(point.x))
            axes.errorbar(
                [float(point.x) for point in points],
                [point.y for point in points],
                yerr=[point.sd or 0.0 for point in points],
                **_look(i, one, has_line=True),
            )
        axes.xaxis.set_major_locator(FixedLocator(xs))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(lambda value, _position: f"{value:g}")
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.grid(axis="y")
    return drawn()


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
    axes.grid(axis="x")


@contextmanager
def _panel(height_pt: float, n_entries: int = 0) -> Iterator[tuple[Axes, Callable[[], str]]]:
    """Axes of a phone's width under our style alone, and what ends the drawing.

    A legend of `n_entries` is added below the axes.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the user's own file says
        matplotlib.rcParams.update(_STYLE)
        height_pt += 16 * ((n_entries + 1) // 2)
        # A Figure of its own needs no display; pyplot would look for one.
        figure = Figure(figsize=(WIDTH_PT / 72, height_pt / 72), layout="constrained")
        axes = figure.subplots()

        def drawn() -> str:
            if n_entries:
                figure.legend(loc="outside lower left", ncols=2, columnspacing=1.2)
            text = io.StringIO()
            unsaid = dict.fromkeys(("Date", "Creator", "Format", "Type"))
            figure.savefig(text, format="svg", transparent=True, metadata=unsaid)
            return text.getvalue()

        yield axes, drawn
