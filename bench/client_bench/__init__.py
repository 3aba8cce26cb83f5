"""The parts of `bench/client.py`: a server, doors, rows of the table, statistics and the report."""
