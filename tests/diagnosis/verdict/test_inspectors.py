"""Which issuers are known to look into TLS."""

import pytest

from ringback.diagnosis.verdict.rules.certificate import inspects


@pytest.mark.parametrize(
    "issuer",
    [
        "CN=Zscaler Intermediate Root CA (zscalertwo.net), O=Zscaler Inc.",
        "CN=ESET SSL Filter CA, O=ESET, spol. s r. o.",
        "CN=avast! Web/Mail Shield Root, O=avast! Web/Mail Shield",
        "CN=Acme Web Gateway CA",
    ],
)
def test_products_that_end_tls_are_known(issuer):
    assert inspects(issuer)


@pytest.mark.parametrize(
    "issuer",
    ["CN=R11, O=Let's Encrypt, C=US", "CN=DigiCert Global G2 TLS RSA SHA256 2020 CA1", ""],
)
def test_public_authorities_are_not_among_them(issuer):
    assert not inspects(issuer)
