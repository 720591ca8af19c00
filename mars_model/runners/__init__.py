"""One thin runner per command: read, call the pure functions, write."""
