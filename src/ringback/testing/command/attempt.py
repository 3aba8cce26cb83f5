"""A line to try: how to meet an endpoint with the tools one has."""

import shlex

from ringback.testing.lab import Endpoint, Fault


def line_to_try(fault: Fault, endpoint: Endpoint) -> str:
    """Return a shell command that meets a fault.

    Args:
        fault: Which.
        endpoint: Where it was started.
    """
    if endpoint.nameserver and not endpoint.namespace:
        address, port = endpoint.nameserver
        return f"dig @{address} -p {port} {endpoint.host}"
    inside = f"ip netns exec {endpoint.namespace} " if endpoint.namespace else ""
    return f"{inside}curl -sS {shlex.join(_options(fault, endpoint))}{_pipe(fault)}"


def _options(fault: Fault, endpoint: Endpoint) -> list[str]:
    secure = endpoint.url.startswith("https:")
    words = ["--cacert", endpoint.verify] if endpoint.verify and secure else []
    if proxy := endpoint.proxies.get("https" if secure else "http"):
        words += ["-x", proxy]
    words += {
        "upload": ["--data-binary", "@-"],
        "twice": [endpoint.url],
        "crl": ["--crlfile", endpoint.verify or ""],
        "http2": ["--http2"],
        "client_certificate": ["--cert", endpoint.client_certificate or ""],
    }.get(fault.provoke, [])
    return [*words, endpoint.url]


def _pipe(fault: Fault) -> str:
    match fault.provoke:
        case "upload":
            return " < <(head -c 16M /dev/zero)"
        case "json":
            return " | python3 -m json.tool"
        case _:
            return ""
