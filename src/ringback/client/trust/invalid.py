"""The error of a certificate file that cannot be used: it names the file and the fix."""

import ssl
from pathlib import Path

from ringback.client.trust.model import ClientCertificate
from ringback.errors import specialise
from ringback.failure import KINDS, Failure

_KIND = "config.tls_files_invalid"
_ASKED_AS = "give a PEM file, which begins with -----BEGIN"


def tls_files_invalid(message: str, cause: BaseException | None = None) -> BaseException:
    """Return the exception to raise: an ``OSError`` and a ``ringback.errors.TLSFilesInvalid``.

    Args:
        message: Which file, what is wrong with it, and what to do.
        cause: What OpenSSL or the operating system said.
    """
    error = OSError(message)
    error.__cause__ = cause
    failure = Failure(
        kind=_KIND,
        phase="config",
        delivered=KINDS[_KIND].delivered,
        message=message,
        evidence=(type(cause).__name__,) if cause else (),
        errno=cause.errno if isinstance(cause, OSError) and not _of_openssl(cause) else None,
        code=getattr(cause, "reason", None),
        cause=error,
    )
    return specialise(error, failure)


def authority_invalid(path: str, cause: OSError, origin: str = "") -> BaseException:
    """Return the exception for a file of authorities that cannot be loaded.

    Args:
        path: The file.
        cause: What OpenSSL or the operating system said.
        origin: Who named the file, to stand behind it.
    """
    return tls_files_invalid(f"CA file {path}{origin}: {_wrong_with(path, cause)}", cause)


def client_certificate_invalid(
    own: ClientCertificate, cause: OSError, *, encrypted: bool
) -> BaseException:
    """Return the exception for a client certificate or key that cannot be loaded.

    Args:
        own: The files.
        cause: What OpenSSL or the operating system said.
        encrypted: The key was encrypted, and a password tried.
    """
    for path, what in ((own.certificate, "client certificate"), (own.key, "client key")):
        if path is not None and (found := _unreadable(path)):
            return tls_files_invalid(f"{what} {path}: {found}", cause)
    where = f"client certificate {own.certificate}" + (f" with key {own.key}" if own.key else "")
    return tls_files_invalid(f"{where}: {_mismatch(cause, encrypted=encrypted)}", cause)


def _wrong_with(path: str, cause: OSError) -> str:
    found = _unreadable(path)
    if found:
        return found
    if not _of_openssl(cause):
        return f"{cause.strerror}; check the path"
    beginning = Path(path).read_bytes()[:2]
    if beginning == b"\x30\x82":  # an ASN.1 SEQUENCE: a certificate as DER
        return "it is in DER form; convert it with: openssl x509 -inform der -in FILE -out ca.pem"
    if getattr(cause, "reason", None) == "NO_CERTIFICATE_OR_CRL_FOUND":
        return f"it holds no certificate; {_ASKED_AS} CERTIFICATE"
    return "a certificate in it is damaged; fetch the file again"


def _unreadable(path: str) -> str | None:
    """Say what the operating system has against a file, or that it is empty."""
    try:
        if Path(path).is_dir():
            return None
        with Path(path).open("rb") as file:
            return None if file.read(1) else f"it is empty; {_ASKED_AS}"
    except FileNotFoundError:
        return "there is no such file; check the path, and that it is mounted here"
    except PermissionError:
        return "this process may not read it; make it readable for the account that runs this"
    except OSError as error:
        return f"{error.strerror}; check the path"


def _mismatch(cause: OSError, *, encrypted: bool) -> str:
    reason = getattr(cause, "reason", None)
    if reason == "KEY_VALUES_MISMATCH":
        return "the key does not belong to the certificate; give the key it was issued for"
    if encrypted:
        return "the password of the key is wrong; give the right one"
    return f"it is no certificate and key in PEM form ({reason or cause}); {_ASKED_AS}"


def _of_openssl(cause: OSError) -> bool:
    return isinstance(cause, ssl.SSLError)
