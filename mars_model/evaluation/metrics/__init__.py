"""Metrics of ranked lists: arrays in, one value per user out.

Accuracy metrics take `Hits`, which are found once for all of them; the others take the lists
[U, ≥k or fewer], where −1 marks the end of a short one. A user left out is NaN; `means` has
the mean over those who count. No item stands twice in a list. docs/evaluation.md has the formulas.
"""
