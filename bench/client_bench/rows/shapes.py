"""Requests of other shapes: none is to cost more than with requests."""

from functools import partial
from itertools import count

from client_bench.clients.sessions import expect, pair_and_ours
from client_bench.interleave import interleave
from client_bench.row import SAME, Goal, Row, over
from client_bench.server import MEGABYTE, PIECE, PIECES

ORDER = {"customer": 4711, "items": [{"sku": f"A-{i}", "quantity": i} for i in range(10)]}
LARGE = 0.90, 1.10  # in how many pieces a megabyte comes through is luck
UPLOAD = b"x" * MEGABYTE
NUMBERS = count()


def post_json(session, site):
    """An order of ten items."""
    expect(session.post(site.http + "/small", json=ORDER))


def dressed(session, site):
    """A small GET with everything that a call may bring along, of another URL each time."""
    expect(
        session.get(
            site.http + "/small",
            params={"page": next(NUMBERS), "q": "a b"},
            headers={"Accept": "application/json"},
            cookies={"theme": "dark"},
            auth=("user", "secret"),
        )
    )


def download(session, site):
    """1 MB of response."""
    _whole(len(expect(session.get(site.http + "/large")).content), MEGABYTE)


def upload(session, site):
    """1 MB of request."""
    expect(session.post(site.http + "/small", data=UPLOAD))


def https(session, site):
    """A small GET over a TLS connection that is kept."""
    expect(session.get(site.https + "/small"))


def redirected(session, site):
    """Three redirects and the document."""
    expect(session.get(site.http + "/hops/3"))


def connecting(session, site):
    """A small GET after which the server closes, so that each needs a new connection."""
    expect(session.get(site.http + "/close"))


def connecting_by_name(session, site):
    """The same with a name to look up."""
    expect(session.get(site.named + "/close"))


def connecting_securely(session, site):
    """The same over TLS."""
    expect(session.get(site.https + "/close"))


def streamed(session, site):
    """A chunked response, read piece by piece."""
    with session.get(site.http + "/stream", stream=True) as response:
        read = sum(len(piece) for piece in expect(response).iter_content(PIECE))
    _whole(read, PIECE * PIECES)


def _whole(read, length):
    if read != length:
        raise RuntimeError(f"{read} bytes, not {length}")


def _row(name, title, use, *, secure=False, quantity="cpu", same=SAME):
    goal = Goal(
        f"ringback.Session / requests.Session, {'CPU' if quantity == 'cpu' else 'CPU of all'}",
        1.00,
        over("ringback.Session", "requests", quantity),
    )
    measure = partial(interleave, clients=pair_and_ours(use, secure=secure))
    return Row(name, title, measure, "requests", (goal,), quantity=quantity, same=same)


ROWS = (
    _row("post-json", "POST of a JSON document", post_json),
    _row("dressed", "GET with parameters, a header, a cookie and a password", dressed),
    _row("download", "GET of 1 MB", download, same=LARGE),
    _row("upload", "POST of 1 MB", upload, same=LARGE),
    _row("https", "GET over a kept TLS connection", https, secure=True),
    _row("redirects", "GET with three redirects", redirected),
    # A client may resolve names or connect in a thread of its own: that counts too.
    _row("connect", "GET over a new connection each", connecting, quantity="cpu_all"),
    _row(
        "connect-name",
        "GET over a new connection each, to localhost by name",
        connecting_by_name,
        quantity="cpu_all",
    ),
    _row(
        "connect-https",
        "GET over a new TLS connection each",
        connecting_securely,
        secure=True,
        quantity="cpu_all",
    ),
    _row("stream", "GET of 256 KB, chunked, read as a stream", streamed),
)
