import pytest

from ringback.failure.clue import GENERIC, UMBRELLA, Clue
from ringback.failure.recognise.http import answered_by_proxy

BY_NAME = Clue("proxy.unreachable", GENERIC, proxy=True)
SOCKS = Clue("proxy.protocol_error", UMBRELLA, "proxy", proxy=True)


@pytest.mark.parametrize(
    ("text", "by_name", "kind", "code"),
    [
        ("407 Proxy Authentication Required", BY_NAME, "proxy.auth_required", "407"),
        ("403 Forbidden", BY_NAME, "proxy.denied", "403"),
        ("502 Bad Gateway", BY_NAME, "proxy.upstream_failed", "502"),
        ("0x02: Connection not allowed by ruleset", SOCKS, "proxy.denied", "0x02"),
        ("Socket error: 0x5d: Request rejected", SOCKS, "proxy.auth_required", "0x5d"),
        ("Invalid username/password", BY_NAME, "proxy.auth_required", None),
        ("something else", BY_NAME, "proxy.unreachable", None),
    ],
)
def test_an_answer_of_a_proxy_is_read(text, by_name, kind, code):
    clue = answered_by_proxy(Exception(text), by_name)
    assert (clue.kind, clue.code) == (kind, code)


def test_an_error_code_of_python_socks_counts():
    error = Exception("Connection refused by destination host")
    error.error_code = 5
    assert answered_by_proxy(error, BY_NAME).kind == "proxy.upstream_failed"
