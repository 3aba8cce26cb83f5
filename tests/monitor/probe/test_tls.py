import time

import pytest


def tls_url(started):
    return started.url.replace("https", "tls")


def at(looking, lab, started, **options):
    return looking.at(tls_url(started), "tls", ca=lab.certificates.bundle, **options)


def test_a_good_certificate(looking, lab):
    started = lab.start("ok:tls")

    check = at(looking, lab, started)

    assert check.up is True
    assert set(check.timings) == {"dns", "connect", "tls"}
    assert check.certificate.issuer == "CN=ringback lab intermediate"
    assert not any(seen.received for seen in started.seen)


def test_days_that_it_must_last(looking, lab):
    started = lab.start("ok:tls")

    assert at(looking, lab, started, expect={"certificate_days": 29}).up is True
    check = at(looking, lab, started, expect={"certificate_days": 31})

    assert (check.up, check.kind) == (False, "tls.cert.invalid")
    assert "expected at least 31" in check.detail


@pytest.mark.parametrize(
    "fault",
    [
        "tls.cert.date_invalid.expired",
        "tls.cert.date_invalid.not_yet_valid",
        "tls.cert.name_invalid:wrong_host",
        "tls.cert.name_invalid:wrong_address",
        "tls.cert.authority_invalid.self_signed",
        "tls.cert.authority_invalid.untrusted_root",
        "tls.cert.authority_invalid.unknown_issuer:missing_intermediate",
    ],
)
def test_a_bad_certificate_and_its_dates(looking, lab, fault):
    check = at(looking, lab, lab.start(fault))

    assert (check.up, check.kind) == (False, fault.partition(":")[0])
    assert (check.certificate.not_after < time.time()) is ("expired" in fault)


@pytest.mark.parametrize(
    "fault",
    [
        "tls.timed_out:plain_server",
        "tls.closed:in_handshake",
        "tls.protocol.error.not_tls:plain_ssh",
        "tls.version_or_cipher_mismatch:no_shared_cipher",
    ],
)
def test_a_handshake_that_fails(looking, lab, fault):
    check = at(looking, lab, lab.start(fault), timeout=1.2 if "timed_out" in fault else 30.0)

    assert (check.up, check.kind) == (False, fault.partition(":")[0])
    assert check.certificate is None


def test_an_authority_file_that_is_missing_blames_nobody(looking, lab):
    check = looking.at(tls_url(lab.start("ok:tls")), "tls", ca="/nowhere.pem")

    assert (check.up, check.kind) == (None, "config.tls_files_invalid")
