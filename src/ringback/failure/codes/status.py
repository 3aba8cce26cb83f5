"""HTTP statuses as failures (RFC 9110 section 15, RFC 6585)."""

KIND_OF_STATUS: dict[int, str] = {
    401: "http.error.auth",
    403: "http.error.auth",
    407: "proxy.auth_required",
    429: "http.error.rate_limited",
    502: "http.error.gateway",
    503: "http.error.unavailable",
    504: "http.error.gateway",
    511: "http.error.captive_portal",
    520: "http.error.gateway",
    521: "http.error.gateway",
    522: "http.error.gateway",
    523: "http.error.gateway",
    524: "http.error.gateway",
    525: "http.error.gateway",
    526: "http.error.gateway",
    529: "http.error.unavailable",
}
"""520 to 526 are a widely met gateway's own (Cloudflare); 529 is "site is overloaded"."""


_NOT_UNDERSTOOD = frozenset({400, 404, 405, 501})
"""What a server that is no proxy, or none for CONNECT, answers to CONNECT."""


def kind_of(status: int) -> str:
    """The kind for a final HTTP status of 400 or more."""
    return KIND_OF_STATUS.get(status, "http.error")


def kind_of_connect(status: int) -> str:
    """The kind for a proxy's answer to CONNECT that is not 2xx."""
    if status == 407:
        return "proxy.auth_required"
    if status in _NOT_UNDERSTOOD or status < 400:
        return "proxy.protocol_error"
    return "proxy.upstream_failed" if status >= 500 else "proxy.denied"
