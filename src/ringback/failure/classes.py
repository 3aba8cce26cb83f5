"""Exception classes by name, and what their name alone says.

One table for real exceptions and for pasted text. A class that says more than its name (a number,
a reason, a message) has a recogniser in ``ringback.failure.recognise`` as well.
"""

from ringback.failure.reading import (
    BARE,
    EXACT,
    GENERIC,
    NOTHING,
    SPECIFIC,
    TEXT,
    TIMEOUT,
    UMBRELLA,
    Reading,
)

_URL = Reading("url.invalid", SPECIFIC, "config")
_SCHEME = Reading("url.scheme_invalid", SPECIFIC, "config")
_REQUEST = Reading("request.invalid", SPECIFIC, "config")
_PROXY_URL = Reading("config.proxy_invalid", SPECIFIC, "config")
_CONNECT = Reading("tcp.failed", GENERIC, "connect")
_CONNECT_TIMEOUT = Reading(TIMEOUT, SPECIFIC, "connect")
_READ_TIMEOUT = Reading(TIMEOUT, UMBRELLA, "wait")
_WRITE_TIMEOUT = Reading(TIMEOUT, SPECIFIC, "send")
_TLS = Reading("tls.failed", UMBRELLA, "tls")
_POOL = Reading("client.pool_exhausted", SPECIFIC, "pool")
_CLOSED_BY_US = Reading("client.closed", SPECIFIC, "pool")
_EMPTY = Reading("http.response.invalid.empty", SPECIFIC, "wait")
_SHORT = Reading("http.response.invalid.content_length_mismatch", SPECIFIC, "body")
_CHUNKED = Reading("http.response.invalid.incomplete_chunked_encoding", SPECIFIC, "body")
_DECODING = Reading("http.response.invalid.content_decoding", SPECIFIC, "body")
_PROTOCOL = Reading("http.protocol.error", UMBRELLA, "wait")
_LOOP = Reading("http.response.redirect_loop", SPECIFIC, "wait")
_REDIRECT = Reading("http.response.redirect_invalid", SPECIFIC, "wait")
_CONTENT = Reading("http.response.unexpected_content", SPECIFIC, "body")
_REJECTED = Reading("service.rejected", SPECIFIC, "wait")
_STATUS = Reading("http.error", UMBRELLA, "wait")
_PROXY = Reading("proxy.unreachable", GENERIC, proxy=True)
_READ = Reading("tcp.closed", GENERIC)
_BROKEN = Reading("tcp.closed", GENERIC + 1)
"""An open connection was lost; releases of anyio cut off the number that says how. It says more
than a wrapper that cannot tell a lost connection from one that never was."""
_ANY_TIMEOUT = Reading(TIMEOUT, BARE)
_WRAPPER = Reading(None, NOTHING)
_NOT_YET = Reading(None, NOTHING)
"""A TLS stream that waits for its socket, which is no failure; what it met there came after."""

