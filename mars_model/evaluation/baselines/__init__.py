"""Methods to compare with: settings with `fit(known)`, which gives scores of users' items."""
