"""The parts of `bench/client.py`: a server, clients, rows of the table, statistics, the report."""
