"""Errors of the operating system, the resolver and TLS: the number says what the class hides."""

import errno
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, Final, TypeVar

from ringback.failure import codes
from ringback.failure.clue import EXACT, SPECIFIC, TEXT, TIMEOUT, UMBRELLA, Clue, ClueKind
from ringback.failure.frames import (
    connects_by_ipv6,
    phase_of_socket,
    reads_certificate_files,
    reads_packets,
    trace,
)
from ringback.failure.model import AddressFailure, Phase
from ringback.failure.names import KindName
from ringback.failure.settle import AT_ANY_TIME

# Operating-system and resolver errors: the number says what the class hides.

_ADDRESS = re.compile(r"Connect call failed \('([^']{1,80})', (\d{1,5})")
_SEVERAL = re.compile(
    r"\[Errno (-?\d{1,6})\] Connect call failed \('([^']{1,80})', (\d{1,5})[^)]{0,20}\)"
)
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")

_TELLING = (
    "tls.",
    "tcp.refused",
    "tcp.reset",
    "tcp.timed_out",
    "tcp.address_unreachable.host",
    "tcp.address_unreachable.prohibited",
)

_AnyKind = TypeVar("_AnyKind", bound=ClueKind)


def most_telling(kinds: Iterable[_AnyKind]) -> _AnyKind:
    """The kind that heads several addresses: an answer beats silence, silence beats no route."""
    return min(kinds, key=_silence)


def _silence(kind: ClueKind) -> int:
    ranked = (at for at, start in enumerate(_TELLING) if kind.startswith(start))
    return next(ranked, len(_TELLING))


def address_in(message: str) -> str | None:
    """``host:port`` that asyncio writes into the message of a failed connect."""
    match = _ADDRESS.search(message)
    return _joined(match[1], match[2]) if match else None


def _joined(host: str, port: object) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def os_error(exc: Any, by_name: Clue) -> Clue:
    """``OSError`` and its subclasses, which share one number space (but not with ``ssl``)."""
    number = exc.errno
    if "connect_attempts" in exc.__dict__:
        return _every_attempt(exc)
    if not isinstance(number, int):
        return _without_number(exc, by_name)
    name = _name(exc, number)
    if name is None:
        return by_name if by_name.rank >= SPECIFIC else Clue(None)
    if name in codes.NEEDS_SOCKET:
        if reads_certificate_files(exc.__traceback__):
            return Clue("config.tls_files_invalid", SPECIFIC, "config", code=name)
        if exc.filename is not None:
            return Clue(None)
    if name == "ENOENT":
        return Clue("unix.not_found", TEXT, "connect", code=name)
    return _numbered(exc, name)


def _every_attempt(exc: Any) -> Clue:
    """``ringback.client.dial`` keeps the number of each address; ``None``: no answer in time."""
    code = None if exc.errno is None else _name(exc, exc.errno)
    return _attempted(tuple(exc.connect_attempts[:20]), code)


@lru_cache(maxsize=256)
def _attempted(attempts: tuple[tuple[str, int | None], ...], code: str | None) -> Clue:
    found = tuple(AddressFailure(at, kind_of_attempt(at, number)) for at, number in attempts)
    kind = found[0].kind if len(found) == 1 else most_telling(address.kind for address in found)
    return Clue(kind, EXACT, "connect", code=code, addresses=found, final=True)


def kind_of_attempt(address: str, number: int | None) -> KindName:
    """The kind for the end of the attempt on one address."""
    if number is None:
        return "tcp.timed_out"
    if address.startswith("[") and errno.errorcode.get(number) == "EADDRNOTAVAIL":
        return _NO_IPV6
    return _kind_of_number(number)


_NO_IPV6: Final = "tcp.address_unreachable.network"
"""What EADDRNOTAVAIL means for an IPv6 address: this host has no IPv6."""


def _numbered(exc: Any, name: str) -> Clue:
    phase: Phase = "connect" if name in codes.CONNECT_ONLY else "unknown"
    kind = codes.KIND_OF_ERRNO[name]
    if name == "EADDRINUSE" and "connect" not in {
        trace(exc.__traceback__).phase,
        phase_of_socket(exc.__traceback__),
    }:
        return Clue("unknown", EXACT, final=True)  # a server that cannot listen calls nobody
    if name == "ETIMEDOUT" and phase_of_socket(exc.__traceback__) in {"send", "wait"}:
        kind = "tcp.timed_out.established"
    if name == "EADDRNOTAVAIL" and connects_by_ipv6(exc.__traceback__):
        kind, phase = _NO_IPV6, "connect"
    message = exc.strerror if isinstance(exc.strerror, str) else ""
    address = address_in(message) if "Connect call" in message else None
    if address is not None:
        if name == "EADDRNOTAVAIL" and address.count(":") > 1:
            kind = _NO_IPV6
        found = (AddressFailure(address, kind),)
        return Clue(kind, EXACT, "connect", code=name, addresses=found, final=True)
    return _plain(kind, phase, name)


@cache
def _plain(kind: KindName, phase: Phase, name: str) -> Clue:
    return Clue(kind, EXACT, phase, code=name, final=True)


