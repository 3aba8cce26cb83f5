"""urllib3 with our pool manager."""

from functools import partial

from client_bench.clients import low
from client_bench.interleave import interleave
from client_bench.row import Row, twice

CLIENTS = {"urllib3": low.urllib3, "ringback.client.urllib3": low.ringback_urllib3}
ROWS = (
    Row(
        "urllib3",
        "GET over a kept connection with urllib3",
        partial(interleave, clients=twice(CLIENTS)),
        base="urllib3",
    ),
)
