import asyncio
import signal
import socket
import ssl
import warnings
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from monitor.web.asking import TOKENS, bearer
from monitor.web.serving import in_a_loop, page_of, serving

from ringback.monitor.web.server import listen
from ringback.monitor.web.settings import WebError, WebSettings
from ringback.testing.lab.certificates import Certificates


@in_a_loop
async def test_page_is_served_on_loopback_and_leaves_signals_to_the_program():
    before = signal.getsignal(signal.SIGTERM)
    async with serving() as url, httpx.AsyncClient(timeout=60) as client:
        response = await client.get(f"{url}/api/v1/status")
        assert signal.getsignal(signal.SIGTERM) == before

    assert url.startswith("http://127.0.0.1:")
    assert response.json()["version"] == "1.2.3"
    assert "server" not in response.headers
    assert signal.getsignal(signal.SIGTERM) == before


@in_a_loop
async def test_open_stream_does_not_hold_up_the_end():
    async with httpx.AsyncClient(timeout=60) as client:
        async with serving() as url:
            stream = client.stream("GET", f"{url}/live")
            lines = (await stream.__aenter__()).aiter_lines()
            first = await anext(lines)
        rest = [line async for line in lines]
        await stream.__aexit__(None, None, None)

    assert first == "retry: 3000"
    assert [line for line in rest if line.startswith("event")] == ["event: now"]


def test_port_that_is_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WebError, match=f"on 127.0.0.1:{port}: Address already in use; choose"):
            listen(WebSettings(port=port))


def test_all_that_is_wider_than_loopback_or_only_looks_like_it_needs_a_token():
    for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost", "a.localhost."):
        WebSettings(host=host).verify()
    evil = ("localhost.evil.example", "127.0.0.1.evil.example")
    for host in ("0.0.0.0", "::", "192.0.2.1", "", *evil):
        with pytest.raises(WebError, match=r"configure a token, or listen on 127\.0\.0\.1"):
            listen(WebSettings(host=host, port=0))
        WebSettings(host=host, tokens=TOKENS).verify()


def test_the_address_for_links():
    assert WebSettings().url == "http://127.0.0.1:8480"
    assert WebSettings(host="::1", port=1).url == "http://[::1]:1"
    assert WebSettings(base_url="https://m.example/").url == "https://m.example"


@in_a_loop
async def test_new_settings_hold_from_the_next_request_on():
    page = page_of(WebSettings(port=0, tokens=TOKENS))
    reader = bearer("reader")
    async with serving(page) as url, httpx.AsyncClient(base_url=url, timeout=60) as client:
        assert (await client.get("/api/v1/status", headers=reader)).status_code == 200
        assert (await client.get("/status")).status_code == 404
        async with client.stream("GET", "/live", headers=reader) as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == "retry: 3000"
            page.configure(WebSettings(port=1, tokens=TOKENS[1:], status_page=True, title="Ours"))
            events = [line async for line in lines if line.startswith("event")]
        assert events == ["event: now"]  # the stream has ended
        assert (await client.get("/api/v1/status", headers=reader)).status_code == 401
        assert "Ours" in (await client.get("/status")).text


def test_settings_under_which_everybody_could_change_things_are_not_taken():
    wide = WebSettings(host="0.0.0.0", tokens=TOKENS)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        page = page_of(wide, listener=listener)
        with pytest.raises(WebError):
            page.configure(WebSettings())
        page.configure(WebSettings(tokens=TOKENS[:1]))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


def over_tls(tmp_path, certificates, name="good"):
    """The settings, and what a client has to trust."""
    file = tmp_path / "page.pem"
    file.write_bytes(Path(certificates.file(name)).read_bytes())
    trusted = ssl.create_default_context(cafile=certificates.bundle)
    return WebSettings(port=0, certificate=file), trusted


@in_a_loop
async def test_page_is_served_over_tls_and_old_versions_are_refused(tmp_path, certificates):
    settings, trusted = over_tls(tmp_path, certificates)
    _, old = over_tls(tmp_path, certificates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of asking for TLS 1.1
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("DEFAULT:@SECLEVEL=0")

    async with serving(page_of(settings)) as url:
        assert url.startswith("https://127.0.0.1:")
        async with httpx.AsyncClient(timeout=60, verify=trusted) as client:
            assert (await client.get(f"{url}/api/v1/status")).status_code == 200
        async with httpx.AsyncClient(timeout=60, verify=old) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(url)


@in_a_loop
async def test_renewed_certificate_is_used_without_a_restart(
    tmp_path, certificates, monkeypatch, caplog
):
    monkeypatch.setattr("ringback.monitor.web.server.RENEWAL_INTERVAL", 0.05)
    settings, trusted = over_tls(tmp_path, certificates, "wrong_host")
    async with (
        serving(page_of(settings)) as url,
        httpx.AsyncClient(timeout=60, verify=trusted) as client,
    ):
        with pytest.raises(httpx.ConnectError):
            await client.get(url)
        settings.certificate.write_text("being written")
        while "the old certificate is kept" not in caplog.text:
            await asyncio.sleep(0.01)
        over_tls(tmp_path, certificates)
        response = None
        while response is None:
            with suppress(httpx.ConnectError):
                response = await client.get(f"{url}/api/v1/status")
        assert response.status_code == 200


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
