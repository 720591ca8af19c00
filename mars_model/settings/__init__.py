"""One typed, validated tree of settings: the only room that reads the environment."""

from mars_model.settings.load import find_model_file, load_settings, parse_settings
from mars_model.settings.tree import (
    AttentionKind,
    AuditSettings,
    DocumentSettings,
    EvaluationSettings,
    LikeSettings,
    ModelSettings,
    PromotionSettings,
    ScoringSettings,
    Settings,
    SourceSettings,
    TextKind,
    TrackingSettings,
    TrainingSettings,
    WarehouseSettings,
)

__all__ = [
    "AttentionKind",
    "AuditSettings",
    "DocumentSettings",
    "EvaluationSettings",
    "LikeSettings",
    "ModelSettings",
    "PromotionSettings",
    "ScoringSettings",
    "Settings",
    "SourceSettings",
    "TextKind",
    "TrackingSettings",
    "TrainingSettings",
    "WarehouseSettings",
    "find_model_file",
    "load_settings",
    "parse_settings",
]
