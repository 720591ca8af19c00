"""The report on a comparison: what its JSON holds, and the page made from it."""
