"""The rows of the report, in its order."""

from monitor_bench.rows import (
    causes,
    cpu,
    delays,
    detection,
    false_alarms,
    flat_out,
    latency,
    many,
    memory,
    noise,
    ready,
    restart,
    tick,
)

GROUPS = (
    cpu,
    flat_out,
    memory,
    ready,
    restart,
    tick,
    delays,
    causes,
    detection,
    false_alarms,
    noise,
    latency,
    many,
)
ROWS = {row.name: row for group in GROUPS for row in group.ROWS}
