"""What Python itself says around connections."""

from ringback.failure.reading import SPECIFIC, TIMEOUT
from ringback.failure.text.rule import Rule, says

RULES: list[Rule] = [
    *says(
        "tcp.closed",
        "0 bytes read on a total of",
        "incompletereaderror",
        rank=SPECIFIC - 15,
    ),
    *says("abandoned", "cancellederror", "keyboardinterrupt", rank=8),
    *says(
        TIMEOUT,
        "connection timeout to host",
        "timed out while waiting for connect",
        rank=SPECIFIC,
        phase="connect",
    ),
    *says(
        "tcp.timed_out.established",
        "keepalive ping timeout",
        "ping timeout",
        "heartbeat timeout",
        "missed heartbeats from client",
        "too many heartbeats missed",
        "pong timeout",
        "no heartbeat",
        "ping/pong timed out",
        rank=SPECIFIC,
        around=r"keepalive ping timeout|ping timeout|ping/pong|heartbeats? (?:timeout|missed|from)|missed[^\n]{0,20}heartbeat|pong timeout|no heartbeat",
    ),
]
