"""What clients that mean no good do to the port, over real connections."""

import asyncio
import logging
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
from monitor.web.asking import TOKENS
from monitor.web.serving import in_a_loop, page_of, serving

from ringback.monitor.web import port
from ringback.monitor.web.settings import WebSettings

HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "
POST = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
FORM = POST + b"Content-Type: application/x-www-form-urlencoded\r\n\r\ntoken="


async def status(url, path="/healthz", **headers):
    async with httpx.AsyncClient(base_url=url, timeout=60, headers=headers) as client:
        return (await client.get(path)).status_code


async def sent(url, *parts):
    """A connection on which this was sent, as far as it was taken."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    with suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
    return reader, writer


async def answer(url, *parts):
    reader, writer = await sent(url, *parts)
    said = b""
    with suppress(ConnectionError):
        said = await reader.read()
    writer.close()
    return said


@in_a_loop
async def test_half_sent_requests_keep_nobody_out(monkeypatch):
    monkeypatch.setattr(port, "MAX_WAITING_BY_PEER", 10)
    async with serving() as url:
        held = [await sent(url, HALF) for _ in range(50)]
        assert [await status(url), await status(url, "/")] == [200, 200]
        while sum(reader.at_eof() for reader, _ in held) < 40:
            await asyncio.sleep(0.01)
        for _, writer in held:
            writer.close()


@in_a_loop
async def test_headers_without_measure_are_refused():
    async with serving() as url:
        for parts in (
            [HALF, *[b"x" * 65_536] * 4],
            [HALF + b"x" * 70_000 + b"\r\n\r\n"],
            [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X-A: b\r\n" * 200, b"\r\n"],
            [b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
        ):
            said = await answer(url, *parts)
            assert said == b"" or said.split(b" ")[1] == b"431", parts[0][:40]
            assert await status(url) == 200


@in_a_loop
async def test_what_is_not_sent_in_time_is_ended(monkeypatch):
    for bound in ("HEAD_TIMEOUT", "BODY_TIMEOUT"):
        monkeypatch.setattr(port, bound, 0.05)
    async with serving() as url:
        for begun in (HALF, b"", FORM):
            assert b" 200 " not in await answer(url, begun), begun


@in_a_loop
async def test_aborted_request_is_no_fault(caplog):
    caplog.set_level(logging.WARNING)
    async with serving() as url:
        for _ in range(20):
            _, writer = await sent(url, FORM)
            writer.transport.abort()
        assert await status(url) == 200

    assert not caplog.records


@in_a_loop
async def test_health_and_agents_have_a_place_when_all_others_are_taken(monkeypatch):
    monkeypatch.setattr(port, "MAX_REQUESTS", 0)
    async with serving() as url:
        assert [await status(url), await status(url, "/")] == [200, 503]
        for path in ("/api/v1/heartbeat/x", "/api/v1/agent/plan"):
            assert await status(url, path) != 503


@in_a_loop
async def test_wrong_tokens_make_an_address_wait_and_a_logout_ends_the_session():
    page = page_of(WebSettings(port=0, tokens=TOKENS))
    async with serving(page) as url, httpx.AsyncClient(base_url=url, timeout=60) as client:
        await client.post("/login", data={"token": "reader-secret"})
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        assert await status(url, "/api/v1/incidents", cookie=cookie) == 200
        await client.post("/logout")
        assert await status(url, "/api/v1/incidents", cookie=cookie) == 401

        wrong = [await client.post("/login", data={"token": f"w{n}"}) for n in range(7)]
        assert [response.status_code for response in wrong] == [403] * 6 + [429]
        right = await client.post("/login", data={"token": "reader-secret"})
        assert right.status_code == 429
        assert right.headers["retry-after"] in ("1", "2")
