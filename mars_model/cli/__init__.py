"""The command line: commands that parse, call a runner and show."""
