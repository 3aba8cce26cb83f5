import asyncio
import ssl

import pytest

from ringback.failure.frames import (
    phase_of_frame,
    trace,
)
from ringback.testing.lab import Lab


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running


@pytest.mark.parametrize(("secure", "phase"), [(False, "connect"), (True, "tls")])
def test_a_connection_of_asyncio_has_a_handshake_where_it_is_secured(lab, secure, phase):
    endpoint = lab.start("http.response.timed_out:silent")

    def stop():
        asyncio.current_task().cancel()  # it is seen by what waits for the connection to be made
        return asyncio.Protocol()

    async def connect():
        loop = asyncio.get_running_loop()
        context = ssl.create_default_context() if secure else None
        await loop.create_connection(stop, endpoint.host, endpoint.port, ssl=context)

    with pytest.raises(asyncio.CancelledError) as caught:
        asyncio.run(connect())
    assert trace(caught.value.__traceback__).phase == phase


def test_the_same_names_mean_nothing_elsewhere():
    assert phase_of_frame("/app/mine.py", "read") is None
    assert phase_of_frame("C:\\Python\\Lib\\http\\client.py", "read") == "body"
    assert phase_of_frame("/app/mine.py", "getaddrinfo") == "dns"


def test_no_traceback_shows_nothing():
    assert trace(None) == ("unknown", False)
