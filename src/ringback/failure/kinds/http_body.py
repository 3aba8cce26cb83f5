"""Reference data: the response's head arrived, its body is wrong."""

from ringback.failure.kind import Kind

HTTP_BODY = (
    Kind(
        name="http.response.body_timed_out",
        layer="http",
        delivered="yes",
        retry="idempotent",
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
            "The path was lost, or a device on the way forgot the connection.",
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
    Kind(
        name="http.response.invalid.content_length_mismatch",
        layer="http",
        delivered="yes",
        retry="idempotent",
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
    Kind(
        name="http.response.invalid.incomplete_chunked_encoding",
        layer="http",
        delivered="yes",
        retry="idempotent",
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
    Kind(
        name="http.response.invalid.content_decoding",
        layer="http",
        delivered="yes",
        retry="idempotent",
        meaning="The body cannot be decompressed as its Content-Encoding says.",
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
    Kind(
        name="http.response.unexpected_content",
        layer="http",
        delivered="yes",
        retry="no",
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
