"""Reference data: the HTTP exchange stopped or broke.

Before the response's head, in its body, at a redirect, or in HTTP/2.
"""

from ringback.failure.kind import new_kind

# The HTTP exchange stopped or broke before a complete response head.

HTTP = (
    new_kind("http.request.timed_out", layer="http", delivered="maybe", retry="idempotent")(
        meaning="The request could not be sent completely in the time allowed.",
        looks_like={
            "requests": "`ConnectionError: ('Connection aborted.', TimeoutError('timed out'))`",
            "httpx": "`WriteTimeout: timed out`; asynchronous: an empty text",
            "aiohttp": "no write timeout: without `total` it waits for ever",
            "curl": "`curl: (28) Operation timed out after 2000 milliseconds with 0 bytes received`",
        },
        causes=(
            "The server does not read: it is hung, or holds uploads back.",
            "The uplink is too slow for the size of the body.",
            "Large packets are lost on the path (MTU), while the small ones of the handshake passed.",
            "The path was lost while sending.",
        ),
        do=(
            "Send a small request to the same host: if that works, look at the body's size and the path's MTU.",
            "See whether bytes are stuck: `ss -tino dst ADDRESS` shows `unacked` and retransmissions.",
            "Upload in parts, and give uploads a write timeout that suits their size.",
            "With aiohttp, set `ClientTimeout(total=…)`: it has no write timeout.",
        ),
        dont=("Do not repeat a POST blindly: a part of it was received.",),
        related=("http.response.timed_out", "tcp.timed_out.established", "tcp.closed"),
        also_known_as={"curl": "28", "chromium": "ERR_TIMED_OUT", "ooni": "generic_timeout_error"},
    ),
    new_kind("http.response.timed_out", layer="http", delivered="maybe", retry="idempotent")(
        meaning="The request was sent, and no byte of a response came in the time allowed.",
        looks_like={
            "requests": "`ReadTimeout: HTTPConnectionPool(host='127.0.0.1', port=8080): Read timed out. (read timeout=30)`",
            "httpx": "`ReadTimeout: timed out` or `The read operation timed out`; asynchronous: an empty text",
            "aiohttp": "`SocketTimeoutError: Timeout on reading data from socket`",
            "urllib": "`TimeoutError: timed out`",
            "curl": "`curl: (28) Operation timed out after 2001 milliseconds with 0 bytes received`",
        },
        causes=(
            "The server is slow with this request: a slow query, a lock, a large report.",
            "The server is overloaded, and the request waits in a queue.",
            "The server or a worker behind it hangs.",
            "The path was lost after the connection had been made.",
        ),
        do=(
            "Measure the first byte: `curl -o /dev/null -sS -w '%{time_starttransfer}' URL`, and read the server's log.",
            "Compare with a cheap request to the same service: if that is fast, this one request is slow.",
            "If it is rightly slow, raise the read timeout for this one call, or let the service answer 202 and poll.",
            "Repeat only what may be processed twice, after a wait; give a POST an `Idempotency-Key`.",
        ),
        dont=(
            "Do not repeat a POST blindly: the server may still be working on it.",
            "Do not lengthen the timeout for every call to hide a slow service.",
        ),
        related=(
            "tls.timed_out",
            "tcp.timed_out.established",
            "http.response.body_timed_out",
            "client.deadline_exceeded",
        ),
        also_known_as={
            "curl": "28",
            "chromium": "ERR_TIMED_OUT",
            "ooni": "generic_timeout_error",
            "envoy": "UT",
            "grpc": "DEADLINE_EXCEEDED",
        },
    ),
    new_kind("http.response.invalid.empty", layer="http", delivered="maybe", retry="idempotent")(
        meaning="The server closed the connection after the request without sending a single byte of a response.",
        looks_like={
            "requests": "`('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))`",
            "httpx": "`RemoteProtocolError: Server disconnected without sending a response.`",
            "aiohttp": "`ServerDisconnectedError: Server disconnected`",
            "urllib": "`RemoteDisconnected: Remote end closed connection without response`",
            "curl": "`curl: (52) Empty reply from server`",
        },
        causes=(
            "The server process crashed or was killed on this request (out of memory, worker timeout).",
            "The server or load balancer is being drained or restarted.",
            "The connection was kept alive, and the server had just closed it.",
            "Plain HTTP was sent to a port that expects TLS or another protocol.",
        ),
        do=(
            "Read the server's log at this time for a crash, an out-of-memory kill or a worker timeout.",
            "Repeat it once: if a fresh connection works, the old one had gone stale.",
            "If the same request always fails, the request triggers it; try it with a smaller body.",
            "Check that the scheme suits the port: `curl -v https://HOST:PORT/`.",
        ),
        dont=(
            "Do not repeat a POST blindly: the server may have crashed after processing it.",
            "Do not repeat without a limit a request that crashes the server.",
        ),
        related=("tcp.closed.stale", "tcp.reset", "http.response.headers.truncated"),
        also_known_as={
            "curl": "52",
            "chromium": "ERR_EMPTY_RESPONSE",
            "ooni": "eof_error",
            "envoy": "UC",
        },
    ),
    new_kind(
        "http.response.headers.truncated", layer="http", delivered="maybe", retry="idempotent"
    )(
        meaning="The connection ended in the middle of the response's headers.",
        looks_like={
            "requests": "no exception: status 200 with an empty body and some headers missing",
            "urllib": "no exception: status 200 with an empty body",
            "httpx": "`RemoteProtocolError: Server disconnected without sending a response.`",
            "aiohttp": "`ServerDisconnectedError: <RawResponseMessage(version=…, code=200, …)>`",
        },
        causes=(
            "The server died while it was answering.",
            "A load balancer or proxy cut the connection.",
            "The connection was ended by a limit on time or size.",
        ),
        do=(
            "Read the logs of the server and of each proxy before it, for a crash or restart at this time.",
            "See the raw bytes: `curl -v --http1.1 URL`.",
            "With requests, check that a 200 has the headers you need before using it.",
            "Repeat it after a wait, if the request may be processed twice.",
        ),
        dont=(
            "Do not trust a 200 with an empty body: four common clients accept a cut response without a word.",
            "Do not repeat a POST blindly: it was probably processed.",
        ),
        related=(
            "http.response.invalid.empty",
            "http.response.invalid.content_length_mismatch",
        ),
        also_known_as={
            "chromium": "ERR_RESPONSE_HEADERS_TRUNCATED",
            "ooni": "eof_error",
            "envoy": "UC",
        },
    ),
    new_kind("http.response.invalid.not_http", layer="http", delivered="maybe", retry="no")(
        meaning="The peer answered, but not in HTTP/1.x.",
        looks_like={
            "requests": r"`('Connection aborted.', BadStatusLine('SSH-2.0-OpenSSH_9.2\r\n'))`: the first bytes are the evidence",
            "httpx": "`RemoteProtocolError: illegal status line: bytearray(b'…')`, or only `Server disconnected without sending a response.`",
            "aiohttp": '`ClientResponseError: 400, message="Bad status line: Expected HTTP/, RTSP/ or ICE/: …"`, where the 400 is invented',
            "urllib": "`BadStatusLine: SSH-2.0-OpenSSH_9.2`",
            "curl": "`curl: (1) Received HTTP/0.9 when not allowed`",
        },
        causes=(
            "The port is wrong: SSH, SMTP, Redis or a database answers there.",
            "`http://` was sent to a TLS port: the answer starts with the bytes 0x15 0x03.",
            "The server speaks only HTTP/2, as gRPC does: the answer starts with 0x00 0x00.",
            "The service expects a PROXY protocol header first, or sends a banner of its own.",
        ),
        do=(
            "Read the first bytes in the message: they name what listens there; then correct the port or scheme.",
            "Look at the port: `nc -v HOST PORT`, or `curl -v --http0.9 http://HOST:PORT/`.",
            "For bytes 0x15 0x03 use `https://`; for 0x00 0x00 use an HTTP/2 or gRPC client.",
        ),
        dont=(
            "Do not retry: the port speaks another protocol.",
            "Do not believe aiohttp's status 400: the server never sent one.",
        ),
        related=("tls.protocol.error.not_tls", "http.protocol.error", "proxy.protocol_error"),
        also_known_as={"curl": "1", "chromium": "ERR_INVALID_HTTP_RESPONSE"},
    ),
    new_kind("http.protocol.error", layer="http", delivered="maybe", retry="idempotent")(
        meaning="The response breaks the rules of HTTP/1.1.",
        looks_like={
            "requests": r"""`ChunkedEncodingError: ("Connection broken: InvalidChunkLength(got length b'zz\\r\\n', 0 bytes read)", …)`, `got more than 100 headers`""",
            "httpx": r"`RemoteProtocolError: illegal chunk header: bytearray(b'zz\r\n')`, `illegal status line: bytearray(b'105d')`",
            "aiohttp": '`ClientResponseError: 400, message="Invalid character in chunk size: …"`, where the 400 is invented',
            "urllib": "`IncompleteRead(0 bytes read)`, `LineTooLong: got more than 65536 bytes when reading header line`",
            "curl": "`curl: (56) Illegal or missing hexadecimal sequence in chunked-encoding`",
        },
        causes=(
            "The server or a home-made proxy writes invalid chunks, headers or a wrong Content-Length.",
            "The body of an earlier response on the same connection was longer than it said.",
            "Headers are too many or too large, often cookies.",
            "Several threads write to one connection in the server.",
        ),
        do=(
            "See the raw response: `curl -v --raw --http1.1 URL`, directly and through each proxy.",
            "Turn keep-alive off for a test (`Connection: close`): if it then works, an earlier body was too long.",
            "Report it to the service with the raw bytes.",
            "Repeat it on a fresh connection, if the request may be processed twice.",
        ),
        dont=(
            "Do not switch to a client that accepts it silently: responses may be cut or mixed up.",
            "Do not repeat a POST blindly: the answer was broken, not the request.",
            "Do not believe aiohttp's status 400: the server never sent one.",
        ),
        related=(
            "http.response.invalid.not_http",
            "http.response.invalid.incomplete_chunked_encoding",
            "h2.protocol.error",
        ),
        also_known_as={
            "curl": "8, 56",
            "chromium": "ERR_INVALID_RESPONSE, ERR_INVALID_CHUNKED_ENCODING",
        },
    ),
)


