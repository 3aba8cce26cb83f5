import pytest
from client.callers import our_httpx, our_httpx_async, our_session

from ringback import AsyncReplayable, Backoff, Policy, Replayable

POLICY = Policy(backoff=Backoff(base=0))
PIECES = [b"the ", b"whole ", b"body"]
CHUNKS = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in PIECES) + b"0\r\n\r\n"


async def pieces():
    for piece in PIECES:
        yield piece


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (our_session, Replayable(lambda: iter(PIECES))),
        (our_httpx, Replayable(lambda: iter(PIECES))),
        (our_httpx_async, AsyncReplayable(pieces)),
    ],
)
def test_a_body_that_can_be_made_again_is_sent_again_whole(lab, call, body):
    endpoint = lab.start("http.error.unavailable:first_two")
    assert call(endpoint.url, POLICY, "PUT", body) == 200
    sent = b"".join(connection.received for connection in endpoint.seen)
    assert sent.count(CHUNKS) == endpoint.requests == 3