def _name(exc: Any, number: int) -> str | None:
    if isinstance(exc.strerror, str) and "[SSL: " in exc.strerror:
        return None  # A library has copied it from an ``SSLError``: the number is OpenSSL's.
    windows = getattr(exc, "winerror", None)
    if isinstance(windows, int):
        return codes.WINDOWS_ERRNO.get(windows) or codes.WIN32_ERROR.get(windows)
    return codes.WINDOWS_ERRNO.get(number) if number >= 10000 else _NAME_OF_NUMBER.get(number)


_NAME_OF_NUMBER = {
    number: name
    for number, name in errno.errorcode.items()
    if name in codes.KIND_OF_ERRNO or name == "ENOENT"
}


def _without_number(exc: Any, by_name: Clue) -> Clue:
    text = str(exc)
    several = tuple(
        AddressFailure(_joined(host, port), _kind_of_number(int(number)))
        for number, host, port in _SEVERAL.findall(text[:4000])
    )
    if several:
        return Clue(
            most_telling(address.kind for address in several),
            EXACT,
            "connect",
            addresses=several,
            final=True,
        )
    tunnel = _TUNNEL.match(text)
    if tunnel:
        kind = codes.kind_of_connect_status(int(tunnel[1]))
        return Clue(kind, EXACT, "proxy", proxy=True, code=tunnel[1], final=True)
    if by_name.kind == TIMEOUT:
        return timeout(exc, by_name)
    if text.startswith("Remote end closed connection without response"):
        return Clue("http.response.invalid.empty", SPECIFIC, "wait", final=True)
    if (
        "TLS CA certificate bundle" in text
        or "TLS certificate file" in text
        or "TLS key file" in text
    ):
        return Clue("config.tls_files_invalid", SPECIFIC, "config")
    return by_name


def _kind_of_number(number: int) -> KindName:
    name = codes.WINDOWS_ERRNO.get(number) or errno.errorcode.get(number, "")
    return codes.KIND_OF_ERRNO.get(name, "tcp.failed")


def timeout(exc: Any, by_name: Clue) -> Clue:
    """A timeout without a number; CPython's ``ssl`` writes the phase into the message."""
    text = str(exc)
    if "handshake operation timed out" in text:
        return Clue("tls.timed_out", SPECIFIC, "tls")
    if "write operation timed out" in text:
        return Clue(TIMEOUT, by_name.rank, "send")
    for words, phase in _SAID:
        if words in text:
            return Clue(TIMEOUT, TEXT, phase)
    return by_name


_SAID: tuple[tuple[str, Phase], ...] = (
    ("Timeout connecting to", "connect"),
    ("Timeout reading from", "wait"),
    ("Timeout writing to", "send"),
    ("Read Operation timed out", "wait"),
    ("Write Operation timed out", "send"),
)
"""How redis-py and MySQL's Connector say what timed out."""


def end_of_file(exc: Any, by_name: Clue) -> Clue:
    """``EOFError``: paramiko lets it out bare when the server closes."""
    if reads_packets(exc.__traceback__):
        return Clue("tcp.closed", UMBRELLA, final=True)
    return by_name


def resolver_error(exc: Any, by_name: Clue) -> Clue:
    """``gaierror``: its number is the resolver's, not the operating system's."""
    number = exc.errno
    if not isinstance(number, int):
        # urllib3-future's own resolver says "Name or service not known" whatever the cause.
        vague = str(exc).endswith("resolver(s)")
        return Clue("dns.failed", SPECIFIC, "dns", final=True) if vague else by_name
    code = codes.EAI_NAME_OF_NUMBER.get(number)
    return Clue(codes.kind_of_eai(number), EXACT, "dns", code=code, final=True)


def every_address(exc: Any, by_name: Clue) -> Clue:
    """``NoValidConnectionsError`` of paramiko keeps one error per address."""
    errors = exc.errors
    found = tuple(
        AddressFailure(_joined(address[0], address[1]), _kind_of_address(inner, by_name))
        for address, inner in list(errors.items())[:20]
    )
    return Clue(
        most_telling(address.kind for address in found),
        EXACT,
        "connect",
        addresses=found,
        final=True,
    )


def _kind_of_address(error: Any, by_name: Clue) -> KindName:
    kind = os_error(error, by_name).kind
    return "tcp.timed_out" if kind == TIMEOUT else kind or "tcp.failed"


def overflow(exc: Any, by_name: Clue) -> Clue:
    """``OverflowError``: the socket module refuses a port that is none."""
    if "port must be 0-65535" in str(exc):
        return Clue("url.invalid", SPECIFIC, "config", final=True)
    return by_name


def cares_error(exc: Any, by_name: Clue) -> Clue:
    """``DNSError(code, text)`` of aiodns and pycares; the codes are those of ``ares.h``."""
    kinds: dict[int, KindName] = {
        1: "dns.no_address",
        4: "dns.name_not_resolved",
        10: "dns.temporary_failure",
        11: "dns.temporary_failure",
        12: "dns.timed_out",
    }
    number = exc.args[0] if exc.args else None
    if number in kinds:
        return Clue(kinds[number], EXACT, "dns", code=str(number), final=True)
    return Clue("dns.failed", UMBRELLA, "dns")


