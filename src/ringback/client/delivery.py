"""May the peer have processed a request? What the wire tells, beyond what the exception does."""

from ringback.client.wire import Wire
from ringback.failure import Failure
from ringback.failure.kind import Delivered

_REFUSED_BY_HANDSHAKE = "tls.bad_client_auth_cert"
"""In TLS 1.3 this alert comes after the client may send (RFC 8446, section 4.4.2.4); a server
reads no request before it has accepted the certificate."""


def delivered(wire: Wire | None, failure: Failure) -> Delivered:
    """Return whether the peer may have processed the request of an exchange that failed.

    Args:
        wire: The exchange; ``None``: none had begun.
        failure: What the exception says; a status that was received is left as it is.

    Returns:
        ``no`` only where that is certain: nothing was handed to the kernel, or the kernel sent
        it in vain and has given it up. ``yes`` where the peer's kernel has confirmed all of it.
    """
    if wire is None or failure.layer == "status":
        return failure.delivered
    if wire.sent == 0:
        return "no"
    if wire.received:
        return _at_least_maybe(failure.delivered)
    if failure.kind == _REFUSED_BY_HANDSHAKE and not wire.reused:
        return "no"
    return _by_acknowledgement(wire, failure.delivered)


def _by_acknowledgement(wire: Wire, usual: Delivered) -> Delivered:
    if wire.acknowledged == "none":
        return "no"
    if wire.acknowledged == "all" and wire.complete and not wire.proxied:
        return "yes"
    return _at_least_maybe(usual)


def _at_least_maybe(usual: Delivered) -> Delivered:
    return "maybe" if usual == "no" else usual
