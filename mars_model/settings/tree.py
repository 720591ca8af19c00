"""Every setting with its type, default and limits. conf/mars-batch.yaml shows them all."""

import re
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from mars_model.settings.audit_file import limit_of
from mars_model.settings.branch import Branch
from mars_model.settings.imported_columns import SourceSettings, column_names
from mars_model.settings.learning import ModelSettings, TrainingSettings
from mars_model.settings.local_path import plain_path


class WarehouseSettings(Branch):
    """Where the tables are: a folder, or any path that Spark's file systems know."""

    path: str = "warehouse"
    models: str | None = None  # folder of the bundles; None: <path>/models

    @field_validator("path", "models")
    @classmethod
    def _is_plain(cls, path: str | None) -> str | None:
        """Tables and bundles are found at the same place, however it is written."""
        return None if path is None else plain_path(path)

    @property
    def is_remote(self) -> bool:
        """Whether the tables lie on a file system that only Spark reaches."""
        return "://" in self.path


class LikeSettings(Branch):
    """What counts as a like."""

    min_rating: float | None = None  # None: every event is a like
    min_per_user: int = Field(1, ge=1)  # users with fewer likes are served by the fallback


class DocumentSettings(Branch):
    """What becomes words."""

    extra_columns: tuple[str, ...] = ()  # columns of items that follow title and text
    year_column: str | None = "title"  # where an item's year stands, if it has one; None: no years
    stop_words_language: str = "english"
    min_word_length: int = Field(2, ge=1)
    min_occurrences: int = Field(5, ge=1)  # words seen less often stay out of the vocabulary

    @field_validator("extra_columns")
    @classmethod
    def _are_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return column_names(names)

    @field_validator("year_column")
    @classmethod
    def _is_a_name(cls, name: str | None) -> str | None:
        return None if name is None else column_names((name,))[0]

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns whose texts make a document, in its order."""
        return ("title", "text", *self.extra_columns)

    @property
    def added_columns(self) -> tuple[str, ...]:
        """The columns that items need beside title and text, each once."""
        named = (*self.extra_columns, *([self.year_column] if self.year_column else []))
        return tuple(name for name in dict.fromkeys(named) if name not in ("title", "text"))


class PromotionSettings(Branch):
    """What a new bundle must reach to replace the one in use."""

    max_map_loss: float = Field(0.02, ge=0, le=1)  # a share of the MAP@500 of the one in use


class SentenceSettings(Branch):
    """How reasons read. {verb} stands for the verb, {first} and {second} for titles."""

    verb: str = Field("liked", min_length=1)
    one_like: str = "because you {verb} {first}"
    two_likes: str = "because you {verb} {first} and {second}"
    popularity: str = "popular with everyone"
    taste_two: str = "in line with much of what you {verb}, {first} and {second} most"
    taste_one: str = "in line with much of what you {verb}, {first} most"
    taste: str = "in line with what you {verb}"

    @model_validator(mode="after")
    def _names_what_it_has(self) -> Self:
        titles = {"one_like": "1", "two_likes": "12", "taste_two": "12", "taste_one": "1"}
        problems = []
        for name, template in self:
            found = set(re.findall(r"\{([^{}]*)\}", template)) - {"verb"}
            expected = {("first", "second")[int(n) - 1] for n in titles.get(name, "")}
            if name != "verb" and (found != expected or template.count("{") != template.count("}")):
                wanted = " and ".join(f"{{{n}}}" for n in sorted(expected)) or "no title"
                problems.append(f"{name} is {template!r}, expected {wanted}, and {{verb}} at most")
        if problems:
            raise ValueError("; ".join(problems))
        return self


class ScoringSettings(Branch):
    """What a night hands out, and in what pieces."""

    top_n: int = Field(10, ge=1, le=1000)
    n_reasons: int = Field(3, ge=1)
    sentences: SentenceSettings = SentenceSettings()  # how the reason of a row reads
    fallback: Literal["popular"] = "popular"
    # auto: neighbour lists from 25,000 candidates on, where attention is a softmax
    path: Literal["auto", "lists", "full"] = "auto"
    list_length: int = Field(384, ge=16, le=4096)  # neighbours of a liked item
    max_memory_mb: int = Field(1024, ge=512)  # of a Python worker


def _limit(
    setting: str, ge: float | None = None, gt: float | None = None, le: float | None = None
) -> Any:
    """A limit whose default is that of conf/audit.yaml; None opens the gate."""
    return Field(default_factory=lambda: limit_of(setting), ge=ge, gt=gt, le=le)


class AuditSettings(Branch):
    """Limits of the gates of conf/audit.yaml, which says what each protects."""

    min_catalogue_share: float | None = _limit("min_catalogue_share", ge=0, le=1)
    min_overlap: float | None = _limit("min_overlap", ge=0, le=1)
    min_overlap_across_models: float | None = _limit("min_overlap_across_models", ge=0, le=1)
    max_score_shift: float | None = _limit("max_score_shift", gt=0)
    max_fallback_share: float | None = _limit("max_fallback_share", ge=0, le=1)
    max_fallback_rise: float | None = _limit("max_fallback_rise", ge=0, le=1)
    max_input_age_days: float | None = _limit("max_input_age_days", ge=0)
    max_map_loss: float | None = _limit("max_map_loss", ge=0, le=1)


class EvaluationSettings(Branch):
    """How models are compared."""

    n_trials: int = Field(10, ge=1)  # settings tried for each model, the same number for all


class TrackingSettings(Branch):
    """Where trainings are logged by MLflow."""

    uri: str | None = Field(None, min_length=1)  # None: MLFLOW_TRACKING_URI, where that is set
    experiment: str = Field("mars-batch", min_length=1)


class Settings(Branch):
    """The whole tree."""

    warehouse: WarehouseSettings = WarehouseSettings()
    sources: SourceSettings = SourceSettings()
    likes: LikeSettings = LikeSettings()
    documents: DocumentSettings = DocumentSettings()
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()
    promotion: PromotionSettings = PromotionSettings()
    scoring: ScoringSettings = ScoringSettings()
    audit: AuditSettings = Field(default_factory=AuditSettings)
    evaluation: EvaluationSettings = EvaluationSettings()
    tracking: TrackingSettings = TrackingSettings()

    @model_validator(mode="after")
    def _has_a_start_to_go_back_to(self) -> Self:
        decay = self.training.start_decay
        if decay and not self.model.starts_from_documents:
            raise ValueError(
                f"training.start_decay is {decay:g}, but text starts at random, so there is "
                "nothing to go back to: set it to 0, or model.text to mean and "
                "model.text_start to lsa"
            )
        return self
