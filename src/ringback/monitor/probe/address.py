"""Host and port of an endpoint that is no HTTP endpoint."""

import socket
from urllib.parse import urlsplit

from ringback.monitor.model import Endpoint

_FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


def host_of(endpoint: Endpoint) -> str:
    """Return the host of an endpoint's URL.

    Args:
        endpoint: The endpoint.

    Raises:
        ValueError: It has none.
    """
    host = urlsplit(endpoint.url).hostname
    if not host:
        raise ValueError("the URL has no host")
    return host


def host_and_port(endpoint: Endpoint) -> tuple[str, int]:
    """Return host and port of an endpoint's URL.

    Args:
        endpoint: The endpoint.

    Raises:
        ValueError: One is missing.
    """
    port = urlsplit(endpoint.url).port
    if not port:
        raise ValueError("the URL has no port")
    return host_of(endpoint), port


def family_of(endpoint: Endpoint) -> int:
    """Return the address family that an endpoint is looked at over; 0: any.

    Args:
        endpoint: Its option ``family`` says which: 4 or 6.
    """
    return _FAMILIES.get(endpoint.options.get("family", 0), 0)
