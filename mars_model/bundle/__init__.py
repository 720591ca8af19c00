"""What a trained model is on disk: written whole, verified when opened, nothing pickled."""
