import asyncio
import signal
import socket
import ssl
import warnings
from pathlib import Path

import httpx
import pytest
from monitor.web.asking import TOKENS
from monitor.web.service import sample

from ringback.monitor.web.server import PageServer, listen
from ringback.monitor.web.settings import WebError, WebSettings
from ringback.testing.lab.certificates import Certificates


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
    assert [line for line in rest if line.startswith("event")] == ["event: now"]


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
                events = [line async for line in lines if line.startswith("event")]
                assert events == ["event: now"]
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


# Over TLS.


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


def over_tls(tmp_path, certificates, name="good"):
    file = tmp_path / "page.pem"
    file.write_bytes(Path(certificates.file(name)).read_bytes())
    return WebSettings(port=0, certificate=file)


def trusting(certificates):
    return ssl.create_default_context(cafile=certificates.bundle)


def test_the_page_is_served_over_tls(tmp_path, certificates):
    async def ask(url):
        async with httpx.AsyncClient(timeout=60, verify=trusting(certificates)) as client:
            return url, (await client.get(f"{url}/api/v1/status")).status_code

    url, status = asyncio.run(served(over_tls(tmp_path, certificates), ask))

    assert url.startswith("https://127.0.0.1:")
    assert status == 200


def test_old_versions_of_tls_are_refused(tmp_path, certificates):
    async def ask(url):
        context = trusting(certificates)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        async with httpx.AsyncClient(timeout=60, verify=context) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(url)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of asking for TLS 1.1
        asyncio.run(served(over_tls(tmp_path, certificates), ask))


def test_renewed_certificate_is_used_without_a_restart(tmp_path, certificates, monkeypatch, caplog):
    monkeypatch.setattr("ringback.monitor.web.server.RENEWAL_INTERVAL", 0.05)
    settings = over_tls(tmp_path, certificates, "wrong_host")

    async def ask(url):
        async with httpx.AsyncClient(timeout=60, verify=trusting(certificates)) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(url)
            settings.certificate.write_text("being written")  # the old one is kept
            while "the old certificate is kept" not in caplog.text:
                await asyncio.sleep(0.01)
            over_tls(tmp_path, certificates)
            async with asyncio.timeout(60):
                while True:
                    try:
                        return (await client.get(f"{url}/api/v1/status")).status_code
                    except httpx.ConnectError:
                        await asyncio.sleep(0.05)

    assert asyncio.run(served(settings, ask)) == 200


def test_files_that_cannot_be_used_are_named(tmp_path, certificates):
    good = Path(certificates.file("good"))
    key = tmp_path / "other.pem"
    key.write_bytes(Path(certificates.file("wrong_host")).read_bytes())
    for certificate, own, why in (
        (tmp_path / "none.pem", None, "cannot be read: No such file"),
        (Path(__file__), None, "it needs a certificate and a key in PEM"),
        (good, key, "the key belongs to another certificate"),
    ):
        with pytest.raises(WebError, match=why) as caught:
            page_of(WebSettings(port=0, certificate=certificate, key=own))
        assert str(certificate) in str(caught.value)
