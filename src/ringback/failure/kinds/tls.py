"""Reference data: the TLS handshake or its protocol failed, certificates aside."""

from ringback.failure.kind import new_kind

TLS = (
    new_kind("tls.version_or_cipher_mismatch", layer="tls", delivered="no", retry="no")(
        meaning="Client and server have no TLS version, cipher, group or application protocol in common.",
        looks_like={
            "python": "`[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure` (alert 40), `[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version` (alert 70), `[SSL: UNSUPPORTED_PROTOCOL] unsupported protocol`, `[SSL: NO_PROTOCOLS_AVAILABLE]`, `[SSL: DH_KEY_TOO_SMALL] dh key too small`",
            "curl": "`curl: (35) OpenSSL/3.0.19: error:0A000410:SSL routines::sslv3 alert handshake failure`",
            "openssl": "`no protocols available`, `no shared cipher`",
        },
        causes=(
            "The server is old and supports only TLS 1.0 or 1.1, which current OpenSSL refuses.",
            "The client is old (Python 2.7, OpenSSL 1.0) and the server requires TLS 1.2 or later.",
            "The server's key exchange or cipher is too weak for OpenSSL's security level 2.",
            "The server requires a client certificate: in TLS 1.2 that also ends in alert 40.",
        ),
        do=(
            "See what the server offers: `openssl s_client -connect HOST:443 -servername HOST -tls1_2 </dev/null`.",
            "Update the server to TLS 1.2 or 1.3 with current ciphers.",
            "Update Python and OpenSSL if the client is the old one: `python -c 'import ssl; print(ssl.OPENSSL_VERSION)'`.",
            "If the server cannot change, make a context for this one host with `set_ciphers('DEFAULT@SECLEVEL=1')`.",
        ),
        dont=(
            "Do not lower the security level for every host.",
            "Do not set `verify=False`: verification is not what failed.",
        ),
        related=("tls.bad_client_auth_cert", "tls.protocol.error", "tls.protocol.error.not_tls"),
        also_known_as={
            "curl": "35",
            "chromium": "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
            "ooni": "ssl_failed_handshake",
            "envoy": "UF",
        },
    ),
    new_kind("tls.unrecognized_name_alert", layer="tls", delivered="no", retry="no")(
        meaning="The server has no site for the host name in the TLS handshake (SNI).",
        looks_like={
            "python": "`[SSL: TLSV1_UNRECOGNIZED_NAME] tlsv1 unrecognized name` (alert 112)",
            "curl": "`curl: (35) OpenSSL/3.0.19: error:0A000458:SSL routines::tlsv1 unrecognized name`",
        },
        causes=(
            "The name is wrong, or the site was removed from this server.",
            "The name points to a CDN or load balancer where it is not set up.",
            "An `/etc/hosts` line or an old DNS record leads to another server.",
            "`server_hostname` or the `Host` header was overridden in the program.",
        ),
        do=(
            "Compare the name with the server's sites: `openssl s_client -connect HOST:443 -servername NAME </dev/null`.",
            "Check that the name points to the right server: `dig +short NAME`.",
            "Add the name to the server, CDN or load balancer.",
        ),
        dont=(
            "Do not connect by address or without SNI to get past this: another site may answer.",
        ),
        related=("tls.cert.name_invalid", "dns.bogus_address", "tls.version_or_cipher_mismatch"),
        also_known_as={
            "curl": "35",
            "chromium": "ERR_SSL_UNRECOGNIZED_NAME_ALERT",
            "ooni": "ssl_failed_handshake",
        },
    ),
    new_kind("tls.protocol.error.not_tls", layer="tls", delivered="no", retry="no")(
        meaning="The peer on this port does not speak TLS.",
        looks_like={
            "python": "`[SSL: WRONG_VERSION_NUMBER] wrong version number`, newer OpenSSL `[SSL] record layer failure`, `[SSL: HTTP_REQUEST] http request`",
            "requests": "`SSLError(SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number'))`",
            "aiohttp": "`ClientConnectorSSLError: Cannot connect to host localhost:8080 ssl:default [[SSL: WRONG_VERSION_NUMBER] wrong version number]`",
            "curl": "`curl: (35) OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number`",
            "go": "`tls: first record does not look like a TLS handshake`, `http: server gave HTTP response to HTTPS client`",
        },
        causes=(
            "`https://` is used for a port that serves plain HTTP.",
            "The proxy is given as `https://host:port` although it speaks plain HTTP.",
            "The service uses STARTTLS (SMTP on 587, PostgreSQL) and must be asked before it turns to TLS.",
            "A captive portal or filter answers with plain HTTP.",
        ),
        do=(
            "Ask the port in plain HTTP, `curl -v http://HOST:PORT/`, and use `http://` or the right port.",
            "Write the proxy as `http://host:port`, also in `HTTPS_PROXY`.",
            "For mail, use `smtplib.SMTP` with `starttls()` on 587 and `SMTP_SSL` on 465.",
            "If the service should speak TLS, turn it on there.",
        ),
        dont=(
            "Do not set `verify=False`: there is no certificate to verify.",
            "Do not send credentials over plain HTTP to a host outside your own network.",
        ),
        related=("tls.timed_out", "http.response.invalid.not_http", "config.proxy_invalid"),
        also_known_as={
            "curl": "35",
            "chromium": "ERR_SSL_PROTOCOL_ERROR",
            "ooni": "ssl_failed_handshake",
            "envoy": "UF",
        },
    ),
    new_kind("tls.protocol.error", layer="tls", delivered="maybe", retry="idempotent")(
        meaning="One side broke the TLS protocol, or the bytes were damaged on the path.",
        looks_like={
            "python": "`[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] decryption failed or bad record mac`, `[SSL: UNEXPECTED_MESSAGE]`, `[SSL: UNSAFE_LEGACY_RENEGOTIATION_DISABLED] unsafe legacy renegotiation disabled`, `[SSL: SSLV3_ALERT_ILLEGAL_PARAMETER]`",
            "curl": "`curl: (56) OpenSSL SSL_read: … decryption failed or bad record mac`",
        },
        causes=(
            "One TLS socket is used by several threads or processes at once, for instance after a fork.",
            "A middlebox that inspects TLS is faulty or old.",
            "The server renegotiates in the old, unsafe way, which OpenSSL 3 refuses.",
            "Memory or network hardware damages data.",
        ),
        do=(
            "Check that no connection is shared over a fork or between threads; open it after the fork.",
            "Try from another network: if it works there, a middlebox is at fault.",
            "For “unsafe legacy renegotiation”, update the server or the inspecting proxy (RFC 5746).",
            "Repeat it once after a wait, if the request may be processed twice.",
        ),
        dont=(
            "Do not turn on `OP_LEGACY_SERVER_CONNECT` for every host: it re-opens an old attack.",
            "Do not repeat a POST blindly when the request had been sent.",
        ),
        related=("tls.protocol.error.not_tls", "tls.version_or_cipher_mismatch", "tls.closed"),
        also_known_as={
            "curl": "35, 56",
            "chromium": "ERR_SSL_PROTOCOL_ERROR",
            "ooni": "ssl_failed_handshake",
        },
    ),
    new_kind("tls.closed", layer="tls", delivered="maybe", retry="idempotent")(
        meaning="The connection ended in the TLS handshake, or without TLS's own closing message.",
        looks_like={
            "python": "`SSLEOFError: [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol` (8), `SSLZeroReturnError: TLS/SSL connection has been closed (EOF)` (6)",
            "requests": "`SSLError(SSLEOFError(8, '[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol'))`",
            "httpx": "`ConnectError: [SSL: UNEXPECTED_EOF_WHILE_READING] …`; asynchronous: an empty text",
            "aiohttp": "`ClientConnectorError: Cannot connect to host localhost:443 ssl:default [None]`",
            "curl": "`curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to localhost:443`",
        },
        causes=(
            "The server or load balancer is overloaded or restarting and closes the connection.",
            "A filter ends connections to this host name after the TLS ClientHello.",
            "The port serves another protocol and closes the connection on unknown input.",
            "The server serves only known clients (address or certificate).",
            "A proxy without TLS is addressed as `https://`.",
        ),
        do=(
            "See how far the handshake comes: `openssl s_client -connect HOST:443 -servername HOST </dev/null`.",
            "Repeat it with another name (`-servername example.com`): if that gets further, a filter reads the name.",
            "Check the proxy settings: write the proxy as `http://host:port`.",
            "Look into the server's or load balancer's log; retry after a wait.",
        ),
        dont=(
            "Do not set `verify=False`: no certificate was seen yet.",
            "Do not repeat a POST blindly when the handshake was over: it may have been processed.",
        ),
        related=("tcp.reset", "tls.bad_client_auth_cert", "tls.protocol.error.not_tls"),
        also_known_as={
            "curl": "35",
            "chromium": "ERR_CONNECTION_CLOSED",
            "ooni": "eof_error",
            "envoy": "UF",
        },
    ),
    new_kind("tls.timed_out", layer="tls", delivered="no", retry="backoff")(
        meaning="The TCP connection stood, but the TLS handshake did not finish in time.",
        looks_like={
            "python": "`TimeoutError: _ssl.c:989: The handshake operation timed out`",
            "requests": "`ReadTimeout: HTTPSConnectionPool(host='localhost', port=443): Read timed out. (read timeout=30)`, although nothing was sent",
            "httpx": "`ConnectTimeout: _ssl.c:989: The handshake operation timed out`; asynchronous: an empty text",
            "aiohttp": "`ConnectionTimeoutError: Connection timeout to host https://localhost/`",
            "urllib": "`<urlopen error _ssl.c:989: The handshake operation timed out>`",
            "curl": "`curl: (28) Connection timed out after 2001 milliseconds`, `SSL connection timeout`",
        },
        causes=(
            "The port serves plain HTTP or another protocol and waits for the client's request.",
            "The server is overloaded: the kernel accepted, the process does not answer.",
            "Large packets, such as the certificate chain, are lost on the path (MTU).",
            "A firewall lets the connection be made and then drops the data.",
        ),
        do=(
            "Ask the port in plain HTTP: `curl -v http://HOST:PORT/`; if it answers, it does not speak TLS.",
            "Watch the handshake: `openssl s_client -connect HOST:443 -servername HOST </dev/null`.",
            "Test for an MTU fault: `ping -M do -s 1400 HOST`, above all over a VPN or in containers.",
            "Look at the load of the server; retry after a wait.",
        ),
        dont=(
            "Do not treat it as a read timeout: nothing was sent, so any request may be repeated.",
        ),
        related=("http.response.timed_out", "tcp.timed_out", "tls.protocol.error.not_tls"),
        also_known_as={
            "curl": "28",
            "chromium": "ERR_TIMED_OUT",
            "ooni": "generic_timeout_error",
            "envoy": "UF",
        },
    ),
    new_kind("tls.failed", layer="tls", delivered="maybe", retry="idempotent")(
        meaning="TLS failed for a reason that none of the other TLS kinds covers.",
        looks_like={
            "python": "`[SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error` (alert 80), or another `ssl.SSLError`",
            "curl": "`curl: (35) OpenSSL/3.0.19: error:0A000438:SSL routines::tlsv1 alert internal error`",
        },
        causes=(
            "The server has an internal fault, such as a key or certificate that it cannot load.",
            "The server or CDN has no certificate for this name and answers with an internal error.",
            "OpenSSL reported a reason that is not in the tables.",
        ),
        do=(
            "Reproduce it outside Python: `openssl s_client -connect HOST:443 -servername HOST </dev/null`.",
            "Look into the server's log at this time.",
            "Check that the server or CDN has a certificate for this name.",
        ),
        dont=(
            "Do not set `verify=False`: it changes nothing here and removes the protection.",
            "Do not repeat a POST blindly when the handshake was over: it may have been processed.",
        ),
        related=(
            "tls.version_or_cipher_mismatch",
            "tls.unrecognized_name_alert",
            "tls.protocol.error",
        ),
        also_known_as={
            "curl": "35",
            "chromium": "ERR_SSL_PROTOCOL_ERROR",
            "ooni": "ssl_failed_handshake",
        },
    ),
)
