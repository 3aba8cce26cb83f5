"""ringback's transports around every transport of httpx, with all defaults on."""

from ringback.client.httpx import AsyncTransport, Transport
from swap.httpx_around import use
from swap.proof import assert_all_on

use(Transport, AsyncTransport)


def pytest_configure() -> None:
    """Look at what the tests' transports will have."""
    assert_all_on(Transport().policy)
    assert_all_on(AsyncTransport().policy)
