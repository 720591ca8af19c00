"""Readers of the sets that research uses, one module a format, line by line in bounded memory."""

from mars_model.sources.research.choose import FORMATS, choose_set
from mars_model.sources.research.write_records import Written, write_set

__all__ = ["FORMATS", "Written", "choose_set", "write_set"]
