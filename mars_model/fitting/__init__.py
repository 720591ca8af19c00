"""From tables to a bundle in use: data, training, export, promotion."""
