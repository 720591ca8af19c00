"""One typed, validated tree of settings: the only room that reads the environment."""

from mars_model.settings.load import find_model_file, load_settings
from mars_model.settings.tree import (
    AuditSettings,
    DocumentSettings,
    LikeSettings,
    ModelSettings,
    PromotionSettings,
    ScoringSettings,
    Settings,
    SourceSettings,
    TrackingSettings,
    TrainingSettings,
    WarehouseSettings,
)

__all__ = [
    "AuditSettings",
    "DocumentSettings",
    "LikeSettings",
    "ModelSettings",
    "PromotionSettings",
    "ScoringSettings",
    "Settings",
    "SourceSettings",
    "TrackingSettings",
    "TrainingSettings",
    "WarehouseSettings",
    "find_model_file",
    "load_settings",
]
