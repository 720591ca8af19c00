"""Baselines by name: those there are, why one cannot run here, and one with given settings."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from pyspark.sql import SparkSession

from mars_model.errors import MarsBatchError
from mars_model.evaluation.baselines.als import Als
from mars_model.evaluation.baselines.interface import Baseline

# What each needs beyond the core: module, and the extra that brings it.
_NEEDS: Mapping[str, Mapping[str, str]] = {
    "popularity": {},
    "item-knn": {"implicit": "evaluate"},
    "ease": {},
    "als": {},
    "bpr": {"cornac": "evaluate"},
    "neumf": {"torch": "train"},
    "cmf": {"cmfrec": "cmf"},
    "ctr": {"cornac": "evaluate"},
    "deepfm": {"torch": "train"},
    "wide-and-deep": {"torch": "train"},
    "cdl": {"torch": "train"},
}
NAMES = tuple(_NEEDS)
# Where each is: a module is opened when it is asked for, since it opens its library.
_KINDS: Mapping[str, tuple[str, str]] = {
    "popularity": ("popularity", "Popularity"),
    "item-knn": ("item_knn", "ItemKnn"),
    "ease": ("ease", "Ease"),
    "bpr": ("bpr", "Bpr"),
    "neumf": ("neumf", "NeuMf"),
    "cmf": ("cmf", "Cmf"),
    "ctr": ("ctr", "Ctr"),
    "deepfm": ("deepfm", "DeepFm"),
    "wide-and-deep": ("wide_and_deep", "WideAndDeep"),
    "cdl": ("cdl", "Cdl"),
}


def why_not(name: str) -> str | None:
    """Why a baseline cannot run here and how to change that; None where it can.

    The libraries are opened, not only looked for: one whose compiled part does not load counts as
    missing.
    """
    for module, extra in _NEEDS[name].items():
        try:
            import_module(module)
        except (ImportError, OSError) as error:
            return (
                f"{name}: needs {module}, which cannot be imported ({error}). Install it with: "
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
        return Als(spark, **given)
    module, kind = _KINDS[name]
    made: Baseline = getattr(import_module(f"{__package__}.{module}"), kind)(**given)
    return made
