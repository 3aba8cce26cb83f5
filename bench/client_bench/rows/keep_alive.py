"""A small GET over a connection that is kept."""

import os
import sys
from functools import partial
from unittest import mock

from client_bench.clients import httpx_sync, low
from client_bench.clients.sessions import client, get, ours, pair_and_ours, plain, slowly
from client_bench.interleave import interleave
from client_bench.row import Goal, Row, over, twice

HOT = 0.40 if sys.version_info < (3, 12) else 0.60
MANY = {f"SERVICE_{i}_SETTING": f"value {i}" for i in range(300)}


CLIENTS = pair_and_ours(get)
OTHERS = {
    "httpx": httpx_sync.client(httpx_sync.bare),
    "httpx2": httpx_sync.client(httpx_sync.bare2),
    "urllib3": low.urllib3,
    "http.client": low.http_client,
    "a raw socket": low.raw_socket,
}
SLOWLY = {
    "requests": client(plain, get),
    "ringback.Session, fast paths off": slowly(client(ours, get)),
}


def _many_variables(bench):
    with mock.patch.dict(os.environ, MANY):
        return interleave(bench, CLIENTS)


OVER = "ringback.Session / requests.Session, CPU"
ROWS = (
    Row(
        "keep-alive",
        "GET over a kept connection, hot: nothing else runs",
        partial(interleave, clients=CLIENTS),
        base="requests",
        goals=(Goal(OVER, HOT, over("ringback.Session", "requests")),),
    ),
    Row(
        "among-others",
        "the same among many other clients, which leave the processor's caches to nobody",
        partial(interleave, clients={**CLIENTS, **OTHERS}),
        base="requests",
    ),
    Row(
        "environment",
        "the same with 300 more environment variables",
        _many_variables,
        base="requests",
        goals=(Goal(OVER, 0.25, over("ringback.Session", "requests")),),
    ),
    Row(
        "fast-off",
        "the first with ringback's fast paths switched off",
        partial(interleave, clients=twice(SLOWLY)),
        base="requests",
    ),
)
