import pytest

from ringback.cli.diagnosis.options import controls_of, nameservers_of, proxies_of
from ringback.cli.input import InputError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_a_resolver_is_an_address_and_a_port(text, found):
    assert nameservers_of([text]) == (found,)


@pytest.mark.parametrize("text", ["", "a", "a:53", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:x"])
def test_what_is_no_resolver_is_refused(text):
    with pytest.raises(InputError, match="--nameserver"):
        nameservers_of([text])


def test_controls_have_a_port():
    assert controls_of(["a:1", "[::1]:2"]) == ("a:1", "[::1]:2")
    with pytest.raises(InputError, match="HOST:PORT"):
        controls_of(["http://a:1"])


def test_no_proxy_is_not_the_environments(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")

    assert proxies_of(None) is None
    assert list(proxies_of("none").candidates("http://a.example/")) in ([], [None])
    assert "s3cret" not in str(_refused(proxies_of, "ftp://me:s3cret@a"))


def _refused(call, text):
    with pytest.raises(InputError) as caught:
        call(text)
    return caught.value
