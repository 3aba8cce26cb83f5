"""Which exception class each kind of failure is raised as."""

from ringback.errors import tree
from ringback.errors.tree import RingbackError

CLASS_OF_KIND: dict[str, type[RingbackError]] = {
    "url": tree.URLInvalid,
    "request": tree.RequestInvalid,
    "config": tree.ConfigurationError,
    "config.proxy_invalid": tree.ProxySettingInvalid,
    "config.tls_files_invalid": tree.TLSFilesInvalid,
    "client": tree.ClientError,
    "client.closed": tree.ClientClosed,
    "client.pool_exhausted": tree.PoolExhausted,
    "client.resources_exhausted": tree.ResourcesExhausted,
    "client.local_address": tree.ResourcesExhausted,
    "client.deadline_exceeded": tree.DeadlineExceeded,
    "client.circuit_open": tree.CircuitOpen,
    "abandoned": tree.Abandoned,
    "dns": tree.ResolverFailed,
    "dns.name_not_resolved": tree.NameNotResolved,
    "dns.no_address": tree.NameHasNoAddress,
    "dns.blocked": tree.ResolutionError,
    "dns.bogus_address": tree.ResolutionError,
    "tcp": tree.ConnectFailed,
    "tcp.refused": tree.ConnectionRefused,
    "tcp.timed_out": tree.ConnectTimeout,
    "tcp.timed_out.established": tree.PeerVanished,
    "tcp.address_unreachable": tree.AddressUnreachable,
    "tcp.address_unreachable.prohibited": tree.ConnectionForbidden,
    "tcp.address_invalid": tree.AddressUnreachable,
    "tcp.reset": tree.ConnectionReset,
    "tcp.closed": tree.ConnectionClosed,
    "tcp.closed.stale": tree.ConnectionStale,
    "tcp.aborted": tree.ConnectionAborted,
    "unix": tree.ConnectFailed,
    "unix.not_found": tree.SocketNotFound,
    "unix.forbidden": tree.ConnectionForbidden,
    "tls": tree.TLSError,
    "tls.cert": tree.CertificateError,
    "tls.cert.date_invalid.expired": tree.CertificateExpired,
    "tls.cert.date_invalid.not_yet_valid": tree.CertificateNotYetValid,
    "tls.cert.name_invalid": tree.CertificateNameMismatch,
    "tls.cert.authority_invalid": tree.CertificateUntrusted,
    "tls.cert.revoked": tree.CertificateRevoked,
    "tls.cert.pinned_key_not_in_cert_chain": tree.CertificateNotPinned,
    "tls.bad_client_auth_cert": tree.ClientCertificateRejected,
    "tls.version_or_cipher_mismatch": tree.TLSVersionMismatch,
    "tls.protocol.error.not_tls": tree.NotTLS,
    "tls.closed": tree.TLSClosed,
    "tls.timed_out": tree.HandshakeTimeout,
    "proxy": tree.ProxyError,
    "proxy.unreachable": tree.ProxyUnreachable,
    "proxy.auth_required": tree.ProxyAuthRequired,
    "proxy.denied": tree.ProxyDenied,
    "proxy.upstream_failed": tree.ProxyUpstreamFailed,
    "proxy.no_response": tree.ProxyNoResponse,
    "http": tree.HTTPError,
    "http.request.timed_out": tree.WriteTimeout,
    "http.response.timed_out": tree.ReadTimeout,
    "http.response.body_timed_out": tree.ReadTimeout,
    "http.response.invalid.empty": tree.NoResponse,
    "http.response.headers.truncated": tree.IncompleteResponse,
    "http.response.invalid.content_length_mismatch": tree.IncompleteResponse,
    "http.response.invalid.incomplete_chunked_encoding": tree.IncompleteResponse,
    "http.response.invalid.content_decoding": tree.ContentInvalid,
    "http.response.unexpected_content": tree.ContentInvalid,
    "http.response.invalid.not_http": tree.HTTPProtocolError,
    "http.protocol": tree.HTTPProtocolError,
    "http.response.redirect_loop": tree.RedirectFailed,
    "http.response.redirect_invalid": tree.RedirectFailed,
    "h2": tree.HTTPProtocolError,
    "http.error": tree.StatusError,
    "http.error.auth": tree.AccessDenied,
    "http.error.rate_limited": tree.RateLimited,
    "http.error.unavailable": tree.ServiceUnavailable,
    "http.error.gateway": tree.GatewayFailed,
    "http.error.captive_portal": tree.CaptivePortal,
    "service": tree.ServiceRejected,
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
