import asyncio

import httpx
import pytest

from ringback import AsyncReplayable, Backoff, Policy, Replayable, Session
from ringback.client.httpx import AsyncTransport, Transport

POLICY = Policy(backoff=Backoff(base=0))
PIECES = [b"the ", b"whole ", b"body"]
CHUNKS = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in PIECES) + b"0\r\n\r\n"


@pytest.fixture
def endpoint(lab):
    return lab.start("http.error.unavailable:first_two")


def bodies(endpoint):
    sent = b"".join(connection.received for connection in endpoint.seen)
    return sent.count(CHUNKS)


def with_requests(url):
    with Session(policy=POLICY, sinks=[]) as session:
        session.trust_env = False
        return session.put(url, data=Replayable(lambda: iter(PIECES))).status_code


def with_httpx(url):
    with httpx.Client(transport=Transport(policy=POLICY, sinks=[])) as client:
        return client.put(url, content=Replayable(lambda: iter(PIECES))).status_code


def with_httpx_async(url):
    async def pieces():
        for piece in PIECES:
            yield piece

    async def main():
        transport = AsyncTransport(policy=POLICY, sinks=[])
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.put(url, content=AsyncReplayable(pieces))).status_code

    return asyncio.run(main())


@pytest.mark.parametrize("put", [with_requests, with_httpx, with_httpx_async])
def test_a_body_that_can_be_made_again_is_sent_again_whole(endpoint, put):
    assert put(endpoint.url) == 200
    assert bodies(endpoint) == endpoint.requests == 3
