"""Clients of requests and of what is a `requests.Session`."""

from contextlib import contextmanager

from client_bench.row import twice


def client(make, use, *, secure=False):
    """What is measured of a session: it is made, and used.

    Args:
        make: Returns a session.
        use: Called with the session and the site for each request.
        secure: Is the session to trust the server's certificate?
    """

    @contextmanager
    def opened(bench):
        site = bench.site
        with make() as session:
            if secure:
                session.verify = site.bundle
            yield lambda: use(session, site)

    return opened


def plain():
    """requests' own session."""
    import requests  # noqa: PLC0415 - a peer may not be installed

    return requests.Session()


def ours():
    """ringback's session with its full default policy."""
    import ringback  # noqa: PLC0415 - the other rows do not load it

    return ringback.Session()


def slowly(fast):
    """The same client with ringback's fast paths switched off."""

    @contextmanager
    def opened(bench):
        from ringback.client.requests.fast import guard  # noqa: PLC0415 - as in `ours`

        def call():
            guard.on = False
            try:
                quick()
            finally:
                guard.on = True

        guard.on = False
        with fast(bench) as quick:
            yield call

    return opened


def pair_and_ours(use, *, secure=False):
    """Two plain sessions and two of ours, all used alike."""
    makes = {"requests": plain, "ringback.Session": ours}
    return twice({name: client(make, use, secure=secure) for name, make in makes.items()})


def expect(response, status=200):
    """The response, if it is the one that was asked for.

    Raises:
        RuntimeError: It is another.
    """
    if response.status_code != status:
        raise RuntimeError(f"status {response.status_code}")
    return response


def get(session, site):
    """A small JSON document over a connection that is kept."""
    expect(session.get(site.http + "/small"))
