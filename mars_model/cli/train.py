"""mars-batch train."""

from contextlib import closing
from datetime import date
from importlib import import_module
from typing import Any

import click

from mars_model.bundle.manifest import Manifest
from mars_model.cli.job import Job, run_date_option
from mars_model.cli.progress import TrainingBar
from mars_model.errors import needs_extras
from mars_model.fitting.tracking import require_mlflow, track


@click.command("train")
@run_date_option
@click.option(
    "--num-processes",
    "n_processes",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes that share every batch, started by PySpark's TorchDistributor.",
)
@click.pass_obj
def train_command(job: Job, run_date: date, n_processes: int) -> None:
    """Train the model on the likes before the run date.

    Its bundle is used from the next night on, unless its validation MAP is lower than that of
    the bundle in use by more than the setting promotion.max_map_loss.

    After Ctrl-C or a crash the same command goes on after the last finished epoch.

    Example: mars-batch --conf conf/models/mars.yaml train
    """
    job.require_writable(job.registry.folder)
    trained = train_and_promote(job, run_date, n_processes)
    manifest, decision = trained.bundle.manifest, trained.decision
    state = "in use from the next night on" if decision.is_promoted else "not promoted"
    job.show(
        f"trained {manifest.model_version}: validation MAP@500 "
        f"{manifest.metrics['validation_map@500']:.4f} at epoch {trained.result.best_epoch} of "
        f"{trained.result.n_epochs} on {manifest.metrics['n_validation_users']:,.0f} users; "
        f"{manifest.metrics['n_likes']:,.0f} likes of {manifest.metrics['n_users']:,.0f} users, "
        f"{manifest.n_words:,} words; {_objective(manifest)}\n"
        f"bundle {trained.bundle.folder}, {state}: {decision.reason}",
        {
            "folder": str(trained.bundle.folder),
            **manifest.model_dump(mode="json"),
            "decision": decision.model_dump(mode="json"),
        },
    )


def _objective(manifest: Manifest) -> str:
    """What each like was compared with."""
    if manifest.settings.training.objective == "sampled":
        return "each like against one item not liked"
    n_sampled = int(manifest.metrics["n_sampled_candidates"])
    if n_sampled:
        return f"each like against {n_sampled:,} sampled items (log-Q corrected)"
    return "each like against the whole catalogue"


def require_training(job: Job) -> None:
    """Raise MarsBatchError where a package is missing that training needs with these settings."""
    with needs_extras("training", "train"):
        import_module("mars_model.fitting.train")
    require_mlflow(job.settings)


def train_and_promote(job: Job, run_date: date, n_processes: int = 1) -> Any:
    """Train with a progress bar. Raises MarsBatchError where the train extra is missing."""
    require_training(job)
    from mars_model.fitting.train import train_model

    settings = job.settings
    with (
        track(settings, run_date, job.say) as tracking,
        closing(TrainingBar(tracking)) as bar,
    ):
        trained = train_model(
            job.warehouse, job.registry, settings, run_date, bar, job.say, n_processes
        )
        if tracking is not None:
            tracking.log_bundle(trained.bundle, trained.decision)
    return trained
