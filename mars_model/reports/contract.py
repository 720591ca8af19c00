"""What the JSON of a comparison holds: the contract between who measures and who shows.

Only `models` is required; a section that is absent, null or empty is left out of the report.
Figures are shares of one as measured, unrounded; every number is finite.
"""

from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    JsonValue,
    PositiveInt,
    model_validator,
)

from mars_model.reports.figures import ModelRow, Number, PaperRow


def _named(key: str) -> BeforeValidator:
    """A bare string stands for an object with this one key."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


def _one_or_several(value: Any) -> Any:
    return [value] if isinstance(value, dict | BaseModel) else value


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dataset(_Section):
    """The likes compared on; `likes` are the settings that made them of interactions."""

    name: str | None = None
    n_users: int | None = None
    n_items: int | None = None
    n_likes: int | None = None
    likes: dict[str, JsonValue] = {}
    fingerprint: str | None = None
    profile: str | None = None
    is_synthetic: bool = False


class SplitFacts(_Section):
    """How likes were held out: a name, and parameters of any name."""

    model_config = ConfigDict(extra="allow")

    name: str


class Significance(_Section):
    """A paired test over users of the best against another: `difference` is best − second.

    `low` and `high` bound the difference at the `confidence`.
    """

    metric: str
    best: str
    second: str
    test: str
    p_value: Annotated[float, Field(ge=0, le=1)]
    difference: FiniteFloat
    low: Number = None
    high: Number = None
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    n_users: int | None = None


class Group(_Section):
    """A metric over a part of the users or items, by model; null where nobody could be tested."""

    by: str
    name: str
    metric: str
    values: dict[str, Number]
    n_users: int | None = None


class Point(NamedTuple):
    """One point of a curve: a number or a category, the figure, its standard deviation."""

    x: FiniteFloat | str
    y: FiniteFloat
    sd: Number = None


class Curve(_Section):
    """One panel of a figure: a metric against a setting, a line per series.

    `paper` has the paper's own lines, measured on other data, by the name to show for them.
    """

    figure: str
    x: str
    metric: str
    series: dict[str, list[Point]]
    paper: dict[str, list[Point]] | None = None


class Reason(_Section):
    """A liked item that a recommendation stands on."""

    title: str
    attention: Number = None
    contribution: Number = None


class Recommendation(_Section):
    """A recommended item, the reasons with the most attention first."""

    title: str
    score: Number = None
    reasons: list[Reason] = []


class Example(_Section):
    """One user: what they liked, and what they would get."""

    user: str
    likes: list[str] = []
    recommendations: list[Recommendation] = []


class Margin(_Section):
    """How far a model's mean stands above the best baseline's, as a share of the latter."""

    model: str
    metric: str
    best_baseline: str
    share: Number


class ComparisonFile(_Section):
    """The whole file. `notes` are sentences to show beside the answer."""

    format: Literal[1] = 1
    made_with: str | None = None
    made_by: dict[str, str] = {}
    dataset: Annotated[Dataset | None, _named("fingerprint")] = None
    split: Annotated[SplitFacts | None, _named("name")] = None
    protocol: dict[str, JsonValue] = {}
    seeds: list[int] = []
    n_trials: PositiveInt | None = None
    models: list[ModelRow]
    margins: list[Margin] = []
    significance: Annotated[list[Significance], BeforeValidator(_one_or_several)] = []
    groups: list[Group] = []
    curves: list[Curve] = []
    paper_table: list[PaperRow] = []
    examples: list[Example] = []
    notes: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {key: value for key, value in given.items() if value is not None}

    @model_validator(mode="after")
    def _names_belong_together(self) -> Self:
        names = [row.model for row in self.models]
        wrong = [
            f"model {name} stands twice" for name in dict.fromkeys(names) if names.count(name) > 1
        ]
        named = [(f"significance ({s.metric})", {s.best, s.second}) for s in self.significance]
        named += [(f"group {g.by}, {g.name}", set(g.values)) for g in self.groups]
        for place, found in named:
            if strangers := sorted(found - set(names)):
                wrong.append(f"{place} names {', '.join(strangers)}, which models lacks")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self
