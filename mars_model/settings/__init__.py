"""One typed, validated tree of settings: the only room that reads the environment."""

from mars_model.settings.audit_file import Gate as Gate
from mars_model.settings.audit_file import audit_gates as audit_gates
from mars_model.settings.imported_columns import SourceSettings as SourceSettings
from mars_model.settings.learning import AttentionKind as AttentionKind
from mars_model.settings.learning import ModelSettings as ModelSettings
from mars_model.settings.learning import Precision as Precision
from mars_model.settings.learning import TextKind as TextKind
from mars_model.settings.learning import TrainingSettings as TrainingSettings
from mars_model.settings.load import find_model_file as find_model_file
from mars_model.settings.load import load_settings as load_settings
from mars_model.settings.load import parse_settings as parse_settings
from mars_model.settings.tree import AuditSettings as AuditSettings
from mars_model.settings.tree import DocumentSettings as DocumentSettings
from mars_model.settings.tree import EvaluationSettings as EvaluationSettings
from mars_model.settings.tree import LikeSettings as LikeSettings
from mars_model.settings.tree import PromotionSettings as PromotionSettings
from mars_model.settings.tree import ScoringSettings as ScoringSettings
from mars_model.settings.tree import SentenceSettings as SentenceSettings
from mars_model.settings.tree import Settings as Settings
from mars_model.settings.tree import TrackingSettings as TrackingSettings
from mars_model.settings.tree import WarehouseSettings as WarehouseSettings
