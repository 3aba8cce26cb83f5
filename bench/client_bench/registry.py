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
    urllib3_pool,
)

GROUPS = (
    keep_alive,
    threads,
    shapes,
    adapter,
    overhead,
    refused,
    httpx_sync,
    urllib3_pool,
    asynchronous,
    callers,
    creation,
    memory,
    peers,
)
ROWS = {row.name: row for group in GROUPS for row in group.ROWS}
