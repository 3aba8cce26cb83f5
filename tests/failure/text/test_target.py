import pytest

from ringback.failure.text.target import target_in


def found(text, mark="refused"):
    target = target_in(text, max(text.find(mark), 0))
    return target.scheme, target.host, target.port


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HTTPSConnectionPool(host='a.example', port=443): refused", ("https", "a.example", 443)),
        ("HTTPConnectionPool(host='a.example', port=8000): refused", ("http", "a.example", 8000)),
        ("HTTPConnection(host='a.example', port=80): Failed: refused", ("http", "a.example", 80)),
        ("https://a.example/x refused", ("https", "a.example", 443)),
        ("redis://:pw@cache:6380/0 refused", ("redis", "cache", 6380)),
        ("Cannot connect to host a.example:81 ssl:default [refused]", (None, "a.example", 81)),
        ("Connect call failed ('10.0.0.1', 5432) refused", (None, "10.0.0.1", 5432)),
        ('connection to server at "db" (10.0.0.1), port 5432 failed: refused', (None, "db", 5432)),
        ("curl: (7) Failed to connect to a.example port 443: refused", (None, "a.example", 443)),
        ("dial tcp 10.1.2.3:9000: connect: connection refused", (None, "10.1.2.3", 9000)),
        ("Could not resolve host: a.example refused", (None, "a.example", None)),
        ("getaddrinfo ENOTFOUND a.example refused", (None, "a.example", None)),
        ("nothing is named; refused", (None, None, None)),
    ],
)
def test_the_target_of_a_text(text, expected):
    assert found(text) == expected


def test_the_nearest_of_several():
    text = "https://first.example/ is up. " + "x" * 300 + " https://second.example/: refused"

    assert found(text)[1] == "second.example"


def test_the_proxy_is_not_the_target():
    target = target_in("https://a.example/ via proxy http://u:p@gate:3128 refused", 40)

    assert target.host == "a.example"
    assert target.proxy == "gate:3128"
