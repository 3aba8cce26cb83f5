"""Clients of httpx, of httpx2 and of what goes into them."""

# ruff: noqa: PLC0415 - a peer may not be installed, and the other rows do not load it

from contextlib import contextmanager

from client_bench.clients.sessions import expect


def client(make):
    """What is measured of a client: it is made, and gets a small document.

    Args:
        make: Returns a client.
    """

    @contextmanager
    def opened(bench):
        with make() as client:
            yield lambda: expect(client.get(bench.site.http + "/small"))

    return opened


def bare(**options):
    """httpx's client."""
    import httpx

    return httpx.Client(**options)


def ours():
    """httpx's client with our transport."""
    import httpx

    from ringback.client.httpx import Transport

    return httpx.Client(transport=Transport())


def retries():
    """httpx's client with the transport of httpx-retries."""
    import httpx
    from httpx_retries import RetryTransport

    return httpx.Client(transport=RetryTransport())


def bare2():
    """httpx2's client."""
    import httpx2

    return httpx2.Client()


def ours2():
    """httpx2's client with our transport."""
    import httpx2

    from ringback.client.httpx2 import Transport

    return httpx2.Client(transport=Transport())
