import pytest

from ringback.monitor.web.settings import Token, WebError, WebSettings, digest_of


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "a.localhost."])
def test_loopback_needs_no_token(host):
    WebSettings(host=host).verify()


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "", "localhost.evil.example", "127.0.0.1.evil.example"]
)
def test_everything_wider_or_that_only_looks_like_loopback_needs_one(host):
    with pytest.raises(WebError, match=r"configure a token, or listen on 127\.0\.0\.1"):
        WebSettings(host=host).verify()

    WebSettings(host=host, tokens=(Token(name="a", hash=digest_of("x")),)).verify()


def test_the_address_for_links():
    assert WebSettings().url == "http://127.0.0.1:8480"
    assert WebSettings(host="::1", port=1).url == "http://[::1]:1"
    assert WebSettings(base_url="https://m.example/").url == "https://m.example"


def test_a_token_is_kept_as_its_hash():
    assert digest_of("secret").startswith("2bb80d53")
