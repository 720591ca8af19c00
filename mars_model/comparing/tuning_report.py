"""What tune leaves beside its study and trials.csv: importance.png and best.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from matplotlib.figure import Figure

from mars_model.settings import Settings

TABLE, PLOT, BEST = "trials.csv", "importance.png", "best.yaml"


def write_best(path: Path, settings: Settings, title: str) -> None:
    """Settings as a file for --conf: model and training whole, of the others what is no default.

    The tracking address stays out: it may hold a password.
    """
    given = settings.model_dump(mode="json", exclude_defaults=True, exclude={"tracking"})
    shaping = settings.model_dump(mode="json", include={"model", "training"})
    tree: dict[str, Any] = {**given, **shaping}
    text = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)
    path.write_text(f"# {title}\n{text}", encoding="utf-8")


def draw_importances(path: Path, importances: Mapping[str, float], title: str) -> None:
    """Draw bars, the largest on top, as PNG; no display is needed."""
    names = list(importances)[::-1]
    # A Figure of its own draws with Agg; pyplot would look for a display and keep the figure.
    figure = Figure(figsize=(8, 1 + 0.35 * len(names)), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(names, [importances[name] for name in names])
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set_xlabel("share of what decides whether a trial is among the best quarter")
    axes.set_title(title, fontsize="medium")
    axes.margins(x=0.12)
    figure.savefig(path, dpi=120)
