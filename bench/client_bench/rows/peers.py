"""A small GET over a kept connection, everybody."""

from functools import partial

from client_bench.clients import httpx_sync, low
from client_bench.clients.layered import LAYERED, OURS
from client_bench.clients.remote import remote
from client_bench.clients.sessions import client, get, pair_and_ours
from client_bench.interleave import interleave
from client_bench.row import Goal, Row, over, twice
from client_bench.rows.adapter import adapted, retrying

CLIENTS = {
    **pair_and_ours(get),
    "requests + ringback.Adapter": client(adapted, get),
    "requests + Retry": client(retrying, get),
    **OURS,
    **LAYERED,
    "httpx": httpx_sync.client(httpx_sync.bare),
    "httpx + ringback": httpx_sync.client(httpx_sync.ours),
    "httpx + httpx-retries": httpx_sync.client(httpx_sync.retries),
    "httpx2": httpx_sync.client(httpx_sync.bare2),
    "httpx2 + ringback": httpx_sync.client(httpx_sync.ours2),
    "urllib3": low.urllib3,
    "ringback.client.urllib3": low.ringback_urllib3,
    "http.client": low.http_client,
    "pycurl": low.pycurl,
    "pyreqwest": low.pyreqwest,
    "a raw socket": low.raw_socket,
}
ALONE = {
    name: remote(f"client_bench.clients.apart:{client}", environment)
    for name, client, environment in (
        ("requests", "requests_apart", None),
        ("ringback.Session", "ringback_apart", None),
        ("requests + OpenTelemetry", "opentelemetry", None),
        ("niquests", "niquests", "niquests"),
    )
}
ROWS = (
    Row(
        "peers",
        "GET over a kept connection, everybody",
        partial(interleave, clients=CLIENTS),
        base="requests",
        quantity="cpu_all",
        goals=(
            Goal(
                "ringback.Session / requests.Session among all, CPU",
                0.50,
                over("ringback.Session", "requests", "cpu_all"),
            ),
        ),
    ),
    Row(
        "peers-apart",
        "GET over a kept connection, each client in a process of its own",
        partial(interleave, clients=twice(ALONE), openings=3),
        base="requests",
        quantity="cpu_all",
        same=(0.95, 1.05),  # processes are laid out differently in memory
    ),
)
