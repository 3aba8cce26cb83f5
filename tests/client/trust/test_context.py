import os
import shutil
import socket
import ssl
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as pem

from ringback import errors
from ringback.client.trust import Trust, context, ssl_context
from ringback.client.trust.context import certifi_bundle


def shakes_hands(endpoint, made):
    """Do a handshake; return what the server's certificate is for, if it was verified."""
    with (
        socket.create_connection((endpoint.host, endpoint.port), 5) as plain,
        made.wrap_socket(plain, server_hostname=endpoint.host) as secured,
    ):
        return secured.getpeercert()


@pytest.fixture(autouse=True)
def nothing_cached():
    context._MADE.clear()


@pytest.fixture
def endpoint(lab):
    return lab.start("ok:tls")


# Whom it trusts


def test_system_and_own_are_merged(endpoint, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", certifi_bundle())
    made = ssl_context(Trust.of("system", endpoint.verify))
    assert len(made.get_ca_certs()) > 50
    assert shakes_hands(endpoint, made)


def test_a_system_that_verifies_itself_gets_the_own_authorities_too(endpoint, monkeypatch):
    monkeypatch.setattr(context, "DELEGATES", True)
    made = ssl_context(Trust.of("system", endpoint.verify), host="a.example")
    assert shakes_hands(endpoint, made)
    assert made is ssl_context(Trust.of("system", endpoint.verify), host="a.example")
    # One handshake at a time goes through each: hosts must not wait for one another.
    assert made is not ssl_context(Trust.of("system", endpoint.verify), host="b.example")
    made.verify_mode = ssl.CERT_REQUIRED
    with pytest.raises(RuntimeError):
        made.verify_mode = ssl.CERT_NONE


def test_without_truststore_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setattr(context, "DELEGATES", True)
    monkeypatch.setitem(sys.modules, "truststore", None)
    with pytest.raises(ImportError, match=r"pip install 'ringback\[truststore\]'"):
        ssl_context(Trust.of("system"))


# What is shared


def test_the_same_is_made_once(endpoint):
    assert ssl_context(Trust.of(endpoint.verify)) is ssl_context(Trust.of(endpoint.verify))


@pytest.mark.parametrize(
    "other", [{"verify": False}, {"alpn": ("h2", "http/1.1")}, {"alpn": ("http/1.1", "h2")}]
)
def test_what_differs_is_not_shared(endpoint, other):
    trust = Trust.of(endpoint.verify)
    assert ssl_context(trust) is not ssl_context(trust, **other)


def test_keys_are_logged_only_where_the_environment_asks(endpoint, monkeypatch, tmp_path):
    trust = Trust.of(endpoint.verify)
    silent = ssl_context(trust)
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert shakes_hands(endpoint, ssl_context(trust))
    assert silent.keylog_filename is None
    assert "CLIENT_HANDSHAKE_TRAFFIC_SECRET" in (tmp_path / "keys").read_text()
    ssl_context(trust).keylog_filename = str(tmp_path / "keys")


# Files that change


def test_a_file_that_changes_is_read_again(lab, endpoint, tmp_path):
    file = tmp_path / "ca.pem"
    shutil.copy(certifi_bundle(), file)
    before = ssl_context(Trust.of(file))
    with pytest.raises(ssl.SSLCertVerificationError):
        shakes_hands(endpoint, before)
    shutil.copy(endpoint.verify, file)
    assert shakes_hands(endpoint, ssl_context(Trust.of(file)))


def test_a_store_that_appears_is_used(endpoint, tmp_path, monkeypatch):
    file = tmp_path / "late.pem"
    monkeypatch.setattr(context, "_BUNDLES", (str(file),))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setattr(
        ssl,
        "get_default_verify_paths",
        lambda: ssl.DefaultVerifyPaths("", "", "SSL_CERT_FILE", "/no/file", "SSL_CERT_DIR", "/no"),
    )
    context._candidates.cache_clear()
    try:
        with pytest.raises(errors.TLSFilesInvalid, match="install ca-certificates"):
            ssl_context(Trust.of("system"))
        shutil.copy(endpoint.verify, file)
        assert shakes_hands(endpoint, ssl_context(Trust.of("system")))
    finally:
        context._candidates.cache_clear()


# Files that are wrong


def wrong(trust):
    with pytest.raises(errors.TLSFilesInvalid) as caught:
        ssl_context(trust)
    assert caught.value.failure.kind == "config.tls_files_invalid"
    assert caught.value.failure.delivered == "no"
    assert isinstance(caught.value, OSError)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is empty; give a PEM file"),
        (b"<html>", "it holds no certificate; give a PEM file"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "damaged"),
        (b"\x30\x82\x01", "convert it with: openssl x509 -inform der"),
        (None, "there is no such file; check the path"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_fix(tmp_path, content, says):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    assert f"CA file {file}: " in (message := wrong(Trust.of(file)))
    assert says in message


def test_a_bundle_with_one_damaged_certificate_is_not_half_trusted(endpoint, tmp_path):
    file = tmp_path / "ca.pem"
    shutil.copy(endpoint.verify, file)
    with file.open("a") as more:
        more.write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert "damaged" in wrong(Trust.of(file))


@pytest.mark.skipif(os.name != "posix", reason="file modes of POSIX")
def test_a_file_that_may_not_be_read_says_so(endpoint, tmp_path):
    file = tmp_path / "ca.pem"
    shutil.copy(endpoint.verify, file)
    file.chmod(0)
    user = os.geteuid()
    if user == 0:  # root may read everything
        os.seteuid(65534)
    try:
        message = wrong(Trust.of(file))
    finally:
        os.seteuid(user)
    assert "this process may not read it" in message


def test_a_directory_without_hashed_names_says_what_to_run(tmp_path):
    (tmp_path / "ca.pem").write_text("x")
    assert f"run: openssl rehash {tmp_path}" in wrong(Trust.of(tmp_path))


def test_a_missing_file_of_the_environment_is_no_empty_store(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/bundle.pem")
    message = wrong(Trust.of("system"))
    assert "CA file /no/such/bundle.pem (from SSL_CERT_FILE): there is no such file" in message


def test_a_key_of_another_certificate_says_so(lab, endpoint, tmp_path):
    certificate, key = lab.certificates.file("client"), lab.certificates.file("unknown_client")
    message = wrong(Trust.of(endpoint.verify, client_certificate=(certificate, key)))
    assert certificate in message
    assert key in message
    assert "the key does not belong to the certificate" in message


@pytest.mark.parametrize(
    ("password", "says"),
    [(None, "it is encrypted; give its password"), ("wrong", "the password of the key is wrong")],
)
def test_an_encrypted_key_is_never_asked_for_at_the_terminal(
    lab, endpoint, tmp_path, password, says
):
    certificate, key = encrypted(lab, tmp_path)
    message = wrong(Trust.of(endpoint.verify, client_certificate=(certificate, key, password)))
    assert says in message
    assert str(key) in message


def test_an_encrypted_key_is_opened_with_its_password(lab, endpoint, tmp_path):
    certificate, key = encrypted(lab, tmp_path)
    own = (certificate, key, "open sesame")
    assert ssl_context(Trust.of(endpoint.verify, client_certificate=own))


@pytest.mark.parametrize("which", [0, 1])
def test_a_missing_client_file_is_named(lab, endpoint, which):
    files = [lab.certificates.file("client")] * 2
    files[which] = "/no/such/file.pem"
    message = wrong(Trust.of(endpoint.verify, client_certificate=tuple(files)))
    assert ("client key" if which else "client certificate") + " /no/such/file.pem: " in message


def encrypted(lab, directory):
    key = directory / "key.pem"
    pair = Path(lab.certificates.file("client")).read_bytes()
    private = pem.load_pem_private_key(pair[pair.index(b"-----BEGIN PRIVATE") :], None)
    secret = pem.BestAvailableEncryption(b"open sesame")
    key.write_bytes(private.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, secret))
    return lab.certificates.file("client"), key


def test_an_authority_can_be_a_text(endpoint):
    assert shakes_hands(endpoint, ssl_context(Trust.of(Path(endpoint.verify).read_text())))


def test_a_file_that_is_replaced_with_the_same_time_and_size_is_read_again(endpoint, tmp_path):
    file, new = tmp_path / "ca.pem", tmp_path / "new.pem"
    shutil.copy2(endpoint.verify, file)
    before = ssl_context(Trust.of(file))
    shutil.copy2(endpoint.verify, new)
    new.rename(file)
    assert ssl_context(Trust.of(file)) is not before


def test_a_client_key_that_changes_is_read_again(lab, endpoint, tmp_path):
    file = tmp_path / "client.pem"
    shutil.copy(lab.certificates.file("client"), file)
    trust = Trust.of(endpoint.verify, client_certificate=file)
    before = ssl_context(trust)
    shutil.copy(lab.certificates.file("unknown_client"), file)
    assert ssl_context(trust) is not before


def test_a_stricter_policy_of_this_host_is_kept():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3  # as OpenSSL's own file makes it
    context._set_up(made, verify=True)
    assert made.minimum_version is ssl.TLSVersion.TLSv1_3
