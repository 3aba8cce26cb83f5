"""Exception classes by name, and what their name alone says.

One table for real exceptions and for pasted text. A class that says more than its name (a number,
a reason, a message) has a recogniser in ``ringback.failure.recognise`` as well.
"""

from ringback.failure.clue import (
    BARE,
    EXACT,
    GENERIC,
    NO_RANK,
    SPECIFIC,
    TEXT,
    TIMEOUT,
    UMBRELLA,
    Clue,
)

_URL = Clue("url.invalid", SPECIFIC, "config")
_SCHEME = Clue("url.scheme_invalid", SPECIFIC, "config")
_REQUEST = Clue("request.invalid", SPECIFIC, "config")
_PROXY_URL = Clue("config.proxy_invalid", SPECIFIC, "config")
_CONNECT = Clue("tcp.failed", GENERIC, "connect")
_CONNECT_TIMEOUT = Clue(TIMEOUT, SPECIFIC, "connect")
_READ_TIMEOUT = Clue(TIMEOUT, UMBRELLA, "wait")
_WRITE_TIMEOUT = Clue(TIMEOUT, SPECIFIC, "send")
_TLS = Clue("tls.failed", UMBRELLA)
_POOL = Clue("client.pool_exhausted", SPECIFIC, "pool")
_CLOSED_BY_US = Clue("client.closed", SPECIFIC, "pool")
_EMPTY = Clue("http.response.invalid.empty", SPECIFIC, "wait")
_SHORT = Clue("http.response.invalid.content_length_mismatch", SPECIFIC, "body")
_CHUNKED = Clue("http.response.invalid.incomplete_chunked_encoding", SPECIFIC, "body")
_DECODING = Clue("http.response.invalid.content_decoding", SPECIFIC, "body")
_PROTOCOL = Clue("http.protocol.error", UMBRELLA, "wait")
_LOOP = Clue("http.response.redirect_loop", SPECIFIC, "wait")
_REDIRECT = Clue("http.response.redirect_invalid", SPECIFIC, "wait")
_CONTENT = Clue("http.response.unexpected_content", SPECIFIC, "body")
_REJECTED = Clue("service.rejected", SPECIFIC, "wait")
_STATUS = Clue("http.error", UMBRELLA, "wait")
_PROXY = Clue("proxy.unreachable", GENERIC, proxy=True)
_READ = Clue("tcp.closed", GENERIC)
_BROKEN = Clue("tcp.closed", GENERIC + 1)
"""An open connection was lost; releases of anyio cut off the number that says how. It says more
than a wrapper that cannot tell a lost connection from one that never was."""
_ANY_TIMEOUT = Clue(TIMEOUT, BARE)
_WRAPPER = Clue(None, NO_RANK)
_NOT_YET = Clue(None, NO_RANK)
"""A TLS stream that waits for its socket, which is no failure; what it met there came after."""

