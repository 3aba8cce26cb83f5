import pytest

from ringback.cli.diagnosis.options import controls_of, nameservers_of
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
