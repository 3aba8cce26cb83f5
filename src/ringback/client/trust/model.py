"""Whom a client trusts, as a value; and which hosts are excepted."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ringback.values import dataclass

if TYPE_CHECKING:
    from ringback.failure import Failure

PEM_BEGINS = "-----BEGIN "


class ClientCertificate(NamedTuple):
    """The certificate that the client presents; its representation hides the password.

    Attributes:
        certificate: PEM file with the certificate and its chain.
        key: PEM file with the private key; ``None``: it is in the same file.
        password: Of the private key, where it is encrypted.
    """

    certificate: str
    key: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        hidden = ", password=…" if self.password is not None else ""
        return f"ClientCertificate({self.certificate!r}, {self.key!r}{hidden})"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a client trusts. What is named is merged; what is not named is not trusted.

    Attributes:
        system: The trust store of the operating system.
        certifi: The bundle that comes with certifi, Mozilla's list.
        ca: Own authorities: PEM files, directories of hashed names (``openssl rehash``), or
            PEM texts.
        client_certificate: What to present to servers that ask for it.
    """

    system: bool = False
    certifi: bool = False
    ca: tuple[str, ...] = ()
    client_certificate: ClientCertificate | None = None

    def __post_init__(self) -> None:
        ca: object = self.ca
        if isinstance(ca, str):
            raise TypeError("ca is a tuple of files or PEM texts, got one text")
        object.__setattr__(self, "ca", tuple(os.fspath(authority) for authority in self.ca))
        if self.client_certificate is not None:
            object.__setattr__(self, "client_certificate", _presented(self.client_certificate))
        if not (self.system or self.certifi or self.ca):
            raise ValueError("say whom to trust: system=True, certifi=True or ca=('file.pem',)")

    @classmethod
    def of(
        cls,
        *named: TrustLike,
        client_certificate: str | Path | tuple[str | Path | None, ...] | None = None,
    ) -> Trust:
        """Return the trust that short forms name, merged.

        Args:
            *named: ``"system"``, ``"certifi"``, a file or directory, a PEM text, another
                ``Trust``, or an iterable of these.
            client_certificate: A PEM file, or ``(certificate, key, password)``.

        Raises:
            ValueError: Nobody is named.
        """
        parts = tuple(_flat(named))
        own = next((trust.client_certificate for trust in parts if trust.client_certificate), None)
        return cls(
            system=any(trust.system for trust in parts),
            certifi=any(trust.certifi for trust in parts),
            ca=tuple(dict.fromkeys(file for trust in parts for file in trust.ca)),
            client_certificate=_presented(client_certificate) if client_certificate else own,
        )


TrustLike: TypeAlias = Trust | str | os.PathLike[str] | Iterable["TrustLike"]
"""What ``Trust.of`` understands."""


def _flat(named: Iterable[TrustLike]) -> Iterable[Trust]:
    for item in named:
        if isinstance(item, Trust):
            yield item
        elif isinstance(item, (str, os.PathLike)):
            yield _named(os.fspath(item))
        else:
            yield from _flat(item)


def _named(text: str) -> Trust:
    if text == "system":
        return Trust(system=True)
    return Trust(certifi=True) if text == "certifi" else Trust(ca=(text,))


def _presented(value: str | Path | tuple[str | Path | None, ...]) -> ClientCertificate:
    if isinstance(value, (str, os.PathLike)):
        return ClientCertificate(os.fspath(value))
    certificate, *rest = value
    assert certificate is not None
    return ClientCertificate(
        os.fspath(certificate), *(None if part is None else os.fspath(part) for part in rest)
    )


def is_named(hosts: Collection[str], host: str | None) -> bool:
    """Return whether a host is among those named.

    A pattern is a host name or address, compared without regard to case and final dot, or
    ``*.example.com``, which means every name below ``example.com`` and not that name itself.
    ``*`` alone names no host and matches none.
    """
    if not hosts or not host:
        return False
    plain = _plain(host)
    return any(_matches(_plain(pattern), plain) for pattern in hosts)


def _matches(pattern: str, host: str) -> bool:
    if not pattern.startswith("*."):
        return bool(pattern) and pattern == host
    below = len(pattern) > 2 and len(host) >= len(pattern) and host.endswith(pattern[1:])
    return below and not host.rpartition(".")[2].isdigit()  # an address has nothing below it


def _plain(host: str) -> str:
    host = host.strip().strip("[]").removesuffix(".").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


_PINNED = "tls.cert.pinned_key_not_in_cert_chain"


def verify_for(insecure_hosts: Collection[str], host: str | None, failure: Failure | None) -> bool:
    """Return whether the next exchange with a host verifies its certificate.

    It does, except right after the host's certificate failed and where the policy names the
    host. Nothing is remembered: the next call verifies first. A pin is never given up.

    Args:
        insecure_hosts: The hosts that the policy names, see ``is_named``.
        host: The host that was called, as in the URL of this hop.
        failure: How the verified exchange ended; ``None`` before it.
    """
    if failure is None or not failure.kind.startswith("tls.cert.") or failure.kind == _PINNED:
        return True
    return failure.delivered != "no" or not is_named(insecure_hosts, host)
