"""A night: what it reads, scores, audits and publishes."""
