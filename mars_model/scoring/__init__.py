"""Vectors, blocks of users and candidates, top-N, reasons, the fallback."""
