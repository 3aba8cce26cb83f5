"""Reference data: HTTP/2 streams and connections that were ended."""

from ringback.failure.kind import Kind

HTTP2 = (
    Kind(
        name="h2.refused_stream",
        layer="http",
        delivered="no",
        retry="now",
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
        dont=("Do not count it as an outage: a server that drains is working as it should.",),
        related=("h2.protocol.error", "tcp.closed.stale", "http.error.unavailable"),
        also_known_as={
            "curl": "92, 16",
            "chromium": "ERR_HTTP2_SERVER_REFUSED_STREAM",
            "grpc": "UNAVAILABLE",
        },
    ),
    Kind(
        name="h2.protocol.error",
        layer="http",
        delivered="maybe",
        retry="idempotent",
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
            "The server wants HTTP/1.1 for this request (HTTP_1_1_REQUIRED, 13).",
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
