"""What users bring: files read, validated, merged into the source tables."""
