"""Our adapter in a session of requests, beside the retries that requests has."""

from functools import partial

from client_bench.clients.sessions import client, get, plain
from client_bench.interleave import interleave
from client_bench.row import Goal, Row, over, twice

RETRY = "HTTPAdapter(max_retries=Retry(3))"


def retrying():
    """requests' session with urllib3's retries."""
    from requests.adapters import HTTPAdapter  # noqa: PLC0415 - a peer may not be installed
    from urllib3 import Retry  # noqa: PLC0415 - the same

    return _mounted(HTTPAdapter(max_retries=Retry(3)))


def adapted():
    """requests' session with our adapter."""
    import ringback  # noqa: PLC0415 - the other rows do not load it

    return _mounted(ringback.Adapter())


def _mounted(adapter):
    session = plain()
    session.mount("http://", adapter)
    return session


MAKES = {RETRY: retrying, "ringback.Adapter": adapted}
ROWS = (
    Row(
        "adapter",
        "GET over a kept connection, an adapter in a stock session",
        partial(interleave, clients=twice({n: client(make, get) for n, make in MAKES.items()})),
        base=RETRY,
        goals=(Goal(f"ringback.Adapter / {RETRY}, CPU", 1.00, over("ringback.Adapter", RETRY)),),
    ),
)
