"""Whom the program trusts, as contexts for a diagnosis."""

from __future__ import annotations

import os
import ssl
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ringback.client.trust import Trust
from ringback.client.trust.context import load_authorities, load_client_certificate, load_system
from ringback.client.trust.model import PEM_BEGINS
from ringback.client.trust.shared import report_cuts
from ringback.diagnosis.facts import TrustFacts
from ringback.diagnosis.layer.spoken import printable_text
from ringback.diagnosis.layer.tls_handshake import watch_messages

if TYPE_CHECKING:
    from ringback.diagnosis.context import DiagnosisContext


_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
_OLD_CIPHERS = "ALL:@SECLEVEL=0"
_LEGACY_CONNECT = 0x4
"""OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT: servers without RFC 5746."""


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The authorities a program trusts."""

    trust: Trust  # The same as a trust
    source: str  # `given`, `certifi`, `system` or the name of an environment variable

    @property
    def place(self) -> str | None:
        """The files it is read from, where they are named."""
        trust = self.trust
        named = [file for file in trust.ca if PEM_BEGINS not in file]
        if trust.certifi:
            named.append("certifi")
        if trust.system:
            named.append(os.environ.get(self.source) or "the system")
        return ", ".join(named) or None


_SYSTEM = TrustStore(Trust(system=True), "system")
_CERTIFI = TrustStore(Trust(certifi=True), "certifi")


def store_of(context: DiagnosisContext) -> TrustStore:
    """Return whom the program trusts: as it was said, or as requests, curl and OpenSSL choose."""
    if context.options.trust is not None:
        return TrustStore(context.options.trust, "given")
    variable = next((name for name in _VARIABLES if os.environ.get(name)), None)
    if variable is None:
        return _CERTIFI if find_spec("certifi") else _SYSTEM
    if variable.startswith("SSL_"):
        return TrustStore(Trust(system=True), variable)
    return TrustStore(Trust(ca=(os.environ[variable],)), variable)


def context_of_program(context: DiagnosisContext) -> tuple[ssl.SSLContext, TrustStore]:
    """Return a context that trusts whom the program trusts, and record how many authorities it has.

    Where a file cannot be used that is recorded, and the context trusts what could be loaded.
    """
    since = context.now()
    store = store_of(context)
    ssl_context = verifying()
    problem: str | None = None
    try:
        load_trust(ssl_context, store.trust)
    except (OSError, ImportError) as error:
        problem = printable_text(str(error))
    has = ssl_context.cert_store_stats()["x509_ca"]
    context.record(
        TrustFacts,
        store.source,
        state="failed" if problem else "noted",
        result=problem or f"{has} authorities from {store.place or 'a folder'}",
        kind="config.tls_files_invalid" if problem else None,
        since=since,
        facts=TrustFacts(
            source=store.source,
            path=store.place,
            authorities=has,
            loaded=problem is None,
            error=problem,
            client_certificate=store.trust.client_certificate is not None,
        ),
    )
    return ssl_context, store


def other_store(store: TrustStore) -> TrustStore | None:
    """Return the authorities of the system, or where it is these that are used, certifi's."""
    if not store.trust.system or os.environ.get("SSL_CERT_FILE"):
        return _SYSTEM
    return None if store.trust.certifi or not find_spec("certifi") else _CERTIFI


def verifying() -> ssl.SSLContext:
    """Return a context that verifies, set up as those of ``ringback.client.trust``.

    It trusts nobody yet, and is not shared: it notes the messages of its connections.
    """
    ssl_context = _bare()
    ssl_context.check_hostname = True
    ssl_context.verify_mode = ssl.CERT_REQUIRED
    if sys.version_info >= (3, 13):
        ssl_context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    return ssl_context


def load_trust(ssl_context: ssl.SSLContext, trust: Trust) -> None:
    """Let a context trust, and present, what a trust says; ``OSError``: a file cannot be used."""
    load_authorities(ssl_context, trust)
    if trust.system:
        load_system(ssl_context)
    if trust.client_certificate:
        load_client_certificate(ssl_context, trust.client_certificate)


def unverifying() -> ssl.SSLContext:
    """Return a context that takes any certificate; no secret may be sent over it."""
    ssl_context = _bare()
    ssl_context.check_hostname = False
    ssl_context.verify_mode = ssl.CERT_NONE
    return ssl_context


def tolerant() -> ssl.SSLContext:
    """Return a context that takes any certificate, and any version and cipher OpenSSL has."""
    ssl_context = unverifying()
    # Naming TLS 1.0 instead would warn that it is deprecated, in the program's own log.
    ssl_context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    ssl_context.set_ciphers(_OLD_CIPHERS)
    ssl_context.options |= _LEGACY_CONNECT
    return ssl_context


_NUMBERED = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


def is_offered(version: str, cipher: str) -> bool:
    """Return whether a program here offers this version and cipher, by OpenSSL's own settings."""
    ssl_context = verifying()
    newest = ssl_context.maximum_version
    known = _NUMBERED.get(version)
    if known is None or known < ssl_context.minimum_version:
        return False
    if newest is not ssl.TLSVersion.MAXIMUM_SUPPORTED and known > newest:
        return False
    return any(cipher == offered["name"] for offered in ssl_context.get_ciphers())


def _bare() -> ssl.SSLContext:
    ssl_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    report_cuts(ssl_context)
    ssl_context.minimum_version = max(ssl_context.minimum_version, ssl.TLSVersion.TLSv1_2)
    ssl_context.hostname_checks_common_name = False  # RFC 9110, section 4.3.4
    ssl_context.post_handshake_auth = True
    ssl_context.set_alpn_protocols(["http/1.1"])
    watch_messages(ssl_context)
    return ssl_context
