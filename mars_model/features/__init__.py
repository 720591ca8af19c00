"""Documents and histories: pure functions of DataFrames and arrays."""
