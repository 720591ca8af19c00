"""Held-out likes and the metrics over them."""
