import pytest

from ringback.failure.text.circumstances import library_of, platform_of


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("[WinError 10061] x", "windows"),
        ("[Errno 11001] getaddrinfo failed", "windows"),
        ("[Errno 61] Connection refused", "macos"),
        ("nodename nor servname provided", "macos"),
        ("[Errno 111] Connection refused", "linux"),
        ("[Errno -2] Name does not resolve", "linux"),
        ("Connection refused", None),
    ],
)
def test_platform(text, platform):
    assert platform_of(text) == platform


@pytest.mark.parametrize(
    ("text", "library"),
    [
        ("pip._vendor.urllib3.connection.HTTPSConnection object", "pip"),
        ("requests.exceptions.ConnectionError: x", "requests"),
        ("urllib3.exceptions.MaxRetryError: x", "urllib3"),
        ("httpx.ConnectError: x", "httpx"),
        ("Cannot connect to host a:1 ssl:default [x]", "aiohttp"),
        ("<urlopen error timed out>", "urllib"),
        ("psycopg2.OperationalError: x", "psycopg"),
        ("curl: (7) Failed", "curl"),
        ("dial tcp 1.2.3.4:80", "go"),
        ("net::ERR_CONNECTION_RESET", "chromium"),
        ("it broke", None),
    ],
)
def test_library(text, library):
    assert library_of(text) == library
