"""What reverse proxies and load balancers write about the server behind them."""

from ringback.failure.reading import EXACT, SPECIFIC, TIMEOUT
from ringback.failure.text.rule import Rule, says

RULES: list[Rule] = [
    # nginx: the number is the operating system's; these are its own words
    *says(
        TIMEOUT,
        "while connecting to upstream",
        rank=SPECIFIC,
        phase="connect",
        around=r"timed out\)? while connecting to upstream",
    ),
    *says(
        TIMEOUT,
        "while reading response header from upstream",
        rank=EXACT + 2,
        phase="wait",
        around=r"timed out\)? while reading response header",
    ),
    *says(
        TIMEOUT,
        "while reading upstream",
        rank=EXACT + 2,
        phase="body",
        around=r"timed out\)? while reading upstream",
    ),
    *says(
        "http.response.invalid.empty",
        "upstream prematurely closed connection while reading response header",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says(
        "http.response.invalid.content_length_mismatch",
        "upstream prematurely closed connection while reading upstream",
        rank=SPECIFIC,
        phase="body",
    ),
    *says(
        "http.error.unavailable",
        "no live upstreams",
        "no healthy upstream",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says("dns.name_not_resolved", "host not found in upstream", rank=SPECIFIC, phase="dns"),
    # Envoy
    *says(
        "http.error.gateway",
        "upstream connect error or disconnect/reset before headers",
        "upstream request timeout",
        rank=SPECIFIC - 15,
        phase="wait",
    ),
    *says(
        "tcp.refused",
        "delayed connect error: 111",
        "delayed connect error: connection refused",
        rank=EXACT,
        phase="connect",
    ),
    *says(
        "http.error.gateway",
        "reset reason: connection failure",
        "reset reason: connection termination",
        "reset reason: overflow",
        "reset reason: remote reset",
        "reset reason: connection timeout",
        "reset reason: protocol error",
        rank=SPECIFIC,
        phase="wait",
    ),
    # HAProxy
    *says("http.error.unavailable", "has no server available", rank=SPECIFIC, phase="wait"),
    *says(
        "tcp.refused",
        'layer4 connection problem, info: "connection refused"',
        rank=EXACT,
        phase="connect",
    ),
    *says(TIMEOUT, "layer4 timeout", rank=SPECIFIC, phase="connect"),
    *says("tls.timed_out", "layer6 timeout", rank=SPECIFIC, phase="tls"),
    *says(TIMEOUT, "layer7 timeout", rank=SPECIFIC, phase="wait"),
]