# The response's head arrived, its body is wrong.

HTTP_BODY = (
    new_kind("http.response.body_timed_out", layer="http", delivered="yes", retry="idempotent")(
        meaning="The response began, and then its body stopped coming.",
        looks_like={
            "requests": "`ConnectionError: HTTPConnectionPool(host='127.0.0.1', port=8080): Read timed out.`, not a `Timeout`",
            "httpx": "`ReadTimeout: timed out`; asynchronous: an empty text",
            "aiohttp": "`SocketTimeoutError: Timeout on reading data from socket`",
            "urllib": "`TimeoutError: timed out` from `read()`",
            "curl": "`curl: (28) Operation timed out after 2000 milliseconds with 2 out of 9 bytes received`",
        },
        causes=(
            "The server computes while it streams, and pauses.",
            "The server or a worker behind it hangs in mid-response.",
            "The path was lost, or a device on the path forgot the connection.",
            "The stream is meant to stay open (events, logs) and has nothing to say.",
        ),
        do=(
            "See how far it comes: `curl -o /dev/null -w '%{size_download} bytes, %{time_total} s' URL`.",
            "For large downloads, continue where it stopped: a `Range` request with `If-Range`.",
            "For event streams, let the server send keep-alive comments, more often than the read timeout.",
            "Repeat it after a wait, if the request may be processed twice.",
        ),
        dont=(
            "Do not use what arrived as if it were complete.",
            "Do not catch only `requests.Timeout`: requests reports this as `ConnectionError`.",
        ),
        related=(
            "http.response.timed_out",
            "http.response.invalid.content_length_mismatch",
            "tcp.timed_out.established",
        ),
        also_known_as={"curl": "28", "chromium": "ERR_TIMED_OUT", "ooni": "generic_timeout_error"},
    ),
    new_kind(
        "http.response.invalid.content_length_mismatch",
        layer="http",
        delivered="yes",
        retry="idempotent",
    )(
        meaning="The body is shorter than the response's Content-Length said.",
        looks_like={
            "requests": "`ChunkedEncodingError: ('Connection broken: IncompleteRead(2 bytes read, 7 more expected)', …)`; with urllib3 1.26 no exception: 200 and a short body",
            "httpx": "`RemoteProtocolError: peer closed connection without sending complete message body (received 2 bytes, expected 9)`",
            "aiohttp": "`ClientPayloadError: Response payload is not completed: <ContentLengthError: 400, message='Not enough data to satisfy content length header (received 2 of 9 bytes).'>`",
            "urllib": "`IncompleteRead(2 bytes read, 7 more expected)`",
            "curl": "`curl: (18) transfer closed with 7 bytes remaining to read`",
        },
        causes=(
            "The server or a load balancer cut the connection: restart, crash, time limit.",
            "The network was interrupted during a long download.",
            "A proxy changed the body and not the length.",
            "The file changed on the server while it was being sent.",
        ),
        do=(
            "Continue where it stopped with a `Range` request, or repeat the whole download after a wait.",
            "If it always stops at the same size or time, look for a limit in the server or a proxy.",
            "Check the length yourself: `len(response.content)` against `Content-Length`.",
        ),
        dont=(
            "Do not use what arrived as if it were complete.",
            "Do not repeat a POST blindly: the server has processed it.",
        ),
        related=(
            "http.response.invalid.incomplete_chunked_encoding",
            "http.response.body_timed_out",
            "tcp.reset",
        ),
        also_known_as={
            "curl": "18",
            "chromium": "ERR_CONTENT_LENGTH_MISMATCH",
            "ooni": "eof_error",
        },
    ),
    new_kind(
        "http.response.invalid.incomplete_chunked_encoding",
        layer="http",
        delivered="yes",
        retry="idempotent",
    )(
        meaning="A chunked body ended without its last chunk, so a part of it is missing.",
        looks_like={
            "requests": "`ChunkedEncodingError: Response ended prematurely`",
            "httpx": "`RemoteProtocolError: peer closed connection without sending complete message body (incomplete chunked read)`",
            "aiohttp": "`ClientPayloadError: Response payload is not completed: <TransferEncodingError: 400, message='Not enough data to satisfy transfer length header.'>`",
            "urllib": "`IncompleteRead(5 bytes read)`",
            "curl": "`curl: (18) transfer closed with outstanding read data remaining`",
        },
        causes=(
            "The server's program failed in mid-stream, after the status had been sent.",
            "A load balancer's or proxy's time limit cut a long stream.",
            "The server was restarted.",
            "The network was interrupted.",
        ),
        do=(
            "Read the server's log for an exception at this time: after the headers it cannot send a 500.",
            "If it always ends after the same time, raise the proxy's or load balancer's timeout.",
            "Repeat the request after a wait, if it may be processed twice; for streams, resume from the last event.",
        ),
        dont=(
            "Do not use what arrived as if it were complete.",
            "Do not repeat a POST blindly: the server has processed it, at least in part.",
        ),
        related=(
            "http.response.invalid.content_length_mismatch",
            "http.protocol.error",
            "http.response.body_timed_out",
        ),
        also_known_as={
            "curl": "18",
            "chromium": "ERR_INCOMPLETE_CHUNKED_ENCODING",
            "ooni": "eof_error",
        },
    ),
    new_kind(
        "http.response.invalid.content_decoding", layer="http", delivered="yes", retry="idempotent"
    )(
        meaning="The body cannot be decoded according to its Content-Encoding.",
        looks_like={
            "requests": "`ContentDecodingError: ('Received response with content-encoding: gzip, but failed to decode it.', error('Error -3 while decompressing data: incorrect header check'))`",
            "httpx": "`DecodingError: Error -3 while decompressing data: incorrect header check`",
            "aiohttp": "`ClientPayloadError: 400, message: Can not decode content-encoding: gzip`",
            "curl": "`curl: (61) Error while processing content unencoding: incorrect header check`, with `--compressed`",
        },
        causes=(
            "The server says gzip but sends plain text, or compresses twice.",
            "A proxy decompressed the body and left the header.",
            "The body was cut; note that requests, httpx and aiohttp accept a cut gzip body silently.",
            "The encoding (br, zstd) needs a package that is too old.",
        ),
        do=(
            "Ask for it uncompressed: send `Accept-Encoding: identity`, and see whether that works.",
            "Look at the raw start of the body: `curl -sS --raw -H 'Accept-Encoding: gzip' URL | xxd | head -2`; gzip is 1f 8b.",
            "Correct the server or proxy that sets the header.",
        ),
        dont=("Do not repeat it many times: it is usually the server's configuration.",),
        related=(
            "http.response.invalid.content_length_mismatch",
            "http.response.unexpected_content",
        ),
        also_known_as={"curl": "61", "chromium": "ERR_CONTENT_DECODING_FAILED"},
    ),
    new_kind("http.response.unexpected_content", layer="http", delivered="yes", retry="no")(
        meaning="The response is correct HTTP, but not the content that was expected, such as HTML in place of JSON.",
        looks_like={
            "requests": "`JSONDecodeError: Expecting value: line 1 column 1 (char 0)`",
            "httpx": "`json.JSONDecodeError: Expecting value: line 1 column 1 (char 0)`",
            "aiohttp": "`ContentTypeError: 200, message='Attempt to decode JSON with unexpected mimetype: text/html'`",
            "python": "`xml.etree.ElementTree.ParseError: syntax error: line 1, column 0`",
        },
        causes=(
            "A login page answers because the session or token is missing.",
            "The response is an error page with status 4xx or 5xx, and the status was not checked.",
            "The URL is wrong: the web site answers in place of the API.",
            "A captive portal, a web application firewall or a proxy answers with a page of its own.",
            "The body is empty, as for a 204.",
        ),
        do=(
            "Print status, `Content-Type`, final URL and the first 200 characters of the body.",
            "Call `raise_for_status()` before decoding.",
            "Ask for what you want, `Accept: application/json`, and check the path of the API.",
            "If the page is a login or block page, correct the credentials or have the client allowed.",
        ),
        dont=(
            "Do not take it for a broken connection: it works, and the answer is another one.",
            "Do not swallow the decoding error: the page's text says what is wrong.",
        ),
        related=("http.error.captive_portal", "http.error.auth", "http.error"),
        also_known_as={"ooni": "json_parse_error"},
    ),
)


