"""One call of an endpoint of the lab, as a client is asked to make it."""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ringback.testing.lab.resolver import resolving

if TYPE_CHECKING:
    from ringback.testing.lab.fault import Endpoint, Provocation

UPLOAD = 16 * 1024 * 1024
"""Bytes sent where a fault is met by an upload."""


class NotOfferedError(Exception):
    """Raised where a client cannot do what a fault is met by; the text says what."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an endpoint.

    Attributes:
        endpoint: Whom to call.
        provoke: What meets the fault.
        timeout: Seconds, for the connection and for each read.
    """

    endpoint: Endpoint
    provoke: Provocation = "get"
    timeout: float = 1.0

    @property
    def method(self) -> str:
        """The HTTP method."""
        return "POST" if self.provoke == "upload" else "GET"

    @property
    def body(self) -> bytes | None:
        """What to send."""
        return bytes(UPLOAD) if self.provoke == "upload" else None

    @property
    def times(self) -> range:
        """How often to call."""
        return range(2 if self.provoke == "twice" else 1)

    @property
    def proxy(self) -> str | None:
        """URL of the proxy for this call."""
        return self.endpoint.proxies.get(urlsplit(self.endpoint.url).scheme)

    @property
    def certificate(self) -> str | None:
        """File with the certificate and key to present."""
        return self.endpoint.client_certificate if self.provoke == "client_certificate" else None

    def context(self) -> ssl.SSLContext:
        """Return the TLS settings of the client's side."""
        context = ssl.create_default_context(cafile=self.endpoint.verify)
        if self.provoke == "crl":
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        if self.certificate:
            context.load_cert_chain(self.certificate)
        return context

    def read(self, body: bytes) -> bytes:
        """Return a body, read as the fault wants it.

        Raises:
            ValueError: It should be JSON and is not.
        """
        if self.provoke == "json":
            json.loads(body)
        return body


@contextlib.contextmanager
def reaching(endpoint: Endpoint) -> Iterator[None]:
    """Let names of the lab be resolved by the lab's server while the context is open.

    Args:
        endpoint: Whose name; one in a network namespace is resolved there.
    """
    if endpoint.nameserver and not endpoint.namespace:
        with resolving(endpoint.nameserver):
            yield
    else:
        yield
