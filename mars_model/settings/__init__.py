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
    "TrainingSettings",
    "WarehouseSettings",
    "load_settings",
]
