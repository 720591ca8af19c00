"""Baselines by name: those there are, why one cannot run here, and one with given settings."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from pyspark.sql import SparkSession

from mars_model.errors import MarsBatchError
from mars_model.evaluation.baselines.interface import Baseline

# Module and class of each, the library that it needs beyond the core, and the extra that brings it.
# A module is opened when it is asked for, since it opens its library.
_KINDS: Mapping[str, tuple[str, str, str | None, str | None]] = {
    "popularity": ("popularity", "Popularity", None, None),
    "item-knn": ("item_knn", "ItemKnn", "implicit", "evaluate"),
    "ease": ("ease", "Ease", None, None),
    "slim": ("slim", "Slim", None, None),
    "als": ("als", "Als", None, None),
    "ials": ("ials", "Ials", None, None),
    "bpr": ("bpr", "Bpr", "cornac", "evaluate"),
    "neumf": ("neumf", "NeuMf", "torch", "train"),
    "cmf": ("cmf", "Cmf", "cmfrec", "cmf"),
    "ctr": ("ctr", "Ctr", "cornac", "evaluate"),
    "deepfm": ("deepfm", "DeepFm", "torch", "train"),
    "wide-and-deep": ("wide_and_deep", "WideAndDeep", "torch", "train"),
    "cdl": ("cdl", "Cdl", "torch", "train"),
}
NAMES = tuple(_KINDS)


def why_not(name: str) -> str | None:
    """Why a baseline cannot run here and how to change that; None where it can.

    The libraries are opened, not only looked for: one whose compiled part does not load counts as
    missing.
    """
    _, _, library, extra = _KINDS[name]
    try:
        if library is not None:
            import_module(library)
    except (ImportError, OSError) as error:
        return (
            f"{name}: needs {library}, which cannot be imported ({error}). Install it with: "
            f"pip install -c constraints.txt 'mars-batch[{extra}]'"
        )
    return None


def baseline(name: str, settings: Mapping[str, Any], spark: SparkSession | None) -> Baseline:
    """A baseline of NAMES with its settings; those not given have the class's values.

    Lists among them, as JSON has them, become tuples. Only als needs `spark`. Raises
    MarsBatchError with `why_not`'s words where a package is missing.
    """
    if reason := why_not(name):
        raise MarsBatchError(reason)
    given: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in settings.items()
    }
    if name == "als":
        if spark is None:
            raise MarsBatchError("als: needs a Spark session, found None")
        given["spark"] = spark
    module, kind, _, _ = _KINDS[name]
    made: Baseline = getattr(import_module(f"{__package__}.{module}"), kind)(**given)
    return made
