"""httpx and httpx2 with our transport."""

from functools import partial

from client_bench.clients import httpx_sync
from client_bench.clients.httpx_sync import client
from client_bench.interleave import interleave
from client_bench.row import Goal, Row, over, twice


def _row(library, bare, with_ours):
    ours = f"{library} + ringback"
    clients = {library: client(bare), ours: client(with_ours)}
    return Row(
        library,
        f"GET over a kept connection with {library}",
        partial(interleave, clients=twice(clients)),
        base=library,
        goals=(Goal(f"{ours} / {library}, CPU", 1.03, over(ours, library)),),
    )


ROWS = (
    _row("httpx", httpx_sync.bare, httpx_sync.ours),
    _row("httpx2", httpx_sync.bare2, httpx_sync.ours2),
)