CLASSES: dict[str, Reading] = {
    # the interpreter and its library
    "ConnectionRefusedError": Reading("tcp.refused", SPECIFIC, "connect"),
    "ConnectionResetError": Reading("tcp.reset", SPECIFIC),
    "ConnectionAbortedError": Reading("tcp.aborted", SPECIFIC),
    "BrokenPipeError": Reading("tcp.closed", SPECIFIC, needs_socket=True),
    "TimeoutError": _ANY_TIMEOUT,
    "timeout": _ANY_TIMEOUT,
    "CancelledError": Reading("abandoned", BARE - 1),
    "KeyboardInterrupt": Reading("abandoned", BARE),
    "gaierror": Reading("dns.failed", GENERIC, "dns"),
    "herror": Reading("dns.failed", GENERIC, "dns"),
    "SSLEOFError": Reading("tls.closed", SPECIFIC),
    "SSLZeroReturnError": Reading("tls.closed", SPECIFIC),
    "SSLCertVerificationError": Reading("tls.cert.invalid", UMBRELLA, "tls"),
    "CertificateError": Reading("tls.cert.name_invalid", UMBRELLA, "tls"),
    "SSLError": _TLS,
    "SSLSyscallError": Reading("tls.closed", UMBRELLA),
    "SSLWantReadError": _NOT_YET,
    "SSLWantWriteError": _NOT_YET,
    "RemoteDisconnected": _EMPTY,
    "BadStatusLine": Reading("http.response.invalid.not_http", UMBRELLA, "wait"),
    "UnknownProtocol": Reading("http.response.invalid.not_http", SPECIFIC, "wait"),
    "IncompleteRead": _SHORT,
    "LineTooLong": Reading("http.protocol.error", SPECIFIC, "wait"),
    "CannotSendRequest": _REQUEST,
    "CannotSendHeader": _REQUEST,
    "ResponseNotReady": _REQUEST,
    "NotConnected": _CLOSED_BY_US,
    "HTTPException": _PROTOCOL,
    "URLError": Reading(None),
    "ContentTooShortError": _SHORT,
    "IncompleteReadError": Reading("tcp.closed", TEXT),
    # requests and urllib3
    "MaxRetryError": _WRAPPER,
    "RetryError": _WRAPPER,
    "NewConnectionError": _CONNECT,
    "NameResolutionError": Reading("dns.failed", GENERIC, "dns"),
    "ConnectTimeoutError": _CONNECT_TIMEOUT,
    "ConnectTimeout": _CONNECT_TIMEOUT,
    "ReadTimeoutError": _READ_TIMEOUT,
    "ReadTimeout": _READ_TIMEOUT,
    "ProtocolError": Reading("http.protocol.error", BARE),
    "InvalidChunkLength": _CHUNKED,
    "ProxyError": _PROXY,
    "LocationParseError": _URL,
    "LocationValueError": _URL,
    "URLSchemeUnknown": _SCHEME,
    "ProxySchemeUnknown": _PROXY_URL,
    "ProxySchemeUnsupported": _PROXY_URL,
    "DecodeError": _DECODING,
    "EmptyPoolError": _POOL,
    "FullPoolError": _POOL,
    "ClosedPoolError": _CLOSED_BY_US,
    "HeaderParsingError": _PROTOCOL,
    "UnrewindableBodyError": _REQUEST,
    "ChunkedEncodingError": Reading(_CHUNKED.kind, GENERIC, "body"),
    "ContentDecodingError": _DECODING,
    "TooManyRedirects": _LOOP,
    "MissingSchema": _SCHEME,
    "InvalidSchema": _SCHEME,
    "InvalidURL": _URL,
    "InvalidProxyURL": _PROXY_URL,
    "InvalidHeader": _REQUEST,
    # httpx and httpcore
    "ConnectError": _CONNECT,
    "WriteTimeout": _WRITE_TIMEOUT,
    "PoolTimeout": _POOL,
    "ReadError": _READ,
    "WriteError": Reading("tcp.closed", GENERIC, "send"),
    "NetworkError": _WRAPPER,
    "RemoteProtocolError": _PROTOCOL,
    "LocalProtocolError": _REQUEST,
    "UnsupportedProtocol": _SCHEME,
    "DecodingError": _DECODING,
    "HTTPStatusError": _STATUS,
    "StreamConsumed": _CLOSED_BY_US,
    "StreamClosed": _CLOSED_BY_US,
    "ClosedResourceError": _CLOSED_BY_US,
    "BrokenResourceError": _BROKEN,
    "EndOfStream": _READ,
    # aiohttp
    "ClientConnectorError": _CONNECT,
    "ClientConnectorDNSError": Reading("dns.failed", GENERIC, "dns"),
    "ClientConnectorSSLError": _TLS,
    "ClientConnectorCertificateError": Reading("tls.cert.invalid", GENERIC, "tls"),
    "ClientProxyConnectionError": _PROXY,
    "ClientHttpProxyError": Reading("proxy.upstream_failed", UMBRELLA, "proxy", proxy=True),
    "ClientOSError": _WRAPPER,
    "ClientConnectionResetError": Reading("tcp.closed", SPECIFIC),
    "ServerDisconnectedError": _EMPTY,
    "ServerTimeoutError": Reading(TIMEOUT, UMBRELLA),
    "ConnectionTimeoutError": Reading(TIMEOUT, TEXT, "connect"),
    "SocketTimeoutError": Reading(TIMEOUT, TEXT, "wait"),
    "ServerFingerprintMismatch": Reading("tls.cert.pinned_key_not_in_cert_chain", SPECIFIC, "tls"),
    "ClientPayloadError": Reading("http.response.invalid.content_length_mismatch", GENERIC, "body"),
    "ContentLengthError": _SHORT,
    "TransferEncodingError": _CHUNKED,
    "ContentEncodingError": _DECODING,
    "ContentTypeError": _CONTENT,
    "WSServerHandshakeError": _STATUS,
    "InvalidUrlClientError": _URL,
    "NonHttpUrlClientError": _SCHEME,
    "InvalidUrlRedirectClientError": _REDIRECT,
    "NonHttpUrlRedirectClientError": _REDIRECT,
    "BadHttpMessage": Reading("http.protocol.error", SPECIFIC, "wait"),
    "BadHttpMethod": Reading("http.response.invalid.not_http", SPECIFIC, "wait"),
    # proxies
    "ProxyConnectionError": _PROXY,
    "GeneralProxyError": Reading("proxy.protocol_error", UMBRELLA, "proxy", proxy=True),
    "SOCKS5AuthError": Reading("proxy.auth_required", SPECIFIC, "proxy", proxy=True),
    "SOCKS5Error": Reading("proxy.upstream_failed", UMBRELLA, "proxy", proxy=True),
    "SOCKS4Error": Reading("proxy.upstream_failed", UMBRELLA, "proxy", proxy=True),
    "ProxyTimeoutError": Reading("proxy.no_response", UMBRELLA, "proxy", proxy=True),
    # resolvers
    "LookupTimedOut": Reading("dns.timed_out", EXACT, "dns", final=True),  # ringback.client.dial
    "NXDOMAIN": Reading("dns.name_not_resolved", SPECIFIC, "dns"),
    "NoAnswer": Reading("dns.no_address", SPECIFIC, "dns"),
    "NoNameservers": Reading("dns.temporary_failure", SPECIFIC, "dns"),
    "LifetimeTimeout": Reading("dns.timed_out", SPECIFIC, "dns"),
    "NoResolverConfiguration": Reading("dns.temporary_failure", SPECIFIC, "dns"),
    "DNSLookupError": Reading("dns.name_not_resolved", TEXT, "dns"),
    # services that answer and refuse
    "SMTPAuthenticationError": _REJECTED,
    "SMTPSenderRefused": _REJECTED,
    "SMTPRecipientsRefused": _REJECTED,
    "SMTPDataError": _REJECTED,
    "SMTPHeloError": _REJECTED,
    "SMTPNotSupportedError": _REJECTED,
    "SMTPServerDisconnected": Reading("tcp.closed", UMBRELLA),
    "SMTPConnectError": Reading("service.rejected", UMBRELLA),
    "AuthenticationError": Reading("service.rejected", TEXT),
    "AuthenticationException": Reading("service.rejected", TEXT),
    "BadAuthenticationType": _REJECTED,
    "AccessRefused": _REJECTED,
    "ProbableAuthenticationError": _REJECTED,
    "ProbableAccessDeniedError": _REJECTED,
    "InvalidPasswordError": _REJECTED,
    "InvalidAuthorizationSpecificationError": _REJECTED,
    "InvalidCatalogNameError": _REJECTED,
    "TooManyConnectionsError": _REJECTED,
    "CannotConnectNowError": _REJECTED,
    "MaxClientsError": _REJECTED,
    "BusyLoadingError": _REJECTED,
    "NoAuthError": _REJECTED,
    # drivers
    "NoValidConnectionsError": _CONNECT,
    "AutoReconnect": _READ,
    "NetworkTimeout": _READ_TIMEOUT,
    "AMQPHeartbeatTimeout": Reading("tcp.timed_out.established", SPECIFIC),
    "ConnectionClosedByBroker": _REJECTED,
    "StreamLostError": _READ,
    "InvalidMessage": Reading("http.response.invalid.not_http", SPECIFIC, "wait"),
    "InvalidStatus": _STATUS,
    "InvalidStatusCode": _STATUS,
    "ConnectionClosedError": _READ,
    "NoBrokersAvailable": _CONNECT,
    "EndpointConnectionError": _CONNECT,
    # twisted and scrapy
    "TCPTimedOutError": _CONNECT_TIMEOUT,
    "ConnectionLost": _READ,
    "ResponseNeverReceived": _READ,
    # other languages' names
    "UnknownHostException": Reading("dns.name_not_resolved", SPECIFIC, "dns"),
    "NoRouteToHostException": Reading("tcp.address_unreachable.host", SPECIFIC, "connect"),
    "SSLHandshakeException": _TLS,
    "SocketTimeoutException": Reading(TIMEOUT, UMBRELLA),
    "ConnectTimeoutException": _CONNECT_TIMEOUT,
    "HttpHostConnectException": _CONNECT,
    "NoHttpResponseException": _EMPTY,
}
"""Bare class name → what it says. Names that mean different things in different libraries carry
only what holds for all of them."""
