"""Targets that would have all the time of the event loop, beside one that is well."""

import asyncio
import contextlib

import pytest

from ringback.monitor.probe import probe
from ringback.monitor.probe.http.connection import MAX_READ_SECONDS

pytestmark = pytest.mark.in_turn("looking")

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def meeting(looking, first, block, **options):
    """The check of a target that begins so, sends this for ever, and what it cost."""

    async def serve(reader, writer):
        with contextlib.suppress(OSError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(first)
            while True:
                writer.write(block)
                await writer.drain()
        writer.close()

    async def look():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        looking.context.spent.clear()
        try:
            found = looking.endpoint(f"http://127.0.0.1:{port}/", **options)
            return await probe(found, looking.context)
        finally:
            server.close()

    return looking.run(look()), looking.context.spent["e"]


def test_a_body_in_single_bytes_is_left_and_its_endpoint_known(looking):
    check, spent = meeting(looking, CHUNKED, b"1\r\nx\r\n" * 10_000)

    assert (check.up, check.status) == (True, 200)
    assert spent > MAX_READ_SECONDS / 2


def test_a_body_in_single_bytes_that_is_looked_at_is_a_failure(looking):
    check, _ = meeting(looking, CHUNKED, b"1\r\nx\r\n" * 10_000, expect={"body_contains": ("y",)})

    assert (check.up, check.kind) == (False, "http.protocol.error")
    assert "of CPU to read" in check.detail


def test_interim_responses_without_end(looking):
    check, _ = meeting(looking, b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)

    assert (check.up, check.kind) == (False, "http.protocol.error")
    assert check.detail == "more than 16 interim responses"


def test_headers_of_interim_responses_are_counted_together(looking):
    first = b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 60_000 + b"\r\n\r\n"
    check, _ = meeting(looking, first, first)

    assert check.detail == "the headers are too long"


def test_a_large_body_is_read_to_its_end_by_turns(looking):
    body = b"x" * 900_000 + b"the end"
    first = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first + body)
        writer.close()

    async def look():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        endpoint = looking.endpoint(url, expect={"body_contains": ("the end",)})
        try:
            return await probe(endpoint, looking.context)
        finally:
            server.close()

    assert looking.run(look()).up is True
