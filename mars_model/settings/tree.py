"""Every setting with its type, default and limits. conf/mars-batch.yaml shows them all."""

import codecs
import re
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mars_model.settings.audit_file import limit_of
from mars_model.settings.local_path import plain_path

# Of the tables that files are imported into.
ITEM_COLUMNS = ("item_id", "title", "text", "available_from", "available_until")
INTERACTION_COLUMNS = ("user_id", "item_id", "rating", "interacted_at")
EXCLUDED_ITEM_COLUMNS = ("item_id", "reason", "excluded_from", "excluded_until")
USER_SEGMENT_COLUMNS = ("user_id", "segment")
SEGMENT_ITEM_COLUMNS = ("segment", "item_id")


# mean: of a document's word embeddings; cnn: the paper's; none: no text is read.
TextKind = Literal["cnn", "mean", "none"]
# softmax: the paper's average; evidence: the log of the same attention's partition; sum: every
# liked item counts 1.
AttentionKind = Literal["softmax", "evidence", "sum"]
# auto: bfloat16 on processors that multiply it.
Precision = Literal["auto", "float32", "bfloat16"]


class _Branch(BaseModel):
    """A frozen branch of the tree; a name it does not know is an error, not a surprise."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _column_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names where a table can have columns of these names."""
    for name in names:
        if not name or re.search(r"[ ,;{}()=`\x00-\x1f\x7f]", name):
            raise ValueError(
                f"{name!r} is no name that a table can have: expected one without blanks, commas, "
                "semicolons, equals signs, backticks and brackets. Map it with sources.item_columns"
            )
    return names


class WarehouseSettings(_Branch):
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


class SourceSettings(_Branch):
    """How imported files are written, and how their columns are called: our name → theirs."""

    encoding: str = "utf-8"  # of CSV and JSON lines
    item_columns: dict[str, str] = {}
    interaction_columns: dict[str, str] = {}
    excluded_item_columns: dict[str, str] = {}
    user_segment_columns: dict[str, str] = {}
    segment_item_columns: dict[str, str] = {}
    extra_item_columns: tuple[str, ...] = ()  # kept in items beside the contract's columns

    @field_validator("extra_item_columns")
    @classmethod
    def _are_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _column_names(names)

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            codecs.lookup(name)
        except LookupError as error:
            raise ValueError(f"{name!r} is no encoding, expected such as utf-8, cp1252") from error
        return name

    @model_validator(mode="after")
    def _names_are_ours(self) -> Self:
        """A misspelt name of ours would leave its column empty without a word."""
        for setting, known in (
            ("item_columns", (*ITEM_COLUMNS, *self.extra_item_columns)),
            ("interaction_columns", INTERACTION_COLUMNS),
            ("excluded_item_columns", EXCLUDED_ITEM_COLUMNS),
            ("user_segment_columns", USER_SEGMENT_COLUMNS),
            ("segment_item_columns", SEGMENT_ITEM_COLUMNS),
        ):
            if strange := {*getattr(self, setting)} - {*known}:
                raise ValueError(f"{setting} names {sorted(strange)}, expected {sorted(known)}")
        return self


class LikeSettings(_Branch):
    """What counts as a like."""

    min_rating: float | None = None  # None: every event is a like
    min_per_user: int = Field(1, ge=1)  # users with fewer likes are served by the fallback


class DocumentSettings(_Branch):
    """What becomes words."""

    extra_columns: tuple[str, ...] = ()  # columns of items that follow title and text
    stop_words_language: str = "english"
    min_word_length: int = Field(2, ge=1)
    min_occurrences: int = Field(5, ge=1)  # words seen less often stay out of the vocabulary

    @field_validator("extra_columns")
    @classmethod
    def _are_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _column_names(names)


class ModelSettings(_Branch):
    """What the network is made of, and its sizes: e, c, g and K of the paper."""

    variant: str = Field("mars-plus", pattern=r"^[a-z0-9][a-z0-9-]*$")  # a name; the flags decide
    text: TextKind = "mean"
    # lsa: of the documents' TF-IDF, the same for both encoders; random: the paper's
    text_start: Literal["random", "lsa"] = "lsa"  # of text "mean"; a CNN starts at random
    has_free_vectors: bool = True  # vectors of an item's own beside its text's
    has_item_bias: bool = True
    attention: AttentionKind = "evidence"
    embedding_size: int = Field(128, ge=1, le=4096)
    window: int = Field(3, ge=1, le=100)
    n_filters: int = Field(64, ge=1, le=4096)
    representation_size: int = Field(128, ge=1, le=300)
    max_words: int = Field(150, ge=1, le=10_000)  # words of a document that the encoders read

    @model_validator(mode="after")
    def _vectors_come_from_something(self) -> Self:
        if self.text == "none" and not self.has_free_vectors:
            raise ValueError("text 'none' leaves nothing to learn from: set has_free_vectors too")
        return self

    @property
    def starts_from_documents(self) -> bool:
        """Whether the weights that read text start from the documents, not at random."""
        return self.text == "mean" and self.text_start == "lsa"

    @property
    def has_item_factors(self) -> bool:
        """Whether the model holds numbers of single items beside the weights that all share."""
        return self.has_free_vectors or self.has_item_bias


