"""The exception classes, a small tree by layer and kind; and which one a kind is raised as."""

from typing import Any

from ringback.failure import Failure

# ruff: noqa: N818 - a class is named after what happened; the base carries the suffix


__all__ = [
    "CLASS_OF_KIND",
    "Abandoned",
    "AccessDenied",
    "AddressUnreachable",
    "CaptivePortal",
    "CertificateError",
    "CertificateExpired",
    "CertificateNameMismatch",
    "CertificateNotPinned",
    "CertificateNotYetValid",
    "CertificateRevoked",
    "CertificateUntrusted",
    "CircuitOpen",
    "ClientCertificateRejected",
    "ClientClosed",
    "ClientError",
    "ConfigurationError",
    "ConnectFailed",
    "ConnectTimeout",
    "ConnectionAborted",
    "ConnectionClosed",
    "ConnectionForbidden",
    "ConnectionLost",
    "ConnectionRefused",
    "ConnectionReset",
    "ConnectionStale",
    "ContentInvalid",
    "DeadlineExceeded",
    "GatewayFailed",
    "HTTPError",
    "HTTPProtocolError",
    "HandshakeTimeout",
    "IncompleteResponse",
    "NameHasNoAddress",
    "NameNotResolved",
    "NoResponse",
    "NotTLS",
    "PeerVanished",
    "PoolExhausted",
    "ProxyAuthRequired",
    "ProxyDenied",
    "ProxyError",
    "ProxyNoResponse",
    "ProxySettingInvalid",
    "ProxyUnreachable",
    "ProxyUpstreamFailed",
    "RateLimited",
    "ReadTimeout",
    "RedirectFailed",
    "RequestInvalid",
    "ResolutionError",
    "ResolverFailed",
    "ResourcesExhausted",
    "RingbackError",
    "ServiceRejected",
    "ServiceUnavailable",
    "SocketNotFound",
    "StatusError",
    "TLSClosed",
    "TLSError",
    "TLSFilesInvalid",
    "TLSVersionMismatch",
    "URLInvalid",
    "WriteTimeout",
    "error_class",
]


class RingbackError(Exception):
    """A call failed.

    Attributes:
        failure: What went wrong; of kind ``unknown`` where an exception that was carried to another
            process has lost it, as in a result of Celery kept as JSON.
        attempts: What went wrong with each attempt, in order; empty where it was not tried by
            a client of ringback's.
        retry_at: When the peer wants to be called again, in seconds since 1970 UTC, if it said so.
        given_up: Why there was no other attempt, such as ``not_idempotent``, ``deadline`` or
            ``budget`` (``ringback.retry.Reason``); ``None`` where no policy decided.
        diagnosis: A ``ringback.diagnosis.Diagnosis`` of the target, where the policy asked for one
            (``Policy(diagnose_on_giveup=True)``).
    """

    failure: Failure = Failure("unknown")
    attempts: tuple[Failure, ...] = ()
    retry_at: float | None = None
    given_up: str | None = None
    diagnosis: Any = None


class RequestInvalid(RingbackError):
    """The request cannot be sent as given."""


class URLInvalid(RequestInvalid):
    """The URL is malformed or has a scheme the client cannot speak."""


class ConfigurationError(RingbackError):
    """A setting of this program or machine is unusable."""


class ProxySettingInvalid(ConfigurationError):
    """The proxy URL is unusable."""


class TLSFilesInvalid(ConfigurationError):
    """A CA bundle, certificate or key file is missing or unusable."""


class ClientError(RingbackError):
    """The fault is in this program or machine, not in the peer."""


class ClientClosed(ClientError):
    """This program has already closed the client."""


class PoolExhausted(ClientError):
    """Our own connection pool had no free connection in time."""


class CircuitOpen(ClientError):
    """This program has stopped calling the endpoint for a while: its last calls failed."""


class ResourcesExhausted(ClientError):
    """This machine ran out of descriptors, buffers, memory or local ports."""


class DeadlineExceeded(ClientError):
    """The time allowed for the whole call ran out."""


class Abandoned(ClientError):
    """The caller cancelled."""


class ConnectFailed(RingbackError):
    """No connection came about: nothing was sent."""


class ResolutionError(ConnectFailed):
    """The host name gave no usable address."""


class NameNotResolved(ResolutionError):
    """The resolver says that the name does not exist."""


