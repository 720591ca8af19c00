"""Runs train: tables → arrays → a trained network → a checked bundle in the registry."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from mars_model.bundle.agreement import settings_mismatches
from mars_model.bundle.promotion import Decision, Measured, Unmeasured, decide
from mars_model.bundle.registry import Bundle, Registry
from mars_model.errors import Interrupted, MarsBatchError
from mars_model.evaluation.export_bundle import write_bundle
from mars_model.evaluation.fit import FittingTask, checkpoints_of, fit
from mars_model.evaluation.training_set import Texts
from mars_model.evaluation.validation import validation_of
from mars_model.fitting.distributed import fit_in_processes, settings_of_process
from mars_model.fitting.training_data import collect_documents, read_training_data
from mars_model.scoring.encode_documents import encode_documents
from mars_model.scoring.sessions import open_attention
from mars_model.settings import Settings
from mars_model.tables.warehouse import Warehouse
from mars_model.training.checkpoint import Checkpoints
from mars_model.training.epoch_records import Progress, TrainingResult

# Takes a bundle; its MAP@500 on the held-out likes that the new one was validated on.
Measure = Callable[[Bundle], float]


@dataclass(frozen=True)
class Trained:
    """A bundle, how its training went, and whether it is in use now."""

    bundle: Bundle
    result: TrainingResult
    decision: Decision


def train_model(
    warehouse: Warehouse,
    registry: Registry,
    settings: Settings,
    run_date: date,
    progress: Progress,
    say: Callable[[str], None] = lambda line: None,
    n_processes: int = 1,
) -> Trained:
    """Train on the likes before the run date, check the export, write the bundle, judge it.

    Goes on from the checkpoint of the same training where there is one; `say` hears of that, of
    how many items have a year, and how many words a vector. With several processes, each takes a
    share of every batch. Raises Interrupted at Ctrl-C.
    """
    own = settings_of_process(settings, n_processes, warehouse.spark)
    data = read_training_data(warehouse, settings, run_date)
    kept, held = data.hold_out(settings)
    task = FittingTask(data.texts, kept, held, own)
    _tell_what_is_read(data.texts, settings, say)
    checkpoints = checkpoints_of(task, n_processes, registry.folder, say)
    with _told_what_is_kept(checkpoints):
        if n_processes == 1:
            fitted = fit(task, progress, checkpoints)
        else:
            spark = warehouse.spark
            fitted = fit_in_processes(task, n_processes, spark, progress, checkpoints, say)
        n_likes, is_synthetic = task.n_likes, warehouse.is_synthetic()
        bundle = write_bundle(registry, data, settings, n_likes, fitted, is_synthetic)

        def measure(other: Bundle) -> float:
            attention = open_attention(other.sealed("attention.onnx"))
            # The same held-out likes, ranked by the other model's kind of attention.
            its_own = settings.model_copy(update={"model": other.manifest.settings.model})
            validate, _ = validation_of(attention, kept, held, its_own)
            documents = warehouse.read("item_documents", data.versions["item_documents"])
            return validate(*encode_documents(other, *collect_documents(documents)))

        decision = promote_if_no_worse(registry, bundle, settings, run_date, measure)
    checkpoints.remove()
    return Trained(bundle, fitted.result, decision)


def _tell_what_is_read(texts: Texts, settings: Settings, say: Callable[[str], None]) -> None:
    column, vectors = settings.documents.year_column, texts.word_vectors
    if column is not None and settings.model.text != "none":
        say(f"{column}: {texts.n_with_year:,} of {len(texts.documents):,} items have a year")
    if vectors is not None:
        n_found = int(vectors.any(axis=1).sum())
        say(f"{settings.model.word_vectors}: {n_found:,} of {texts.n_words:,} words have a vector")


def promote_if_no_worse(
    registry: Registry, new: Bundle, settings: Settings, run_date: date, measure: Measure
) -> Decision:
    """Put the new bundle in use unless it is worse by more than the margin; record why.

    Where another one was put in use while they were compared, they are compared again.
    """
    metrics = new.manifest.metrics
    measured = Measured(new.model_version, metrics["validation_map@500"])
    while True:
        in_use = _version_in_use(registry)
        decision = decide(
            measured,
            _measure_in_use(registry, in_use, measured, settings, measure),
            int(metrics["n_validation_users"]),
            settings.promotion.max_map_loss,
            run_date,
        )
        with registry.alone():
            if _version_in_use(registry) == in_use:
                registry.record(decision)
                return decision


def _version_in_use(registry: Registry) -> str | Unmeasured | None:
    """The model version in use; why nobody knows it where its record cannot be read."""
    try:
        return registry.promoted_version()
    except MarsBatchError as error:
        return Unmeasured(str(error))


def _measure_in_use(
    registry: Registry,
    version: str | Unmeasured | None,
    new: Measured,
    settings: Settings,
    measure: Measure,
) -> Measured | Unmeasured | None:
    """The bundle in use on the new held-out likes; None where there is none."""
    if version is None or isinstance(version, Unmeasured):
        return version
    try:
        if version == new.model_version:
            return new
        in_use = registry.open(version)
        # Nights with these settings refuse it: kept in use, it would stop them.
        if mismatches := settings_mismatches(in_use, settings):
            return Unmeasured("; ".join(mismatches))
        return Measured(version, measure(in_use))
    except MarsBatchError as error:
        return Unmeasured(str(error))


@contextmanager
def _told_what_is_kept(checkpoints: Checkpoints) -> Iterator[None]:
    """Turn Ctrl-C into a sentence that says what was finished and how to go on."""
    try:
        yield
    except KeyboardInterrupt as error:
        n_epochs = checkpoints.n_epochs()
        kept = (
            f"{n_epochs} finished {'epoch is' if n_epochs == 1 else 'epochs are'} kept in "
            f"{checkpoints.folder}. Run the same command again to go on from there"
            if n_epochs
            else "no epoch was finished. Run the same command again to start anew"
        )
        raise Interrupted(f"training interrupted: {kept}") from error
