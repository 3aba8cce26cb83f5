"""Loading what a trust names into an SSL context."""

import os
import ssl
from functools import lru_cache

from ringback.client.trust.invalid import (
    authority_invalid,
    client_certificate_invalid,
    tls_files_invalid,
)
from ringback.client.trust.model import PEM_BEGINS, ClientCertificate, Trust
from ringback.client.trust.system import is_hashed_directory


@lru_cache(maxsize=1)
def certifi_bundle() -> str:
    """Return the path of certifi's bundle.

    Raises:
        ImportError: certifi is not installed.
    """
    try:
        import certifi  # noqa: PLC0415 - comes with the clients that want it
    except ImportError as error:
        raise ImportError("trust in certifi's bundle needs certifi: pip install certifi") from error
    return certifi.where()


def files_of(trust: Trust) -> list[str]:
    """Return the files and directories with authorities that a trust names, but the system's.

    Args:
        trust: Whom to trust.

    Raises:
        ImportError: certifi is named and not installed.
    """
    own = [one for one in trust.ca if PEM_BEGINS not in one]
    return [certifi_bundle(), *own] if trust.certifi else own


def load_authorities(context: ssl.SSLContext, trust: Trust) -> None:
    """Let a context trust the authorities that are named, but the system's.

    Args:
        context: Changed.
        trust: Whom to trust.

    Raises:
        ringback.errors.TLSFilesInvalid: A file cannot be used.
    """
    for path in files_of(trust):
        _load_path(context, path)
    for text in trust.ca:
        if PEM_BEGINS in text:
            _load_text(context, text)


def load_client_certificate(context: ssl.SSLContext, own: ClientCertificate) -> None:
    """Let a context present a certificate.

    Args:
        context: Changed.
        own: The certificate, its key and the password.

    Raises:
        ringback.errors.TLSFilesInvalid: A file cannot be used, or the password is missing.
    """
    encrypted = False

    def password() -> str:
        # Without this, OpenSSL would ask at the terminal and wait.
        nonlocal encrypted
        encrypted = True
        if own.password is None:
            raise _PasswordMissingError
        return own.password

    try:
        context.load_cert_chain(own.certificate, own.key, password)
    except _PasswordMissingError:
        raise tls_files_invalid(
            f"client key {own.key or own.certificate}: it is encrypted; "
            "give its password with the certificate"
        ) from None
    except OSError as error:
        raise client_certificate_invalid(own, error, encrypted=encrypted) from None


class _PasswordMissingError(Exception):
    pass


def _load_path(context: ssl.SSLContext, path: str) -> None:
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where it may not look
        if not is_hashed_directory(path):
            raise tls_files_invalid(
                f"CA directory {path}: no certificate in it has a hashed name; "
                f"run: openssl rehash {path}"
            )
        context.load_verify_locations(capath=path)
        return
    try:
        context.load_verify_locations(cafile=path)
    except OSError as error:
        raise authority_invalid(path, error) from None


def _load_text(context: ssl.SSLContext, text: str) -> None:
    try:
        context.load_verify_locations(cadata=text)
    except ssl.SSLError as error:
        raise tls_files_invalid(
            "CA given as a PEM text: a certificate in it is damaged; copy it again, with its "
            "BEGIN and END lines",
            error,
        ) from None
