import hmac

import pytest

from ringback.monitor.notify.signature import is_signed, sign

SIGNED = sign("key", 1000.7, b"body")


def test_it_is_the_hmac_of_time_and_body():
    expected = hmac.new(b"key", b"1000.body", "sha256").hexdigest()

    assert f"t=1000,v1={expected}" == SIGNED
    assert is_signed(SIGNED, "key", b"body", 1000.0)
    assert is_signed(SIGNED, "key", b"body", 1299.0)


@pytest.mark.parametrize(
    ("value", "secret", "body", "now"),
    [
        (SIGNED, "other", b"body", 1000.0),
        (SIGNED, "key", b"bodY", 1000.0),
        (SIGNED, "key", b"body", 1301.0),
        (SIGNED, "key", b"body", 600.0),
        (SIGNED.replace("t=1000", "t=1001"), "key", b"body", 1000.0),
        (SIGNED.partition(",")[0], "key", b"body", 1000.0),
        ("", "key", b"body", 0.0),
        ("t=²,v1=x", "key", b"body", 0.0),
        (f"t={'9' * 5000},v1=x", "key", b"body", 0.0),
        ("t=1000,v1=é", "key", b"body", 1000.0),
    ],
)
def test_anything_else_is_refused(value, secret, body, now):
    assert not is_signed(value, secret, body, now)
