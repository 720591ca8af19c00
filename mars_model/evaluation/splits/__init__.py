"""How likes are held out. docs/evaluation.md says which split asks what."""
