"""A synthetic warehouse for the demo: invented films and users with known tastes."""

from mars_model.sources.sample.write_sample import SampleFiles, write_sample

__all__ = ["SampleFiles", "write_sample"]
