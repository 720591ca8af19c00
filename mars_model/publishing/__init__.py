"""Staging, audit, one atomic publish, and the record of every run."""
