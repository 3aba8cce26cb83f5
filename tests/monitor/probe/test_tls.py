import hashlib
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def at(looking, lab, started, **options):
    url = started.url.replace("https", "tls")
    return looking.at(url, "tls", **{"ca": lab.certificates.bundle, **options})


def test_good_certificate_and_the_days_it_must_last(looking, lab):
    started = lab.start("ok:tls")
    check = at(looking, lab, started, expect={"certificate_days": 29})

    assert check.up is True
    assert set(check.timings) == {"dns", "connect", "tls"}
    assert check.certificate.issuer == "CN=ringback lab intermediate"
    pem = Path(lab.certificates.file("good")).read_bytes()
    key = x509.load_pem_x509_certificate(pem).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert check.certificate.key == hashlib.sha256(spki).hexdigest()
    assert not any(seen.received for seen in started.seen)

    check = at(looking, lab, started, expect={"certificate_days": 31})
    assert (check.up, check.kind) == (False, "tls.cert.invalid")
    assert "expected at least 31" in check.detail


@pytest.mark.parametrize(
    "fault",
    [
        "tls.cert.date_invalid.expired",
        "tls.cert.name_invalid:wrong_host",
        "tls.version_or_cipher_mismatch:no_shared_cipher",
        "tls.closed:in_handshake",
        "tls.protocol.error.not_tls:plain_http",
    ],
)
def test_every_fault_has_its_kind_and_a_bad_certificate_its_dates(looking, lab, fault):
    check = at(looking, lab, lab.start(fault))

    assert (check.up, check.kind) == (False, fault.partition(":")[0])
    if fault.startswith("tls.cert."):
        assert (check.certificate.not_after < time.time()) is ("expired" in fault)


def test_a_handshake_that_does_not_end_times_out(looking, lab):
    check = at(looking, lab, lab.start("tls.timed_out:trickling_server_hello"), timeout=0.5)

    assert (check.up, check.kind) == (False, "tls.timed_out")


def test_missing_authority_file_blames_nobody(looking, lab):
    check = at(looking, lab, lab.start("ok:tls"), ca="/nowhere.pem")

    assert (check.up, check.kind) == (None, "config.tls_files_invalid")
