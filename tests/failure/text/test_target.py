import pytest

from ringback.failure.text.circumstances import target_in
from ringback.failure.text.fold import fold


def around(text, mark="refused"):
    page = fold(text)
    place = max(page.text.find(mark), 0)
    return target_in(page.text, (place, place + len(mark)), page.line_of(place))


def found(text, mark="refused"):
    target = around(text, mark)
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
        ("connect to mx.example[10.0.0.9]:25: refused", (None, "mx.example", 25)),
        ("refused: no further information: a.example/10.0.0.9:81", (None, "a.example", 81)),
        (
            "connect to server\njava.net.UnknownHostException: a.example refused",
            (None, "a.example", None),
        ),
        ("getaddrinfo ENOTFOUND a.example refused", (None, "a.example", None)),
        ("nothing is named; refused", (None, None, None)),
        ("connect to the server due to an error: refused", (None, None, None)),
        ('Is the server running on host "db"? refused', (None, "db", None)),
        ("refused. See https://docs.example.org/errors", (None, None, None)),
        ("error resolving pool a.example: refused", (None, "a.example", None)),
        ("failed to resolve 'db' refused", (None, "db", None)),
        ("DNS lookup failure for: app refused", (None, "app", None)),
        ("the lookup failed for some reason: refused", (None, None, None)),
        ("refused (peer=10.0.0.7:30333)", (None, "10.0.0.7", 30333)),
        ("{ code: 'refused', address: '10.0.0.7', port: 5432 }", (None, "10.0.0.7", 5432)),
        ('with SMTP("mail.example", 587) as s:\n  refused', (None, "mail.example", 587)),
        ("headers=('X-Limit', 100) refused", (None, None, None)),
        ("handshake with 10.0.0.7 refused", (None, "10.0.0.7", None)),
        ("deploy@a.example: refused", (None, "a.example", None)),
        ("-t nfs 10.0.0.7:/data /mnt refused", (None, "10.0.0.7", None)),
        ("a certificate is valid for a.example, not b.example refused", (None, "b.example", None)),
        # what balancers, Go, time servers and Ansible name
        ("Server pool_a/web1 is DOWN, refused, check duration: 2001ms", (None, "web1", None)),
        (
            "www~ pool_a/web1 0/0/0/-1/0 503 212 - - SC-- 3/3/0/0/0 0/0 refused",
            (None, "web1", None),
        ),
        ("dial tcp: lookup a.example on 10.0.0.2:53: refused", (None, "a.example", None)),
        (
            '{"err": "dial tcp: lookup a.example on 10.0.0.2:53: refused"}',
            (None, "a.example", None),
        ),
        ("dial udp: lookup a.example: refused", (None, "a.example", None)),
        ("refused from 10.0.0.7:123 (ntp.a.example).", (None, "ntp.a.example", 123)),
        ("refused from [2001:db8::1]:123 (ntp.a.example).", (None, "ntp.a.example", 123)),
        ('{"msg": "Timeout when waiting for 127.0.0.1:80 refused"}', (None, "127.0.0.1", 80)),
        ("fatal: [web1]: UNREACHABLE! => refused", (None, "web1", None)),
        (
            "refused { config: { method: 'get', url: 'https://a.example/x' } }",
            ("https", "a.example", 443),
        ),
        # no hosts: units, files, classes, containers, servers of a balancer, clients
        ("No route to host (os error 113) refused", (None, None, None)),
        ("read from settings.yaml, for com.shop.pay refused", (None, None, None)),
        ("Server pool_a/10.0.0.7 is DOWN, refused", (None, "10.0.0.7", None)),
        ("10.0.0.9:51022 [28/Sep/2026:09:15:00.112] www~ refused", (None, None, None)),
        ("New connection from 10.0.0.9:51022 on port 8883: refused", (None, None, None)),
        ("connect to [AF_INET]10.0.0.7:1194 refused", (None, "10.0.0.7", 1194)),
        (
            "cannot connect to a.example:514: refused [try https://b.test/e/2]",
            (None, "a.example", 514),
        ),
        ("up at http://a.example:1/\nCannot connect to host b:2 refused", (None, "b", 2)),
    ],
)
def test_the_target_of_a_text(text, expected):
    assert found(text) == expected


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
