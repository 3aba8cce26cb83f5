import hashlib
import ssl
import sys
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ringback.testing.lab.certificates import leaf, new_authority
from ringback.testing.lab.healthy import over_tls


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


@pytest.mark.parametrize(
    "fault", ["bad_client_auth_cert:tls12", "version_or_cipher_mismatch:no_shared_cipher"]
)
@pytest.mark.parametrize(
    ("type_", "scheme"), [("tls", "tls"), ("http", "https"), ("service", "rediss")]
)
def test_alert_handshake_failure_means_a_certificate_where_the_server_asked_for_one(
    looking, lab, fault, type_, scheme
):
    url = lab.start(f"tls.{fault}").url.replace("https", scheme)
    check = looking.at(url, type_, ca=lab.certificates.bundle)

    assert (check.up, check.kind) == (False, f"tls.{fault.partition(':')[0]}")


def test_a_handshake_that_does_not_end_times_out(looking, lab):
    check = at(looking, lab, lab.start("tls.timed_out:trickling_server_hello"), timeout=0.5)

    assert (check.up, check.kind) == (False, "tls.timed_out")


def test_missing_authority_file_blames_nobody(looking, lab):
    check = at(looking, lab, lab.start("ok:tls"), ca="/nowhere.pem")

    assert (check.up, check.kind) == (None, "config.tls_files_invalid")


def issued(lab, tmp_path, *chain):
    """A TLS server whose certificate is of the first of some authorities, and that sends them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file = tmp_path / f"{len(list(tmp_path.iterdir()))}.pem"
    file.write_bytes(leaf(chain[0]).pem(*chain))
    context.load_cert_chain(file)
    return lab.listen(over_tls(context), scheme="https")


@pytest.mark.skipif(sys.version_info < (3, 13), reason="Python does not tell the issuers")
@pytest.mark.parametrize("type_", ["http", "tls"])
def test_an_issuer_that_ends_first_is_seen_and_one_that_is_not_needed_is_not(
    looking, lab, tmp_path, type_
):
    root, ended = lab.certificates.root, new_authority("old root", days=(-20, -2))
    ending = new_authority("ending", issuer=root, days=(-2, 4))
    needed, other = issued(lab, tmp_path, ending), issued(lab, tmp_path, root, ended)
    options = {"ca": lab.certificates.bundle, "expect": {"certificate_days": 7}}

    scheme = "https" if type_ == "http" else type_
    soon = looking.at(f"{scheme}://127.0.0.1:{needed.port}", type_, **options)
    assert (soon.up, soon.kind) == (False, "tls.cert.invalid")
    assert "the certificate of the issuer CN=ending ends in" in soon.detail
    assert soon.other_certificate.not_after < soon.certificate.not_after
    well = looking.at(f"{scheme}://127.0.0.1:{other.port}", type_, **options)
    assert (well.up, well.detail) == (True, "")
    assert well.other_certificate.whose == "the issuer CN=ringback lab root"