# A redirect leads nowhere.

HTTP_REDIRECT = (
    new_kind("http.response.redirect_loop", layer="http", delivered="yes", retry="no")(
        meaning="The server keeps redirecting, and the client stopped following.",
        looks_like={
            "requests": "`TooManyRedirects: Exceeded 30 redirects.`",
            "httpx": "`TooManyRedirects: Exceeded maximum allowed redirects.` (20)",
            "aiohttp": "`TooManyRedirects: 0, message='', url='http://127.0.0.1:8080/'` (10)",
            "urllib": "`HTTP Error 302: The HTTP server returned a redirect error that would lead to an infinite loop.`",
            "curl": "`curl: (47) Maximum (50) redirects followed`",
        },
        causes=(
            "The load balancer ends TLS, and the application behind it redirects to https endlessly.",
            "The site redirects from `www.` to the bare name and back.",
            "The site sets a cookie and checks it, and the client does not keep cookies.",
            "Logging in fails, and the login page leads back to itself.",
        ),
        do=(
            "Follow the hops: `curl -sSIL --max-redirs 5 URL | grep -iE '^(HTTP|location)'`.",
            "Behind a load balancer, let the application trust `X-Forwarded-Proto`.",
            "Use a session, so that cookies are kept.",
            "Call the final URL directly, with the right scheme and host.",
        ),
        dont=(
            "Do not raise the limit: a loop has no end.",
            "Do not retry: the loop is still there.",
        ),
        related=("http.response.redirect_invalid", "http.error.auth"),
        also_known_as={"curl": "47", "chromium": "ERR_TOO_MANY_REDIRECTS"},
    ),
    new_kind("http.response.redirect_invalid", layer="http", delivered="yes", retry="no")(
        meaning="The server redirects to a URL that cannot be used.",
        looks_like={
            "requests": "a bare `ValueError: Invalid IPv6 URL`, or `InvalidSchema: No connection adapters were found for 'myapp://callback'`",
            "httpx": "`RemoteProtocolError: Invalid URL in location header: Invalid port: ':1'.`",
            "aiohttp": "`InvalidUrlRedirectClientError: http://[::1/ - Server attempted redirecting to a location that does not look like a URL`",
            "urllib": "`ValueError: Invalid IPv6 URL`, `HTTPError: … Redirection to url 'file:///etc/passwd' is not allowed`",
            "curl": "`curl: (3) The redirect target URL could not be parsed: Bad IPv6 address`",
        },
        causes=(
            "The server builds the `Location` from parts, and one of them is empty or wrong.",
            "The redirect leads to an application's own scheme, as at the end of a login.",
            "The server does not encode spaces or other characters.",
        ),
        do=(
            "Read where it leads: `curl -sSI URL | grep -i '^location'`.",
            "Do not follow automatically (`allow_redirects=False`), and take what you need from `Location`.",
            "Report it to the service.",
        ),
        dont=(
            "Do not follow redirects to `file:` or other schemes.",
            "Do not catch only `requests.RequestException`: this can leave as a bare `ValueError`.",
        ),
        related=("http.response.redirect_loop", "url.invalid", "url.scheme_invalid"),
        also_known_as={
            "curl": "3",
            "chromium": "ERR_INVALID_REDIRECT, ERR_UNSAFE_REDIRECT",
            "ooni": "http_invalid_redirect_location_host",
        },
    ),
)


