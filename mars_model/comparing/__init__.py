"""Models against each other: comparisons, searches, the paper's experiment."""
