"""Files and research sets into the source tables."""
