"""Judges a new bundle against the one in use, on the held-out likes of the new training."""

from collections.abc import Callable
from datetime import date

from mars_model.bundle.agreement import settings_mismatches
from mars_model.bundle.promotion import Decision, Measured, Unmeasured, decide
from mars_model.bundle.registry import Bundle, Registry
from mars_model.errors import MarsBatchError
from mars_model.settings import Settings

# Takes a bundle; its MAP@500 on the held-out likes that the new one was validated on.
Measure = Callable[[Bundle], float]


def promote_if_no_worse(
    registry: Registry, new: Bundle, settings: Settings, run_date: date, measure: Measure
) -> Decision:
    """Put the new bundle in use unless it is worse by more than the margin; record why."""
    metrics = new.manifest.metrics
    measured = Measured(new.model_version, metrics["validation_map@500"])
    decision = decide(
        measured,
        _measure_in_use(registry, measured, settings, measure),
        int(metrics["n_validation_users"]),
        settings.promotion.max_map_loss,
        run_date,
    )
    registry.record(decision)
    return decision


def _measure_in_use(
    registry: Registry, new: Measured, settings: Settings, measure: Measure
) -> Measured | Unmeasured | None:
    """The bundle in use on the new held-out likes; None where there is none."""
    try:
        version = registry.promoted_version()
        if version is None:
            return None
        if version == new.model_version:
            return new
        in_use = registry.open(version)
        # Nights with these settings refuse it: kept in use, it would stop them.
        if mismatches := settings_mismatches(in_use, settings):
            return Unmeasured("; ".join(mismatches))
        return Measured(version, measure(in_use))
    except MarsBatchError as error:
        return Unmeasured(str(error))
