from pathlib import Path

import pytest

from ringback.failure.text.circumstances import library_of, platform_of, target_in
from ringback.failure.text.fold import fold


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


TARGETS = Path(__file__).with_name("targets.tsv").read_text("utf-8").splitlines()[1:]


def around(text, mark="refused"):
    page = fold(text)
    place = max(page.text.find(mark), 0)
    return target_in(page.text, (place, place + len(mark)), page.line_of(place))


def found(text, mark="refused"):
    target = around(text, mark)
    return target.scheme, target.host, target.port


def test_the_target_of_a_text():
    wrong = []
    for line in TARGETS:
        *expected, text = line.split("\t")
        named = [str(part or "-") for part in found(text.replace("⏎", "\n"))]
        if named != expected:
            wrong.append((text, named, expected))
    assert wrong == []


def test_a_url_nearby_of_the_same_host_says_more():
    text = "--2026-11-20--  http://a.example/x\nResolving a.example... refused"

    assert around(text).url == "http://a.example/x"


def test_the_nearest_of_several():
    text = "https://first.example/ is up. " + "x" * 300 + " https://second.example/: refused"

    assert found(text)[1] == "second.example"


def test_the_proxy_is_not_the_target():
    target = around("https://a.example/ via proxy http://u:p@gate:3128 refused")

    assert target.host == "a.example"
    assert target.proxy == "gate:3128"


def test_the_next_exception_names_the_pool_however_long_the_traceback_is():
    frame = '  File "connection.py", line 1, in send\n    self.connect(\n    ~~~~~~~~~~~~^\n'
    text = (
        "ConnectionRefusedError: [Errno 111] Connection refused\n\n"
        f"Traceback (most recent call last):\n{frame * 40}"
        "urllib3.exceptions.NewConnectionError: HTTPConnection(host='db.test', port=8480): Failed"
    )
    assert found(text) == ("http", "db.test", 8480)