CLASSES: dict[str, Clue] = {
    # the interpreter and its library
    "ConnectionRefusedError": Clue("tcp.refused", SPECIFIC, "connect"),
    "ConnectionResetError": Clue("tcp.reset", SPECIFIC),
    "ConnectionAbortedError": Clue("tcp.aborted", SPECIFIC),
    "BrokenPipeError": Clue("tcp.closed", SPECIFIC, needs_socket=True),
    "TimeoutError": _ANY_TIMEOUT,
    "timeout": _ANY_TIMEOUT,
    "CancelledError": Clue("abandoned", BARE - 1),
    "KeyboardInterrupt": Clue("abandoned", BARE),
    "gaierror": Clue("dns.failed", GENERIC, "dns"),
    "herror": Clue("dns.failed", GENERIC, "dns"),
    "SSLEOFError": Clue("tls.closed", SPECIFIC),
    "SSLZeroReturnError": Clue("tls.closed", SPECIFIC),
    "SSLCertVerificationError": Clue("tls.cert.invalid", UMBRELLA, "tls"),
    "CertificateError": Clue("tls.cert.name_invalid", UMBRELLA, "tls"),
    "SSLError": _TLS,
    "SSLSyscallError": Clue("tls.closed", UMBRELLA),
    "SSLWantReadError": _NOT_YET,
    "SSLWantWriteError": _NOT_YET,
    "RemoteDisconnected": _EMPTY,
    "BadStatusLine": Clue("http.response.invalid.not_http", UMBRELLA, "wait"),
    "UnknownProtocol": Clue("http.response.invalid.not_http", SPECIFIC, "wait"),
    "IncompleteRead": _SHORT,
    "LineTooLong": Clue("http.protocol.error", SPECIFIC, "wait"),
    "CannotSendRequest": _REQUEST,
    "CannotSendHeader": _REQUEST,
    "ResponseNotReady": _REQUEST,
    "NotConnected": _CLOSED_BY_US,
    "HTTPException": _PROTOCOL,
    "URLError": Clue(None),
    "ContentTooShortError": _SHORT,
    "IncompleteReadError": Clue("tcp.closed", TEXT),
    # requests and urllib3
    "MaxRetryError": _WRAPPER,
    "RetryError": _WRAPPER,
    "NewConnectionError": _CONNECT,
    "NameResolutionError": Clue("dns.failed", GENERIC, "dns"),
    "ConnectTimeoutError": _CONNECT_TIMEOUT,
    "ConnectTimeout": _CONNECT_TIMEOUT,
    "ReadTimeoutError": _READ_TIMEOUT,
    "ReadTimeout": _READ_TIMEOUT,
    "ProtocolError": Clue("http.protocol.error", BARE),
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
    "ChunkedEncodingError": Clue(_CHUNKED.kind, GENERIC, "body"),
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
    "WriteError": Clue("tcp.closed", GENERIC, "send"),
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
    "ClientConnectorDNSError": Clue("dns.failed", GENERIC, "dns"),
    "ClientConnectorSSLError": _TLS._replace(phase="tls"),
    "ClientConnectorCertificateError": Clue("tls.cert.invalid", GENERIC, "tls"),
    "ClientProxyConnectionError": _PROXY._replace(phase="connect"),
    "ClientHttpProxyError": Clue("proxy.upstream_failed", UMBRELLA, "proxy", proxy=True),
    "ClientOSError": _WRAPPER,
    "ClientConnectionResetError": Clue("tcp.closed", SPECIFIC),
    "ServerDisconnectedError": _EMPTY,
    "ServerTimeoutError": Clue(TIMEOUT, UMBRELLA),
    "ConnectionTimeoutError": Clue(TIMEOUT, TEXT, "connect"),
    "SocketTimeoutError": Clue(TIMEOUT, TEXT, "wait"),
    "ServerFingerprintMismatch": Clue("tls.cert.pinned_key_not_in_cert_chain", SPECIFIC, "tls"),
    "ClientPayloadError": Clue("http.response.invalid.content_length_mismatch", GENERIC, "body"),
    "ContentLengthError": _SHORT,
    "TransferEncodingError": _CHUNKED,
    "ContentEncodingError": _DECODING,
    "ContentTypeError": _CONTENT,
    "WSServerHandshakeError": _STATUS,
    "InvalidUrlClientError": _URL,
    "NonHttpUrlClientError": _SCHEME,
    "InvalidUrlRedirectClientError": _REDIRECT,
    "NonHttpUrlRedirectClientError": _REDIRECT,
    "BadHttpMessage": Clue("http.protocol.error", SPECIFIC, "wait"),
    "BadHttpMethod": Clue("http.response.invalid.not_http", SPECIFIC, "wait"),
    # proxies
    "ProxyConnectionError": _PROXY,
    "GeneralProxyError": Clue("proxy.protocol_error", UMBRELLA, "proxy", proxy=True),
    "SOCKS5AuthError": Clue("proxy.auth_required", SPECIFIC, "proxy", proxy=True),
    "SOCKS5Error": Clue("proxy.upstream_failed", UMBRELLA, "proxy", proxy=True),
    "SOCKS4Error": Clue("proxy.upstream_failed", UMBRELLA, "proxy", proxy=True),
    "ProxyTimeoutError": Clue("proxy.no_response", UMBRELLA, "proxy", proxy=True),
    # resolvers
    "LookupTimedOut": Clue("dns.timed_out", EXACT, "dns", final=True),  # ringback.client.dial
    "NXDOMAIN": Clue("dns.name_not_resolved", SPECIFIC, "dns"),
    "NoAnswer": Clue("dns.no_address", SPECIFIC, "dns"),
    "NoNameservers": Clue("dns.temporary_failure", SPECIFIC, "dns"),
    "LifetimeTimeout": Clue("dns.timed_out", SPECIFIC, "dns"),
    "NoResolverConfiguration": Clue("dns.temporary_failure", SPECIFIC, "dns"),
    "DNSLookupError": Clue("dns.name_not_resolved", TEXT, "dns"),
    # services that answer and refuse
    "SMTPAuthenticationError": _REJECTED,
    "SMTPSenderRefused": _REJECTED,
    "SMTPRecipientsRefused": _REJECTED,
    "SMTPDataError": _REJECTED,
    "SMTPHeloError": _REJECTED,
    "SMTPNotSupportedError": _REJECTED,
    "SMTPServerDisconnected": Clue("tcp.closed", UMBRELLA),
    "SMTPConnectError": Clue("service.rejected", UMBRELLA),
    "AuthenticationError": Clue("service.rejected", TEXT),
    "AuthenticationException": Clue("service.rejected", TEXT),
    "BadAuthenticationType": _REJECTED,
    "AccessRefused": _REJECTED,
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
    "NoHostAvailable": _WRAPPER,
    "UnresolvableContactPoints": Clue("dns.failed", GENERIC, "dns"),
    "OperationTimedOut": _ANY_TIMEOUT,
    "ConnectionShutdown": Clue("tcp.closed", TEXT),
    "KafkaTimeoutError": _ANY_TIMEOUT,
    "LDAPSSLConfigurationError": Clue("config.tls_files_invalid", UMBRELLA, "config"),
    "LDAPOperationResult": Clue("service.rejected", TEXT, "wait"),
    "AMQPHeartbeatTimeout": Clue("tcp.timed_out.established", SPECIFIC),
    "ConnectionClosedByBroker": _REJECTED,
    "StreamLostError": _READ,
    "InvalidMessage": Clue("http.response.invalid.not_http", SPECIFIC, "wait"),
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
    "UnknownHostException": Clue("dns.name_not_resolved", SPECIFIC, "dns"),
    "NoRouteToHostException": Clue("tcp.address_unreachable.host", SPECIFIC, "connect"),
    "SSLHandshakeException": _TLS._replace(phase="tls"),
    "SocketTimeoutException": Clue(TIMEOUT, UMBRELLA),
    "ConnectTimeoutException": _CONNECT_TIMEOUT,
    "HttpHostConnectException": _CONNECT,
    "NoHttpResponseException": _EMPTY,
}
"""Bare class name → what it says. Names that mean different things in different libraries carry
only what holds for all of them."""
