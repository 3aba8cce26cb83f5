"""The rows of the table, in its order."""

from client_bench.rows import (
    adapter,
    asynchronous,
    callers,
    creation,
    httpx_sync,
    keep_alive,
    memory,
    overhead,
    peers,
    refused,
    shapes,
    threads,
)

GROUPS = (
    keep_alive,
    threads,
    shapes,
    adapter,
    overhead,
    refused,
    httpx_sync,
    asynchronous,
    callers,
    creation,
    memory,
    peers,
)
ROWS = {row.name: row for group in GROUPS for row in group.ROWS}
