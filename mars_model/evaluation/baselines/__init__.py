"""Simple methods to compare with: `fit(...)` returns something with `scores(user positions)`."""
