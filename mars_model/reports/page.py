"""The report: one HTML file made from a comparison, complete in itself."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mars_model.reports.answer import answer
from mars_model.reports.contract import ComparisonFile
from mars_model.reports.drawings import bars, curves, figure_names, grouped_by, groups
from mars_model.reports.names import figure, flat, metric_name, plain, signed
from mars_model.reports.tables import (
    curve_tables,
    figures_table,
    group_table,
    lists_table,
    paper_table,
    tests_table,
)

_FOLDER = Path(__file__).parent


def render_report(comparison: ComparisonFile) -> str:
    """The whole page as text; the same comparison gives the same bytes.

    Everything of the comparison is escaped. Needs the extra `evaluate`, no Spark and no torch.
    """
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"figure": figure, "signed": signed, "metric": metric_name}
    style = Markup((_FOLDER / "page.css").read_text(encoding="utf-8"))
    return environment.get_template("page.html.jinja").render(style=style, **_view(comparison))


def _view(comparison: ComparisonFile) -> dict[str, Any]:
    """What the template shows, section by section."""
    said = answer(comparison)
    of_groups = [group_table(comparison, by) for by in grouped_by(comparison)]
    of_curves = [curve_tables(comparison, name) for name in figure_names(comparison)]
    with_settings = [row for row in comparison.models if row.settings]
    return {
        "comparison": comparison,
        "title": _title(comparison),
        "answer": said,
        "notes": [*said.further, *comparison.notes],
        "bars": bars(comparison),
        "figures": figures_table(comparison),
        "lists": lists_table(comparison),
        "tests": tests_table(comparison),
        "groups": list(zip(groups(comparison), of_groups, strict=True)),
        "curves": list(zip(curves(comparison), of_curves, strict=True)),
        "paper": paper_table(comparison),
        "not_run": [row for row in comparison.models if row.reason is not None],
        "facts": _facts(comparison),
        "settings": {row.model: list(flat(row.settings)) for row in with_settings},
    }


def _title(comparison: ComparisonFile) -> str:
    dataset = comparison.dataset
    return f"Comparison on {dataset.name}" if dataset and dataset.name else "Comparison of models"


def _facts(comparison: ComparisonFile) -> list[tuple[str, str]]:
    """What was run, a name and a value each; what the file does not say is left out."""
    dataset, split = comparison.dataset, comparison.split
    facts: dict[str, Any] = {}
    if dataset:
        facts |= {"data": dataset.name, "profile": dataset.profile}
        sizes = {"users": dataset.n_users, "items": dataset.n_items, "likes": dataset.n_likes}
        facts |= {name: None if n is None else f"{n:,}" for name, n in sizes.items()}
        facts |= {f"likes: {name}": value for name, value in flat(dataset.likes)}
        facts["fingerprint of the data"] = dataset.fingerprint
    if split:
        facts["split"] = split.name
        facts |= {f"split: {name}": value for name, value in flat(split.model_extra or {})}
    facts |= dict(flat(comparison.protocol))
    facts["seeds"] = plain(comparison.seeds) if comparison.seeds else None
    facts["trials of every model"] = comparison.n_trials
    facts |= comparison.made_by
    return [(name, plain(value)) for name, value in facts.items() if value is not None]
