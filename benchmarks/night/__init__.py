"""What benchmarks/scoring.py measures, one part a module. Only scorer.py calls the scorer."""
