"""What is said of HTTP/2: h2, curl, Go, Node, Chromium, gRPC."""

from ringback.failure.reading import EXACT, SPECIFIC
from ringback.failure.text.rule import Rule, says

HTTP2: list[Rule] = [
    *says(
        "h2.refused_stream",
        "refused_stream",
        "refusedstream",
        rank=EXACT,
        phase="wait",
    ),
    *says(
        "h2.refused_stream",
        "error_code:7",
        rank=EXACT,
        phase="wait",
        before=r"StreamReset[^\n]{0,60}",
    ),
    *says(
        "h2.protocol.error",
        "<connectionterminated",
        "<streamreset",
        "remoteprotocolerror: <",
        "http/2 stream",
        "http/2 error code",
        "http/2 framing layer",
        "http2 framing layer",
        "received http2 header with status",
        "goaway",
        "remoteprotocolerror: connectionterminated",
        "too_many_pings",
        "received rst_stream",
        "stream error: stream id",
        "stream was not closed cleanly",
        "internal_error; received from peer",
        "enhance_your_calm",
        "err_http2_",
        "err_spdy_protocol_error",
        rank=SPECIFIC,
        phase="wait",
    ),
]
