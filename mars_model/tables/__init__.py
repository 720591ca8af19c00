"""The Spark session, Delta reads and writes, and the tables' contracts."""
