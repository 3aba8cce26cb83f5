"""An SSL context for each trust, made once: with the files, the texts and the system's store."""

import os
import ssl
import sys
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from ringback.client.trust.model import PEM_BEGINS, ClientCertificate, Trust
from ringback.client.trust.shared import Sealed, SharedContext, report_cuts
from ringback.errors import specialise
from ringback.failure import KINDS, Failure

_KIND: Final = "config.tls_files_invalid"
_ASKED_AS = "give a PEM file, which begins with -----BEGIN"


def tls_files_invalid(message: str, cause: BaseException | None = None) -> BaseException:
    """Return the exception to raise: an ``OSError`` and a ``ringback.errors.TLSFilesInvalid``."""
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
    """Return the exception for a file of authorities that cannot be loaded."""
    return tls_files_invalid(f"CA file {path}{origin}: {_wrong_with(path, cause)}", cause)


def client_certificate_invalid(
    own: ClientCertificate, cause: OSError, *, encrypted: bool
) -> BaseException:
    """Return the exception for a client certificate or key that cannot be loaded."""
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
    """Return a context that lets the system verify; own authorities can be added to it."""
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
    """Return whether a directory holds certificates under hashed names (``openssl rehash``)."""
    try:
        with os.scandir(path) as entries:
            return any(_is_hashed(entry.name) for entry in entries)
    except OSError:
        return False


def _is_hashed(name: str) -> bool:
    stem, _, number = name.partition(".")
    return len(stem) == 8 and number.isdigit() and not stem.strip("0123456789abcdef")


@lru_cache(maxsize=1)
def certifi_bundle() -> str:
    """Return the path of certifi's bundle."""
    try:
        import certifi  # noqa: PLC0415 - comes with the clients that want it
    except ImportError as error:
        raise ImportError("trust in certifi's bundle needs certifi: pip install certifi") from error
    return certifi.where()


def files_of(trust: Trust) -> list[str]:
    """Return the files and directories with authorities that a trust names, but the system's."""
    own = [path for path in trust.ca if PEM_BEGINS not in path]
    return [certifi_bundle(), *own] if trust.certifi else own


def load_authorities(context: ssl.SSLContext, trust: Trust) -> None:
    """Let a context trust the authorities that are named, but the system's."""
    for path in files_of(trust):
        _load_path(context, path)
    for text in trust.ca:
        if PEM_BEGINS in text:
            _load_text(context, text)


def load_client_certificate(context: ssl.SSLContext, own: ClientCertificate) -> None:
    """Let a context present a certificate."""
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


MAX_CONTEXTS = 64
"""Contexts kept; the one not asked for longest goes first."""

_HTTP_1 = ("http/1.1",)

FileState = tuple[str, int, int, int, int] | tuple[str]
"""A file and what tells that it changed; the path alone where there is no such file."""


class _Key(NamedTuple):
    trust: Trust
    verify: bool
    alpn: tuple[str, ...]
    host: str
    brief: bool
    files: tuple[FileState, ...]
    keylog: str | None


_MADE: OrderedDict[_Key, ssl.SSLContext] = OrderedDict()
_LOCK = Lock()


def ssl_context(
    trust: Trust,
    *,
    verify: bool = True,
    alpn: tuple[str, ...] = _HTTP_1,
    host: str = "",
    brief: bool = False,
) -> ssl.SSLContext:
    """Return the SSL context for a trust; the same one until a file of it changes.

    A context costs some 25 ms and 800 kB, mostly for the authorities in it, so it is shared by
    all who ask for the same. It cannot be changed (see ``Sealed``).

    Args:
        trust: Whom to trust, and what to present.
        verify: Verify the server's certificate and name. Without it any server is accepted.
        alpn: Application protocols to offer (RFC 7301). A context with others is another one.
        host: Whom it is for. Only on macOS and Windows, where the system verifies, each host
            has a context of its own: truststore lets one handshake at a time through each.
        brief: Offer no key exchange by which a server can have a handshake take long: with DHE it
            chooses the prime, and one of 10,000 bits takes 0.6 s of CPU. Browsers do not offer it.

    Raises:
        ringback.errors.TLSFilesInvalid: A file is missing, unreadable, empty or damaged; the
            message names it and says what to do.
        ImportError: truststore or certifi is asked for and not installed.
    """
    delegated = trust.system and verify and DELEGATES
    key = _Key(
        trust,
        verify,
        alpn,
        host if delegated else "",
        brief,
        tuple(map(_state, _files(trust, verify=verify, delegated=delegated))),
        os.environ.get("SSLKEYLOGFILE"),
    )
    with _LOCK:
        context = _MADE.get(key)
        if context is None:
            context = _MADE[key] = _make(key, delegated=delegated)
        _MADE.move_to_end(key)
        while len(_MADE) > MAX_CONTEXTS:
            _MADE.popitem(last=False)
    return context


def _files(trust: Trust, *, verify: bool, delegated: bool) -> list[str]:
    """Every file that decides what is in the context."""
    files = files_of(trust) if verify else []
    if trust.system and verify and not delegated:
        files.extend(system_candidates())
    if own := trust.client_certificate:
        files.extend(path for path in (own.certificate, own.key) if path)
    return files


def _state(path: str) -> FileState:
    try:
        now = os.stat(path)  # noqa: PTH116 - asked for with each call; a Path would cost as much again
    except OSError:
        return (path,)
    return path, now.st_dev, now.st_ino, now.st_mtime_ns, now.st_size


def _make(key: _Key, *, delegated: bool) -> ssl.SSLContext:
    context = delegating_context() if delegated else SharedContext(ssl.PROTOCOL_TLS_CLIENT)
    _set_up(context, verify=key.verify)
    if key.verify:
        load_authorities(context, key.trust)
        if key.trust.system and not delegated:
            load_system(context)
    if key.trust.client_certificate:
        load_client_certificate(context, key.trust.client_certificate)
    if key.brief:
        offered = [cipher["name"] for cipher in context.get_ciphers()]
        context.set_ciphers(":".join(name for name in offered if not name.startswith("DHE-")))
    context.set_alpn_protocols(list(key.alpn))
    if key.keylog:
        context.keylog_filename = key.keylog
    assert isinstance(context, Sealed)
    context.seal(key.alpn)
    return context


def _set_up(context: ssl.SSLContext, *, verify: bool) -> None:
    """Set what ``ssl.create_default_context`` and urllib3 set, and that a cut is no end."""
    report_cuts(context)
    # This host's policy for OpenSSL may want more.
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    context.check_hostname = verify
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    context.hostname_checks_common_name = False  # RFC 9110, section 4.3.4
    context.post_handshake_auth = True  # a TLS 1.3 server may ask for a certificate later
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