# HTTP/2 streams and connections that were ended.

HTTP2 = (
    new_kind("h2.refused_stream", layer="http", delivered="no", retry="now")(
        meaning="The server ended the HTTP/2 stream and guarantees that it did not process the request.",
        looks_like={
            "httpx": "`RemoteProtocolError: <StreamReset stream_id:1, error_code:7, remote_reset:True>`, `<ConnectionTerminated error_code:0, last_stream_id:0, additional_data:None>`",
            "curl": "`curl: (92) HTTP/2 stream 1 was not closed cleanly: REFUSED_STREAM (err 7)`",
            "go": "`http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR`",
        },
        causes=(
            "The server is shutting down in good order (GOAWAY) and this request came too late.",
            "The server's limit of concurrent streams was reached.",
            "The connection has reached its age or its number of requests, and the server ends it.",
        ),
        do=(
            "Repeat the request at once on a fresh connection: the server says that it did not process it.",
            "If it happens often, lower the number of concurrent requests per connection.",
            "Compare the times with restarts of the server.",
        ),
        dont=("Do not count it as an outage: a server that is draining works as intended.",),
        related=("h2.protocol.error", "tcp.closed.stale", "http.error.unavailable"),
        also_known_as={
            "curl": "92, 16",
            "chromium": "ERR_HTTP2_SERVER_REFUSED_STREAM",
            "grpc": "UNAVAILABLE",
        },
    ),
    new_kind("h2.protocol.error", layer="http", delivered="maybe", retry="idempotent")(
        meaning="The HTTP/2 stream or connection ended with an error, without a promise about the request.",
        looks_like={
            "httpx": "`RemoteProtocolError: <StreamReset stream_id:1, error_code:2, remote_reset:True>`, `<ConnectionTerminated error_code:1, last_stream_id:3, …>`",
            "curl": "`curl: (92) HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)`, `curl: (16) Error in the HTTP2 framing layer`",
            "grpc": "`RST_STREAM closed stream. HTTP/2 error code: INTERNAL_ERROR`",
        },
        causes=(
            "The server's program failed on this request (INTERNAL_ERROR, 2).",
            "A proxy or load balancer gave up on the server behind it.",
            "The client is too busy for the server's taste (ENHANCE_YOUR_CALM, 11).",
            "The server requires HTTP/1.1 for this request (HTTP_1_1_REQUIRED, 13).",
        ),
        do=(
            "Read the error code: 2 is the server's fault, 11 means slow down, 13 means use HTTP/1.1.",
            "Try it over HTTP/1.1 (`httpx.Client(http2=False)`, `curl --http1.1`): it shows the status behind it.",
            "For 11, send fewer requests and fewer pings.",
            "Repeat it after a wait, if the request may be processed twice.",
        ),
        dont=(
            "Do not repeat a POST blindly: only REFUSED_STREAM and a GOAWAY below its number promise anything.",
        ),
        related=("h2.refused_stream", "http.protocol.error", "http.error.rate_limited"),
        also_known_as={
            "curl": "92, 16",
            "chromium": "ERR_HTTP2_PROTOCOL_ERROR, ERR_HTTP_1_1_REQUIRED",
            "grpc": "INTERNAL, UNAVAILABLE",
        },
    ),
)
