"""Inputs and what becomes of them, as data: run by test_input_cases.py, shown in docs/inputs.md."""
