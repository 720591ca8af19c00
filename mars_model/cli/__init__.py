"""The command line: one file per command, which parses, calls a runner and shows."""
