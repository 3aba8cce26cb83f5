import hashlib
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nightly import one_of_each
from requires import requires

from ringback.testing.lab import FAULTS


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


ELSEWHERE = (
    "tls.cert.revoked",
    "tls.bad_client_auth_cert",
    "tls.closed:after_request",
    "tls.closed:without_close_notify",
    "tls.protocol.error:corrupted_record",
)
"""Faults that a handshake is over before, or does not ask about."""

MET = [name for name in FAULTS if name.startswith("tls.") and not name.startswith(ELSEWHERE)]


def kind_of(fault):
    return fault.partition(":")[0]


@pytest.mark.parametrize(
    "fault", one_of_each([name for name in MET if "timed_out" not in name], kind_of, turn=1)
)
def test_every_fault_has_its_kind_and_a_bad_certificate_its_dates(looking, lab, fault):
    requires(*FAULTS[fault].needs)
    check = at(looking, lab, lab.start(fault))

    assert (check.up, check.kind) == (False, kind_of(fault))
    if fault.startswith("tls.cert."):
        assert (check.certificate.not_after < time.time()) is ("expired" in fault)


def test_a_handshake_that_does_not_end_times_out(looking, lab):
    check = at(looking, lab, lab.start("tls.timed_out:trickling_server_hello"), timeout=0.5)

    assert (check.up, check.kind) == (False, "tls.timed_out")


def test_missing_authority_file_blames_nobody(looking, lab):
    check = at(looking, lab, lab.start("ok:tls"), ca="/nowhere.pem")

    assert (check.up, check.kind) == (None, "config.tls_files_invalid")
