"""One typed, validated tree of settings: the only room that reads the environment."""

from mars_model.settings.load import load_settings
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
    "load_settings",
]
