import ssl

import pytest

from ringback.failure import codes
from ringback.failure.kinds import KINDS


def test_every_kind_exists():
    named = {*codes.KIND_OF_OPENSSL_REASON.values(), *codes.KIND_OF_TLS_ALERT.values()}

    assert named | set(codes.KIND_OF_VERIFY_CODE.values()) <= set(KINDS)


def test_every_alert_of_the_standard_is_named():
    assert {int(alert) for alert in ssl.AlertDescription} <= set(codes.KIND_OF_TLS_ALERT)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (9, "tls.cert.date_invalid.not_yet_valid"),
        (10, "tls.cert.date_invalid.expired"),
        (18, "tls.cert.authority_invalid.self_signed"),
        (19, "tls.cert.authority_invalid.untrusted_root"),
        (20, "tls.cert.authority_invalid.unknown_issuer"),
        (23, "tls.cert.revoked"),
        (62, "tls.cert.name_invalid"),
        (64, "tls.cert.name_invalid"),
        (66, "tls.cert.invalid"),
        (85, "tls.cert.invalid"),
    ],
)
def test_verification_results(code, kind):
    assert codes.kind_of_verify_code(code) == kind
