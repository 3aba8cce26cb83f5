"""The rows of the report, in its order."""

from monitor_bench.rows import (
    cpu,
    delays,
    false_alarms,
    flat_out,
    latency,
    memory,
    noise,
    ready,
)

GROUPS = (cpu, flat_out, memory, ready, delays, false_alarms, noise, latency)
ROWS = {row.name: row for group in GROUPS for row in group.ROWS}
