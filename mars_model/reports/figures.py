"""Rows of figures, whose keys are the metrics' names."""

import math
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    JsonValue,
    PlainValidator,
    model_validator,
)

SD, BY_SEED = "_sd", "_by_seed"  # endings of a metric's further keys


def _figure(value: Any) -> float | list[float] | None:
    """One check with one message where a union would give a message per member."""
    if value is None or _is_number(value):
        return value  # type: ignore[no-any-return]
    if isinstance(value, list | tuple) and all(map(_is_number, value)):
        return list(value)
    raise ValueError("expected a finite number, a list of them or null")


def _is_number(value: Any) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and math.isfinite(value)


Figure = Annotated[float | list[float] | None, PlainValidator(_figure)]
Number = FiniteFloat | None


class ModelRow(BaseModel):
    """One model: its figures, or the reason why it has none.

    A metric stands under its name (the mean over seeds), `<metric>_sd` (the sample standard
    deviation, null for a single seed) and `<metric>_by_seed` (in the order of `seeds`).
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Figure] = Field(init=False)

    model: str
    is_baseline: bool | None = None
    reason: str | None = None
    settings: dict[str, JsonValue] = {}
    n_trials: int | None = None
    seconds: Number = None
    peak_mb: Number = None
    seeds: list[int] = []

    @property
    def metrics(self) -> list[str]:
        """Metrics with a mean, in the order given."""
        keys = (key for key in self.__pydantic_extra__ if not key.endswith((SD, BY_SEED)))
        return [key for key in keys if self.mean(key) is not None]

    def mean(self, metric: str) -> float | None:
        """Mean over the seeds, None where the model has none."""
        return self._number(metric)

    def deviation(self, metric: str) -> float | None:
        """Sample standard deviation over the seeds, None for a single one."""
        return self._number(metric + SD)

    def by_seed(self, metric: str) -> list[float]:
        """A value per seed, empty where they were not given."""
        values = self.__pydantic_extra__.get(metric + BY_SEED)
        return values if isinstance(values, list) else []

    def _number(self, key: str) -> float | None:
        value = self.__pydantic_extra__.get(key)
        return value if isinstance(value, int | float) and not key.endswith(BY_SEED) else None

    @model_validator(mode="after")
    def _figures_are_complete(self) -> Self:
        wrong = []
        for key, value in self.__pydantic_extra__.items():
            if isinstance(value, list) != key.endswith(BY_SEED) and value is not None:
                shape = "a list" if key.endswith(BY_SEED) else "one number"
                wrong.append(f"{key} has to be {shape}")
        if not wrong and not self.metrics and self.reason is None:
            wrong.append("has neither a figure nor a reason why it has none")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class PaperRow(BaseModel):
    """A row of the paper's own table: figures by metric, measured on the paper's data."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, FiniteFloat] = Field(init=False)

    dataset: str
    model: str
