"""What tune leaves beside its study: trials.csv, importance.png and best.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from matplotlib.figure import Figure

from mars_model.comparing.study import Study
from mars_model.comparing.trial_records import TrialRecord, write_trials
from mars_model.comparing.tuning_space import with_values
from mars_model.settings import Settings

TABLE, PLOT, BEST = "trials.csv", "importance.png", "best.yaml"


def files_of(database: Path) -> Path:
    """The folder of a study's files."""
    return database.with_suffix("")


def write_files(
    study: Study, database: Path, settings: Settings, names: list[str]
) -> TrialRecord | None:
    """Bring the table and the best settings up to date; returns the best trial."""
    folder, best = files_of(database), study.best()
    folder.mkdir(parents=True, exist_ok=True)
    write_trials(folder / TABLE, study.records(), names)
    if best is not None:
        title = (
            f"Trial {best.number} of the study {database.stem}: validation MAP@500 "
            f"{best.value:.6f} at epoch {best.best_epoch}. Train with: mars-batch --conf FILE train"
        )
        write_best(folder / BEST, with_values(settings, best.values), title)
    return best


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
