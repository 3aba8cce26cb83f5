import subprocess
import threading
from pathlib import Path

import pytest
from cryptography import x509

from ringback.testing.lab.certificates import ISSUED, Certificates
from tests.requires import requires

# How many certificates are sent, and what openssl says of them.
SENT = {"good": 2, "expiring": 2, "untrusted_root": 2}
SAID = {
    "good": "OK",
    "expiring": "OK",
    "expired": "certificate has expired",
    "not_yet_valid": "certificate is not yet valid",
    "self_signed": "self-signed certificate",
    "unknown_issuer": "unable to get local issuer certificate",
    "missing_intermediate": "unable to get local issuer certificate",
    "revoked": "certificate revoked",
}


@pytest.fixture
def certificates(tmp_path):
    return Certificates(tmp_path)


@pytest.mark.parametrize("name", ISSUED)
def test_the_file_holds_what_is_sent_and_the_key(certificates, name):
    pem = Path(certificates.file(name)).read_bytes()
    assert len(x509.load_pem_x509_certificates(pem)) == SENT.get(name, 1)
    assert pem.count(b"PRIVATE KEY") == 2


@pytest.mark.parametrize("name", ISSUED)
def test_a_server_can_present_it(certificates, name):
    assert certificates.server(name)


@pytest.mark.parametrize("name", SAID)
def test_openssl_says_the_same(certificates, name):
    requires("openssl")
    file = certificates.file(name)
    trust = ["-CAfile", certificates.bundle, "-untrusted", file]
    if name == "revoked":
        trust = ["-CAfile", certificates.bundle_with_revocations, "-crl_check"]
    if name == "missing_intermediate":
        trust = ["-CAfile", certificates.bundle]
    command = ["openssl", "verify", "-x509_strict", *trust, file]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert SAID[name] in ran.stdout + ran.stderr


def test_each_is_made_once_whoever_asks(certificates):
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(Path(certificates.file("good")).read_bytes()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_two_labs_trust_different_roots(tmp_path):
    one, other = (Certificates(Path(tmp_path / name)) for name in "ab")
    for name in "ab":
        (tmp_path / name).mkdir()
    assert Path(one.bundle).read_bytes() != Path(other.bundle).read_bytes()
