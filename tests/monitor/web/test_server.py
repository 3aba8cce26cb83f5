import asyncio
import signal
import socket

import httpx
import pytest
from monitor.web.asking import TOKENS
from monitor.web.service import sample

from ringback.monitor.web.server import PageServer, listen
from ringback.monitor.web.settings import WebError, WebSettings


async def served(settings, then):
    """What ``then`` returns for the address of a served page."""
    ready = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(page_of(settings).run(ready.set_result))
    try:
        async with asyncio.timeout(60):
            return await then(await ready)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def page_of(settings, **more):
    monitor = sample()
    return PageServer(monitor, monitor, settings, **more)


def test_the_page_is_served_on_loopback():
    async def ask(url):
        async with httpx.AsyncClient(timeout=60) as client:
            return url, await client.get(f"{url}/api/v1/status")

    url, response = asyncio.run(served(WebSettings(port=0), ask))

    assert url.startswith("http://127.0.0.1:")
    assert response.json()["version"] == "1.2.3"
    assert "server" not in response.headers


def test_an_open_stream_does_not_hold_up_the_end():
    async def follow(url):
        client = httpx.AsyncClient(timeout=60)
        stream = client.stream("GET", f"{url}/live")
        response = await stream.__aenter__()
        lines = response.aiter_lines()
        return client, stream, lines, await anext(lines)

    async def test():
        client, stream, lines, first = await served(WebSettings(port=0), follow)
        async with asyncio.timeout(60):
            rest = [line async for line in lines]
        await stream.__aexit__(None, None, None)
        await client.aclose()
        return first, rest

    first, rest = asyncio.run(test())
    assert first == "retry: 3000"
    assert not any(line.startswith("event") for line in rest)


def test_signals_are_left_to_the_program():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    async def look(url):
        return signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    inside = asyncio.run(served(WebSettings(port=0), look))
    assert inside[1] == before[1]
    assert signal.getsignal(signal.SIGTERM) == before[1]


def test_a_port_that_is_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WebError, match=f"on 127.0.0.1:{port}: Address already in use; choose"):
            listen(WebSettings(port=port))


def test_it_is_not_opened_wider_without_a_token():
    with pytest.raises(WebError, match="configure a token"):
        listen(WebSettings(host="0.0.0.0", port=0))

    listen(WebSettings(host="0.0.0.0", port=0, tokens=TOKENS)).close()


def test_new_settings_hold_from_the_next_request_on():
    before = WebSettings(port=0, tokens=TOKENS)
    after = WebSettings(port=1, tokens=TOKENS[1:], status_page=True, title="Ours")

    async def test():
        ready = asyncio.get_running_loop().create_future()
        page = page_of(before)
        serving = asyncio.create_task(page.run(ready.set_result))
        bearer = {"Authorization": "Bearer reader-secret"}
        async with (
            asyncio.timeout(60),
            httpx.AsyncClient(base_url=await ready, timeout=60) as client,
        ):
            assert (await client.get("/api/v1/status", headers=bearer)).status_code == 200
            assert (await client.get("/status")).status_code == 404
            async with client.stream("GET", "/live", headers=bearer) as stream:
                lines = stream.aiter_lines()
                assert await anext(lines) == "retry: 3000"
                page.configure(after)
                assert not any([line.startswith("event") async for line in lines])
            refused = await client.get("/api/v1/status", headers=bearer)
            shown = await client.get("/status")
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        return refused.status_code, shown.text

    refused, shown = asyncio.run(test())
    assert refused == 401
    assert "Ours" in shown


def test_settings_under_which_everybody_could_change_things_are_not_taken():
    wide = WebSettings(host="0.0.0.0", tokens=TOKENS)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        page = page_of(wide, listener=listener)
        with pytest.raises(WebError):
            page.configure(WebSettings())
        page.configure(WebSettings(tokens=TOKENS[:1]))
