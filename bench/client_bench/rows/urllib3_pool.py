"""urllib3 with our pool manager."""

from functools import partial

from client_bench.clients import low
from client_bench.interleave import interleave
from client_bench.row import Goal, Row, over, twice

OURS = "ringback.client.urllib3"
CLIENTS = {"urllib3": low.urllib3, OURS: low.ringback_urllib3}
ROWS = (
    Row(
        "urllib3",
        "GET over a kept connection with urllib3",
        partial(interleave, clients=twice(CLIENTS)),
        base="urllib3",
        goals=(Goal(f"{OURS} / urllib3, CPU", 1.10, over(OURS, "urllib3")),),
    ),
)