class NameHasNoAddress(ResolutionError):
    """The name exists but has no address of the wanted family."""


class ResolverFailed(ResolutionError):
    """The resolver gave no answer or an unusable one."""


class ConnectionRefused(ConnectFailed):
    """The peer, or a firewall, answered the connection attempt with a refusal."""


class ConnectTimeout(ConnectFailed):
    """Nothing answered the connection attempt in time."""


class AddressUnreachable(ConnectFailed):
    """There is no way to the address from here."""


class ConnectionForbidden(ConnectFailed):
    """A policy here or on the way forbids the connection."""


class SocketNotFound(ConnectFailed):
    """The path of the Unix socket does not exist."""


class ConnectionLost(RingbackError):
    """A connection that stood was lost."""


class ConnectionReset(ConnectionLost):
    """The peer or a middlebox reset the connection."""


class ConnectionClosed(ConnectionLost):
    """The peer closed the connection while we were using it."""


class ConnectionStale(ConnectionClosed):
    """A kept-alive connection had been closed by the time it was used again."""


class ConnectionAborted(ConnectionLost):
    """This machine's own stack gave the connection up."""


class PeerVanished(ConnectionLost):
    """The peer of an open connection stopped answering."""


class TLSError(RingbackError):
    """TLS could not be set up or broke."""


class CertificateError(TLSError):
    """The server's certificate was not accepted."""


class CertificateExpired(CertificateError):
    """The certificate's time has passed (or our clock is ahead)."""


class CertificateNotYetValid(CertificateError):
    """The certificate's time has not begun (or our clock is behind)."""


class CertificateNameMismatch(CertificateError):
    """The certificate is for another name."""


class CertificateUntrusted(CertificateError):
    """The certificate does not lead to an authority trusted here."""


class CertificateRevoked(CertificateError):
    """The certificate has been revoked."""


class CertificateNotPinned(CertificateError):
    """The certificate is not the pinned one."""


class ClientCertificateRejected(TLSError):
    """The server wants a client certificate, or another one."""


class TLSVersionMismatch(TLSError):
    """The two sides share no TLS version, cipher or protocol."""


class NotTLS(TLSError):
    """The peer does not speak TLS on this port."""


class TLSClosed(TLSError):
    """The connection ended inside TLS."""


class HandshakeTimeout(TLSError):
    """The TLS handshake was not finished in time: no request was sent."""


class ProxyError(RingbackError):
    """The proxy failed, not the target."""


class ProxyUnreachable(ProxyError):
    """The proxy itself cannot be reached."""


class ProxyAuthRequired(ProxyError):
    """The proxy wants credentials, or other ones."""


class ProxyDenied(ProxyError):
    """The proxy forbids this target."""


class ProxyUpstreamFailed(ProxyError):
    """The proxy could not reach the target."""


class ProxyNoResponse(ProxyError):
    """The proxy closed or stayed silent before the tunnel stood."""


class HTTPError(RingbackError):
    """The connection stood; the HTTP exchange failed."""


class WriteTimeout(HTTPError):
    """The request could not be sent in time."""


class ReadTimeout(HTTPError):
    """The peer sent nothing in the time allowed."""


class NoResponse(HTTPError):
    """The connection was closed before the first byte of the response."""


class IncompleteResponse(HTTPError):
    """The response ended too early."""


class ContentInvalid(HTTPError):
    """The response's content is not what its headers, or the caller, promised."""


class HTTPProtocolError(HTTPError):
    """The peer broke the rules of HTTP or does not speak it."""


class RedirectFailed(HTTPError):
    """The redirects loop or lead to an unusable URL."""


class StatusError(HTTPError):
    """The response's status says that the request failed."""


class AccessDenied(StatusError):
    """401 or 403: credentials are missing, wrong or insufficient."""


class RateLimited(StatusError):
    """429: too many requests."""


class ServiceUnavailable(StatusError):
    """503: the service is overloaded or down for maintenance."""


class GatewayFailed(StatusError):
    """502 or 504: a gateway in front could not reach the service."""


class CaptivePortal(StatusError):
    """The network wants a login before it lets traffic through."""


class ServiceRejected(RingbackError):
    """The service refused in its own protocol (credentials, database, too many clients)."""


# Which exception class each kind of failure is raised as.

