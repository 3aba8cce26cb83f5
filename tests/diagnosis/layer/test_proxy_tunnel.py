import pytest

from ringback.diagnosis.layer.proxy_tunnel import proxy_server


@pytest.mark.parametrize(
    ("url", "shown", "http", "resolves"),
    [
        ("gate.test:3128", "http://gate.test:3128", True, True),
        ("http://gate.test", "http://gate.test:80", True, True),
        ("https://gate.test", "https://gate.test:443", True, True),
        ("socks5://gate.test", "socks5://gate.test:1080", False, False),
        ("socks5h://[2001:db8::1]", "socks5h://[2001:db8::1]:1080", False, True),
        ("socks4://192.0.2.1:9", "socks4://192.0.2.1:9", False, False),
        ("socks4a://192.0.2.1:9", "socks4a://192.0.2.1:9", False, True),
    ],
)
def test_what_a_url_says(url, shown, http, resolves):
    server = proxy_server(url)
    assert (server.url, server.speaks_http, server.resolves) == (shown, http, resolves)


def test_credentials_are_decoded_and_not_shown():
    server = proxy_server("http://us%40er:pa%3Ass@gate.test:3128")
    assert (server.user, server.password) == ("us@er", "pa:ss")
    assert server.url == "http://gate.test:3128"
    assert "pa:ss" not in repr(server)
