"""mars-batch: recommends items to every user of a warehouse, nightly, and says why."""

__version__ = "0.1.0"
