"""The trust store of the operating system."""

import os
import ssl
import sys
from functools import lru_cache
from pathlib import Path

from ringback.client.trust.invalid import authority_invalid, tls_files_invalid
from ringback.client.trust.shared import Sealed

DELEGATES = sys.platform in {"darwin", "win32"}
"""Whether the system itself verifies certificates, through truststore.

Elsewhere the store is files for OpenSSL, and truststore would read them again for each
connection: 30 ms each, with the context locked over the handshake.
"""

_BUNDLES = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""Where Alpine and BSD, Fedora, older Red Hat, Debian and SUSE keep their bundle, for a Python
whose OpenSSL was built to look elsewhere."""


def system_candidates() -> tuple[str, ...]:
    """Return every file and directory in which the system's authorities may be."""
    return _candidates(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=8)
def _candidates(file: str | None, directory: str | None) -> tuple[str, ...]:
    built_in = ssl.get_default_verify_paths()
    openssl = (file or built_in.openssl_cafile, directory or built_in.openssl_capath)
    return tuple(dict.fromkeys((*openssl, *_BUNDLES)))


def load_system(context: ssl.SSLContext) -> None:
    """Let a context trust whom the system trusts, as every program that uses OpenSSL.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` come first.

    Args:
        context: Changed.

    Raises:
        ringback.errors.TLSFilesInvalid: ``SSL_CERT_FILE`` names a file that cannot be used, or
            there is no store.
    """
    asked = os.environ.get("SSL_CERT_FILE")
    file, directory, *bundles = system_candidates()
    found = _loaded(context, file, needed=bool(asked))
    if is_hashed_directory(directory):
        context.load_verify_locations(capath=directory)
        found = True
    if not found and not any(_loaded(context, bundle, needed=False) for bundle in bundles):
        raise tls_files_invalid(
            "this machine has no trust store; install ca-certificates (apt-get, apk or dnf), "
            "set SSL_CERT_FILE, or trust certifi"
        )


def _loaded(context: ssl.SSLContext, file: str, *, needed: bool) -> bool:
    if not needed and not Path(file).is_file():
        return False
    try:
        context.load_verify_locations(cafile=file)
    except OSError as error:
        raise authority_invalid(file, error, " (from SSL_CERT_FILE)" if needed else "") from None
    return True


def delegating_context() -> ssl.SSLContext:
    """Return a context that lets the system verify; own authorities can be added to it.

    Raises:
        ImportError: truststore is not installed.
    """
    try:
        import truststore  # noqa: PLC0415 - an extra, for some platforms only
    except ImportError as error:
        raise ImportError(
            "the system's trust store needs truststore here: pip install 'ringback[truststore]'"
        ) from error

    class Delegating(Sealed, truststore.SSLContext):
        """truststore's context, to be shared."""

    return Delegating(ssl.PROTOCOL_TLS_CLIENT)


def is_hashed_directory(path: str) -> bool:
    """Return whether a directory holds certificates under hashed names (``openssl rehash``).

    Args:
        path: The directory.
    """
    try:
        with os.scandir(path) as entries:
            return any(_is_hashed(entry.name) for entry in entries)
    except OSError:
        return False


def _is_hashed(name: str) -> bool:
    stem, _, number = name.partition(".")
    return len(stem) == 8 and number.isdigit() and not stem.strip("0123456789abcdef")
