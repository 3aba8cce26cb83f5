"""requests with a retry or a breaker laid around it, as programs do."""

from contextlib import contextmanager

from client_bench.clients.sessions import expect, plain
from client_bench.clients.wrapped import PEERS, with_ringback

ERRORS = OSError  # what requests raises is one


def layered(wrap):
    """A client: a session's GET under a wrapper."""

    @contextmanager
    def opened(bench):
        with plain() as session:
            call, url = wrap(session.get, ERRORS), bench.site.http + "/small"
            yield lambda: expect(call(url))

    return opened


LAYERED = {f"requests + {name}": layered(wrap) for name, wrap in PEERS.items()}
OURS = {"requests + ringback.retry": layered(with_ringback)}
