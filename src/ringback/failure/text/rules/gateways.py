"""What reverse proxies and load balancers write about the server behind them."""

from ringback.failure.reading import EXACT, SPECIFIC, TIMEOUT
from ringback.failure.text.rule import OVERRIDE, SENTENCE, Rule, says

_TIMED_OUT = r"timed out\)? "

GATEWAYS: list[Rule] = [
    # nginx: the number is the operating system's; what was being done tells the phase
    *says(
        TIMEOUT,
        "while connecting to upstream",
        rank=SPECIFIC,
        phase="connect",
        before=_TIMED_OUT,
    ),
    *says(
        TIMEOUT,
        "while reading response header from upstream",
        rank=OVERRIDE,
        phase="wait",
        before=_TIMED_OUT,
    ),
    *says(TIMEOUT, "while reading upstream", rank=OVERRIDE, phase="body", before=_TIMED_OUT),
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
    # a pool of servers without one that works: nginx, Envoy, HAProxy
    *says(
        "http.error.unavailable",
        "no live upstreams",
        "no healthy upstream",
        "has no server available",
        rank=SPECIFIC,
        phase="wait",
    ),
    # Envoy
    *says(
        "http.error.gateway",
        "upstream connect error or disconnect/reset before headers",
        "upstream request timeout",
        rank=SENTENCE,
        phase="wait",
    ),
    *says(
        "http.error.gateway",
        "reset reason: connection failure",
        "reset reason: remote connection failure",
        "reset reason: local connection failure",
        "reset reason: connection termination",
        "reset reason: connection timeout",
        "reset reason: overflow",
        "reset reason: remote reset",
        "reset reason: local reset",
        "reset reason: protocol error",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says(
        "tcp.refused",
        "delayed connect error: 111",
        "delayed connect error: connection refused",
        rank=EXACT,
        phase="connect",
    ),
    # HAProxy's health checks
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