CLASS_OF_KIND: dict[str, type[RingbackError]] = {
    "url": URLInvalid,
    "request": RequestInvalid,
    "config": ConfigurationError,
    "config.proxy_invalid": ProxySettingInvalid,
    "config.tls_files_invalid": TLSFilesInvalid,
    "client": ClientError,
    "client.closed": ClientClosed,
    "client.pool_exhausted": PoolExhausted,
    "client.resources_exhausted": ResourcesExhausted,
    "client.local_address": ResourcesExhausted,
    "client.deadline_exceeded": DeadlineExceeded,
    "client.circuit_open": CircuitOpen,
    "abandoned": Abandoned,
    "dns": ResolverFailed,
    "dns.name_not_resolved": NameNotResolved,
    "dns.no_address": NameHasNoAddress,
    "dns.blocked": ResolutionError,
    "dns.bogus_address": ResolutionError,
    "tcp": ConnectFailed,
    "tcp.refused": ConnectionRefused,
    "tcp.timed_out": ConnectTimeout,
    "tcp.timed_out.established": PeerVanished,
    "tcp.address_unreachable": AddressUnreachable,
    "tcp.address_unreachable.prohibited": ConnectionForbidden,
    "tcp.address_invalid": AddressUnreachable,
    "tcp.reset": ConnectionReset,
    "tcp.closed": ConnectionClosed,
    "tcp.closed.stale": ConnectionStale,
    "tcp.aborted": ConnectionAborted,
    "unix": ConnectFailed,
    "unix.not_found": SocketNotFound,
    "unix.forbidden": ConnectionForbidden,
    "tls": TLSError,
    "tls.cert": CertificateError,
    "tls.cert.date_invalid.expired": CertificateExpired,
    "tls.cert.date_invalid.not_yet_valid": CertificateNotYetValid,
    "tls.cert.name_invalid": CertificateNameMismatch,
    "tls.cert.authority_invalid": CertificateUntrusted,
    "tls.cert.revoked": CertificateRevoked,
    "tls.cert.pinned_key_not_in_cert_chain": CertificateNotPinned,
    "tls.bad_client_auth_cert": ClientCertificateRejected,
    "tls.version_or_cipher_mismatch": TLSVersionMismatch,
    "tls.protocol.error.not_tls": NotTLS,
    "tls.closed": TLSClosed,
    "tls.timed_out": HandshakeTimeout,
    "proxy": ProxyError,
    "proxy.unreachable": ProxyUnreachable,
    "proxy.auth_required": ProxyAuthRequired,
    "proxy.denied": ProxyDenied,
    "proxy.upstream_failed": ProxyUpstreamFailed,
    "proxy.no_response": ProxyNoResponse,
    "http": HTTPError,
    "http.request.timed_out": WriteTimeout,
    "http.response.timed_out": ReadTimeout,
    "http.response.body_timed_out": ReadTimeout,
    "http.response.invalid.empty": NoResponse,
    "http.response.headers.truncated": IncompleteResponse,
    "http.response.invalid.content_length_mismatch": IncompleteResponse,
    "http.response.invalid.incomplete_chunked_encoding": IncompleteResponse,
    "http.response.invalid.content_decoding": ContentInvalid,
    "http.response.unexpected_content": ContentInvalid,
    "http.response.invalid.not_http": HTTPProtocolError,
    "http.protocol": HTTPProtocolError,
    "http.response.redirect_loop": RedirectFailed,
    "http.response.redirect_invalid": RedirectFailed,
    "h2": HTTPProtocolError,
    "http.error": StatusError,
    "http.error.auth": AccessDenied,
    "http.error.rate_limited": RateLimited,
    "http.error.unavailable": ServiceUnavailable,
    "http.error.gateway": GatewayFailed,
    "http.error.captive_portal": CaptivePortal,
    "service": ServiceRejected,
}
"""Kind, or a dotted prefix of kinds → class; the longest prefix wins."""


def error_class(kind: str) -> type[RingbackError]:
    """Return the class that a failure of this kind is raised as.

    Args:
        kind: Dotted name of a kind; a refinement unknown here gets its parent's class.

    Returns:
        The class; ``RingbackError`` itself for ``unknown``.
    """
    while kind:
        if found := CLASS_OF_KIND.get(kind):
            return found
        kind = kind.rpartition(".")[0]
    return RingbackError
