import ssl

import pytest

from ringback import classify
from ringback.testing.clients import CLIENTS
from ringback.testing.lab import FAULTS, Lab


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("tls.cert.date_invalid.expired", "10"),
        ("tls.cert.date_invalid.not_yet_valid", "9"),
        ("tls.cert.authority_invalid.self_signed", "18"),
        ("tls.cert.authority_invalid.untrusted_root", "19"),
        ("tls.cert.authority_invalid.unknown_issuer", "20"),
        ("tls.protocol.error.not_tls:plain_http", "WRONG_VERSION_NUMBER"),
        ("tls.unrecognized_name_alert", "TLSV1_UNRECOGNIZED_NAME"),
        ("tls.failed:internal_error", "TLSV1_ALERT_INTERNAL_ERROR"),
    ],
)
def test_the_code_decides_also_inside_a_wrapper(lab, fault, code):
    for client in ("socket", "requests"):
        with pytest.raises(OSError) as caught:  # noqa: PT011 - requests' and ssl's
            CLIENTS[client](FAULTS[fault].start(lab), 30)
        failure = classify(caught.value)
        assert (failure.kind, failure.code, failure.phase) == (FAULTS[fault].kind, code, "tls")


def test_an_alert_without_reason_is_read_from_the_text():
    error = ssl.SSLError(1, "tlsv1 alert: SSL alert number 120 (_ssl.c:1)")
    assert classify(error).kind == "tls.version_or_cipher_mismatch"


def test_a_reason_that_python_has_no_name_for_is_read_from_the_words():
    error = ssl.SSLError(1, "[SSL] legacy sigalg disallowed or unsupported (_ssl.c:992)")
    failure = classify(error)
    assert (failure.kind, failure.phase) == ("tls.version_or_cipher_mismatch", "tls")
    assert failure.code == "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED"