SYSTEM_RECOGNISERS = {
    "OSError": os_error,
    "gaierror": resolver_error,
    "TimeoutError": os_error,
    "timeout": os_error,
    "ConnectionTimeoutError": timeout,
    "ConnectionRefusedError": os_error,
    "ConnectionResetError": os_error,
    "ConnectionAbortedError": os_error,
    "BrokenPipeError": os_error,
    "NoValidConnectionsError": every_address,
    "DNSError": cares_error,
    "OverflowError": overflow,
    "EOFError": end_of_file,
}


# TLS errors: verification result, reason, alert.

_ALERT_NUMBER = re.compile(r"alert number (\d{1,3})")
_REASON_IN_TEXT = re.compile(
    r"\[(?:SSL|X509|PEM|ASN1)(?:: ([A-Z0-9_]{3,60}))?\](?: ([a-z0-9 ]{3,60}) \(_ssl)?"
)
_WITHOUT_REASON: tuple[tuple[str, KindName], ...] = (
    ("record layer failure", codes.TLS_NOT_SPOKEN),
    ("certificate required", codes.TLS_CLIENT_CERTIFICATE),
    ("no application protocol", codes.TLS_MISMATCH),
    ("unknown psk identity", codes.TLS_CLIENT_CERTIFICATE),
    ("EOF occurred", "tls.closed"),
    ("SSL module is not available", "config.tls_unavailable"),
    ("doesn't match", codes.CERT_NAME_INVALID),
    ("Fingerprints did not match", "tls.cert.pinned_key_not_in_cert_chain"),
    ("unknown error (_ssl.c", "tls.closed"),
)
_FILE_LIBRARIES = frozenset({"X509", "PEM", "ASN1", "PKCS12", "PROV", "DECODER"})


def verification(exc: Any, by_name: Clue) -> Clue:
    """``ssl.SSLCertVerificationError``: its ``verify_code`` is the X.509 verification result."""
    code = getattr(exc, "verify_code", None)
    if not isinstance(code, int):
        return tls_error(exc, by_name)
    if code == 0:
        return by_name
    return Clue(codes.kind_of_verify_code(code), EXACT, "tls", code=str(code), final=True)


def tls_error(exc: Any, by_name: Clue) -> Clue:
    """``ssl.SSLError``: its ``errno`` is OpenSSL's; only ``reason`` counts."""
    if exc.args and isinstance(exc.args[0], BaseException):  # it only wraps the real one
        return by_name
    reason = getattr(exc, "reason", None)
    if isinstance(reason, BaseException):  # urllib3 and requests wrap the real one
        return by_name
    if not isinstance(reason, str):
        reason = None
    library = getattr(exc, "library", None)
    kind = codes.KIND_OF_OPENSSL_REASON.get(reason or "")
    if kind is None and library in _FILE_LIBRARIES:
        kind = codes.TLS_FILES_INVALID
    if kind is not None:
        return Clue(kind, EXACT, _phase_of_tls(kind), code=reason, final=True)
    if reason and library == "SSL":
        return Clue("tls.failed", SPECIFIC, code=reason, final=True)
    return _tls_by_text(str(exc), by_name)


def _phase_of_tls(kind: KindName) -> Phase:
    """Of what can come at any time, the functions tell when it came; the rest is the handshake."""
    if kind == codes.TLS_FILES_INVALID:
        return "config"
    return "unknown" if kind in AT_ANY_TIME or kind == codes.TLS_CLIENT_CERTIFICATE else "tls"


def _tls_by_text(text: str, by_name: Clue) -> Clue:
    number = _ALERT_NUMBER.search(text)
    if number and int(number[1]) in codes.KIND_OF_TLS_ALERT:
        return Clue(codes.KIND_OF_TLS_ALERT[int(number[1])], EXACT, code=f"alert {number[1]}")
    for part, kind in _WITHOUT_REASON:
        if part in text:
            return Clue(kind, SPECIFIC, _phase_of_tls(kind))
    reason = _reason_in(text)
    if reason in codes.KIND_OF_OPENSSL_REASON:
        kind = codes.KIND_OF_OPENSSL_REASON[reason]
        # A wrapper prints the reason of the exception inside it, which also knows why.
        rank = UMBRELLA if kind == codes.CERT_INVALID else EXACT
        return Clue(kind, rank, _phase_of_tls(kind), code=reason)
    return by_name


def _reason_in(text: str) -> str:
    """The reason; of one that is newer than Python, only OpenSSL's words are there."""
    named = _REASON_IN_TEXT.search(text)
    if named is None:
        return ""
    return named[1] or (named[2] or "").upper().replace(" ", "_")


TLS_RECOGNISERS = {
    "SSLCertVerificationError": verification,
    "CertificateError": verification,
    "SSLError": tls_error,
    "SSLEOFError": tls_error,
    "SSLZeroReturnError": tls_error,
    "SSLSyscallError": tls_error,
}
