import asyncio
import socket
import ssl
import urllib.request

import pytest

from ringback import classify
from ringback.failure.frames import (
    phase_of_frame,
    trace,
)
from ringback.failure.model import NO_TARGET, Target
from ringback.failure.target import (
    _parsed_once,
    split_port,
    target_of_chain,
    target_of_url,
    without_secrets,
)


def test_a_url_loses_user_query_and_fragment():
    target = target_of_url("HTTPS://alice:pw@example.test:8443/a/b?key=pw#pw")
    assert target == Target("https://example.test:8443/a/b", "https", "example.test", 8443)


@pytest.mark.parametrize(
    ("url", "port"),
    [("http://a.test/", 80), ("wss://a.test", 443), ("ftp://a.test:2121", 2121), ("x://a", None)],
)
def test_a_scheme_has_its_usual_port(url, port):
    assert target_of_url(url).port == port


@pytest.mark.parametrize(
    ("authority", "parts"),
    [
        ("a.test:80", ("a.test", 80)),
        ("[::1]:80", ("::1", 80)),
        ("::1", ("::1", None)),
        ("a.test:http", ("a.test", None)),
        ("a.test:99999", ("a.test", None)),
    ],
)
def test_an_authority_has_a_host_and_perhaps_a_port(authority, parts):
    assert split_port(authority) == parts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET http://u:p@a.test/x?y=z failed", "GET http://a.test/x failed"),
        (
            "Max retries exceeded with url: /x?y=z (Caused",
            "Max retries exceeded with url: /x (Caused",
        ),
        ("why? because", "why? because"),
        ("https://u:pa/ss@h is wrong", "https://h is wrong"),
        ("https://u:pa?ss@h", "https://h"),
        ("https://u:pa#s/s@h/x@2", "https://2"),
        ("https://u:99999/ss@h", "https://h"),
        ("https://u:p@ss@h/x", "https://h/x"),
        (
            "No connection adapters were found for 'u:pa/ss@h'",
            "No connection adapters were found for 'h'",
        ),
        ("NonHttpUrlClientError: u:pa/ss@h", "NonHttpUrlClientError: h"),
        ("'u:pa' is not a valid host or port", "'u:…' is not a valid host or port"),
        ("nonnumeric port: 'pa'", "nonnumeric port: '…'"),
        ("Invalid port: '99999'", "Invalid port: '99999'"),
        (
            "Port could not be cast to integer value as 'pa'",
            "Port could not be cast to integer value as '…'",
        ),
        (
            "https://a.test:8443/react@18 or 'app'@'db'",
            "https://a.test:8443/react@18 or 'app'@'db'",
        ),
        ("https://a.test/react@18 see http://b.test", "https://a.test/react@18 see http://b.test"),
    ],
)
def test_a_text_loses_its_secrets(text, shown):
    assert without_secrets(text) == shown


def test_a_property_that_raises_hides_only_the_target():
    class HostileError(Exception):
        host = property(lambda _self: 1 / 0)

    assert target_of_chain([HostileError()]) == NO_TARGET


def test_no_password_and_no_token_is_remembered():
    before = _parsed_once.cache_info()
    for url in ("http://u:p@a.test/", "http://a.test/#token", "http://a.test/" + "x" * 300):
        assert target_of_url(url).host == "a.test"
    assert _parsed_once.cache_info() == before
    for query in ("?key=1", "?key=2"):
        assert target_of_url(f"http://remembered.test/{query}").url == "http://remembered.test/"
    assert _parsed_once.cache_info().misses == before.misses + 1


@pytest.fixture
def refusing(lab):
    return lab.reserve().endpoint


def target_of(call, *arguments):
    with pytest.raises(OSError) as caught:  # noqa: PT011 - the class differs by library
        call(*arguments)
    return classify(caught.value).target


def test_a_socket_names_no_target_but_its_function_held_one(refusing):
    target = target_of(socket.create_connection, (refusing.host, refusing.port), 1)
    assert (target.host, target.port) == (refusing.host, refusing.port)
    assert target.address == refusing.host


def test_asyncio_held_the_name_and_named_the_address(refusing):
    target = target_of(asyncio.run, asyncio.open_connection("localhost", refusing.port))
    assert (target.host, target.port) == ("localhost", refusing.port)


def test_urllib_held_the_request_without_its_secrets(refusing):
    target = target_of(urllib.request.urlopen, refusing.url + "path?token=hunter2#x")
    assert target.url == refusing.url + "path"
    assert (target.scheme, target.host, target.port) == ("http", refusing.host, refusing.port)


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
