"""Training of the two encoders, and their export to ONNX. The only package that imports torch."""

import os

# Before torch starts its threads: spinning at barriers, they take the cores from each other
# (and from Spark) many times over. The weights are the same either way.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
