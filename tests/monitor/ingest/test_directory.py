import pytest

from ringback.monitor.ingest.intake import EndpointIndex
from ringback.monitor.model import Endpoint


def endpoint(id_, url, type_="http"):
    return Endpoint(id=id_, name=id_, url=url, type=type_)


DIRECTORY = EndpointIndex(
    [
        endpoint("health", "https://h.example/health?full=1"),
        endpoint("home", "https://h.example/"),
        endpoint("odd-port", "http://h.example:8080/a"),
        endpoint("v6", "http://[2001:db8::1]/"),
        endpoint("secret", "https://u:p@s.example/"),
        endpoint("db", "tcp://h.example:5432", "tcp"),
        endpoint("bare", "cache.example:6379", "tcp"),
        endpoint("mail", "h.example:465", "tls"),
        endpoint("zone", "dns://h.example", "dns"),
    ]
)


@pytest.mark.parametrize(
    ("origin", "found"),
    [
        ("https://h.example:443", "home"),
        ("https://H.example", "home"),
        ("http://h.example:80", None),
        ("http://h.example:8080", "odd-port"),
        ("http://[2001:db8::1]:80", "v6"),
        ("https://s.example:443", "secret"),
        ("postgresql://h.example:5432", "db"),
        ("redis://cache.example:6379", "bare"),
        ("smtps://h.example:465", "mail"),
        ("http://h.example:5432", None),
        ("https://elsewhere.example:443", None),
        ("nonsense", None),
    ],
)
def test_a_call_is_for_the_endpoint_of_its_origin(origin, found):
    assert DIRECTORY.endpoint_for(origin) == found
