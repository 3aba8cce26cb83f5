"""The exception classes: a small tree by layer and kind."""

# ruff: noqa: N818 - a class is named after what happened; the base carries the suffix

from typing import Any

from ringback.failure import Failure


class RingbackError(Exception):
    """A call failed.

    Attributes:
        failure: What went wrong.
        attempts: What went wrong with each attempt, in order; empty where it was not tried by
            a client of ringback's.
        retry_at: When the peer wants to be called again, in seconds since 1970 UTC, if it said so.
        diagnosis: A ``ringback.diagnosis.Diagnosis`` of the target, where the policy asked for one
            (``Policy(diagnose_on_giveup=True)``).
    """

    failure: Failure
    attempts: tuple[Failure, ...] = ()
    retry_at: float | None = None
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
