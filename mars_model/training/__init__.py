"""Training of the two encoders, and their export to ONNX. The only package that imports torch."""
