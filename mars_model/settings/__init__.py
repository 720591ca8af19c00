"""One typed, validated tree of settings: the only room that reads the environment."""

from mars_model.settings.load import load_settings
from mars_model.settings.tree import (
    AttentionKind,
    AuditSettings,
    DocumentSettings,
    LikeSettings,
    ModelSettings,
    ScoringSettings,
    Settings,
    SourceSettings,
    TextKind,
    TrainingSettings,
    WarehouseSettings,
)

__all__ = [
    "AttentionKind",
    "AuditSettings",
    "DocumentSettings",
    "LikeSettings",
    "ModelSettings",
    "ScoringSettings",
    "Settings",
    "SourceSettings",
    "TextKind",
    "TrainingSettings",
    "WarehouseSettings",
    "load_settings",
]
