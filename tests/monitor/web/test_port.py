"""What clients that mean no good do to the port, over real connections."""

import asyncio
import logging

import httpx
import pytest
from monitor.web.asking import TOKENS
from monitor.web.test_server import served

from ringback.monitor.web import port
from ringback.monitor.web.settings import WebSettings

HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "
POST = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
FORM = POST + b"Content-Type: application/x-www-form-urlencoded\r\n\r\ntoken="


def meeting(then, settings=None):
    """What ``then`` returns for the port of a served page."""
    return asyncio.run(
        served(settings or WebSettings(port=0), lambda url: then(int(url.rpartition(":")[2])))
    )


async def status(at, path="/healthz"):
    async with httpx.AsyncClient(timeout=60) as client:
        return (await client.get(f"http://127.0.0.1:{at}{path}")).status_code


async def sent(at, *parts):
    """A connection on which this was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", at)
    for part in parts:
        writer.write(part)
        await writer.drain()
    return reader, writer


def test_half_sent_requests_keep_nobody_out(monkeypatch):
    monkeypatch.setattr(port, "MAX_WAITING_BY_PEER", 10)

    async def look(at):
        held = [await sent(at, HALF) for _ in range(50)]
        found = [await status(at), await status(at, "/")]
        async with asyncio.timeout(60):
            while (ended := sum(reader.at_eof() for reader, _ in held)) < 40:
                await asyncio.sleep(0.01)
        for _, writer in held:
            writer.close()
        return found, ended

    found, ended = meeting(look)

    assert found == [200, 200]
    assert ended >= 40


@pytest.mark.parametrize(
    "parts",
    [
        [HALF, *[b"x" * 65_536] * 4],
        [HALF + b"x" * 70_000 + b"\r\n\r\n"],
        [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X-A: b\r\n" * 200, b"\r\n"],
        [b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
    ],
    ids=["endless", "large", "many", "path"],
)
def test_headers_without_measure_are_refused(parts):
    async def look(at):
        reader, writer = await sent(at, parts[0])
        try:
            for part in parts[1:]:
                writer.write(part)
                await writer.drain()
            first = await reader.readline()
        except ConnectionError:
            first = b"reset"
        writer.close()
        return first, await status(at)

    first, after = meeting(look)

    assert first.split(b" ")[1:2] in ([b"431"], []), first
    assert after == 200


@pytest.mark.parametrize(
    ("begun", "bound"), [(HALF, "HEAD_TIMEOUT"), (b"", "HEAD_TIMEOUT"), (FORM, "BODY_TIMEOUT")]
)
def test_what_is_not_sent_in_time_is_ended(monkeypatch, begun, bound):
    monkeypatch.setattr(port, bound, 0.2)

    async def look(at):
        reader, writer = await sent(at, begun)
        try:
            said = await reader.read()
        except ConnectionError:
            said = b""
        writer.close()
        return said

    assert b" 200 " not in meeting(look)


def test_an_aborted_request_is_no_fault(caplog):
    caplog.set_level(logging.WARNING)

    async def look(at):
        for _ in range(20):
            _, writer = await sent(at, FORM)
            writer.transport.abort()
        return await status(at)

    assert meeting(look) == 200
    assert not caplog.records


def test_health_and_agents_have_a_place_when_all_others_are_taken(monkeypatch):
    monkeypatch.setattr(port, "MAX_REQUESTS", 0)

    async def look(at):
        paths = ("/healthz", "/", "/api/v1/heartbeat/x", "/api/v1/agent/plan")
        return [await status(at, path) for path in paths]

    health, page, heartbeat, agent = meeting(look)

    assert (health, page) == (200, 503)
    assert 503 not in (heartbeat, agent)


def test_wrong_tokens_make_an_address_wait_and_a_logout_ends_the_session():
    async def look(at):
        base = f"http://127.0.0.1:{at}"
        async with httpx.AsyncClient(base_url=base, timeout=60) as client:
            await client.post("/login", data={"token": "reader-secret"})
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())

            async def reading():
                """The status of what only a session may see, for whoever has its cookie."""
                async with httpx.AsyncClient(base_url=base, timeout=60) as other:
                    found = await other.get("/api/v1/incidents", headers={"cookie": cookie})
                return found.status_code

            before = await reading()
            await client.post("/logout")
            after = await reading()
            wrong = [await client.post("/login", data={"token": f"w{n}"}) for n in range(7)]
            right = await client.post("/login", data={"token": "reader-secret"})
        return before, after, wrong, right

    before, after, wrong, right = meeting(look, WebSettings(port=0, tokens=TOKENS))

    assert (before, after) == (200, 401)
    assert [response.status_code for response in wrong] == [403] * 6 + [429]
    assert right.status_code == 429
    assert right.headers["retry-after"] in ("1", "2")