class TrainingSettings(_Branch):
    """What is minimised, how, with what regularisation, and when training ends."""

    seed: int = 1
    objective: Literal["sampled", "catalogue"] = "catalogue"
    # sampled: Algorithm 1 of the paper, one item not liked for each liked one
    batch_size: int = Field(512, ge=1)
    max_memory: int = Field(20, ge=1)
    user_penalty: float = Field(0.002, ge=0)
    item_penalty: float = Field(0.002, ge=0)
    # catalogue: every like of a batch of users against all items
    users_per_batch: int | None = Field(None, ge=1)  # None: a tenth of them, 32 to 256
    history_dropout: float = Field(0.3, ge=0, lt=1)  # share of each history hidden at each step
    max_candidates: int = Field(50_000, ge=1)  # in larger catalogues, so many are sampled
    # scores times this are the logits of the softmax; None, here and below: what follows from the
    # likes, training/derived_settings.py
    logit_scale: float | None = Field(None, gt=0)
    # both
    optimizer: Literal["rmsprop", "adam"] = "adam"
    # linear: the rate falls to 0 at the end of the last epoch allowed
    rate_schedule: Literal["constant", "linear"] = "linear"
    learning_rate: float | None = Field(None, gt=0)
    vector_dropout: float | None = Field(None, ge=0, lt=1)  # share of the vectors' entries
    free_dropout: float = Field(0.1, ge=0, lt=1)  # of items: their free vectors are 0 in a step
    weight_decay: float = Field(0.0, ge=0)  # of the text encoders' matrices, decoupled
    start_decay: float | None = Field(None, ge=0)  # of the same, back to where lsa started them
    free_weight_decay: float = Field(0.0, ge=0)  # of the free vectors, decoupled
    # share that the average keeps at each step; the averaged weights are what is validated and kept
    weight_averaging: float | None = Field(None, ge=0, lt=1)
    max_epochs: int | None = Field(None, ge=1)
    patience: int = Field(6, ge=1)  # epochs without a better validation metric
    patience_steps: int = Field(0, ge=0)  # and so many steps at least, where epochs are short
    validation_share: float = Field(0.2, gt=0, lt=1)  # of each user's likes
    max_validation_users: int = Field(2000, ge=1)
    n_threads: int = Field(2, ge=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    # of the products of liked items with candidates, where attention is evidence
    precision: Precision = "auto"


class PromotionSettings(_Branch):
    """What a new bundle must reach to replace the one in use."""

    max_map_loss: float = Field(0.02, ge=0, le=1)  # a share of the MAP@500 of the one in use


class SentenceSettings(_Branch):
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


class ScoringSettings(_Branch):
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


class AuditSettings(_Branch):
    """Limits of the gates of conf/audit.yaml, which says what each protects."""

    min_catalogue_share: float | None = _limit("min_catalogue_share", ge=0, le=1)
    min_overlap: float | None = _limit("min_overlap", ge=0, le=1)
    min_overlap_across_models: float | None = _limit("min_overlap_across_models", ge=0, le=1)
    max_score_shift: float | None = _limit("max_score_shift", gt=0)
    max_fallback_share: float | None = _limit("max_fallback_share", ge=0, le=1)
    max_fallback_rise: float | None = _limit("max_fallback_rise", ge=0, le=1)
    max_input_age_days: float | None = _limit("max_input_age_days", ge=0)
    max_map_loss: float | None = _limit("max_map_loss", ge=0, le=1)


class EvaluationSettings(_Branch):
    """How models are compared."""

    n_trials: int = Field(10, ge=1)  # settings tried for each model, the same number for all


class TrackingSettings(_Branch):
    """Where trainings are logged by MLflow."""

    uri: str | None = Field(None, min_length=1)  # None: MLFLOW_TRACKING_URI, where that is set
    experiment: str = Field("mars-batch", min_length=1)


class Settings(_Branch):
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
