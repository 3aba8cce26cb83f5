"""Statuses of errors."""

from dns.rcode import NXDOMAIN
from e2e.building import NAME, blocked, listen, name, nameservers, proxying, resolver, secure, world
from e2e.expectations import HTTP, HTTPS, OUR_PROGRAM, STATUS_LAYERS, THEIR_APPLICATION
from e2e.handlers import page, proxy
from e2e.server_replies import alternating
from e2e.site import RESOLVER, RESOLVER2
from e2e.templates import ALL, http_status
from e2e.world import broken

from ringback.testing.lab.dns import DNSAnswer

WORLDS = (
    world(
        "unread-cookie-banner-then-500",
        HTTPS,
        broken("server_error", "http.error", "status|http", THEIR_APPLICATION),
        name(),
        secure(handler=alternating(page(500), page(500))),
        curl=(0,),
    ),
    world(
        "unread-teapot-with-retry-after",
        HTTP,
        broken(
            "unavailable|rate_limited",
            "http.error.unavailable|http.error.rate_limited",
            "status|http",
            THEIR_APPLICATION,
        ),
        name(),
        listen(80, page(503, "Retry-After: 3600", "Server: gunicorn")),
        curl=(0,),
    ),
    world(
        "unread-basic-auth-for-everything",
        f"{HTTPS}metrics",
        broken(
            "unauthorized", "http.error.auth", "status|http", f"{THEIR_APPLICATION}|this program"
        ),
        name(),
        secure(handler=page(401, 'WWW-Authenticate: Basic realm="ops"')),
        curl=(0,),
    ),
    world(
        "unread-gateway-timeout-of-cloud",
        HTTPS,
        broken("gateway_failed", "http.error.gateway", "status|http", THEIR_APPLICATION),
        name(),
        secure(handler=page(504, "Server: awselb/2.0")),
        curl=(0,),
    ),
    world(
        "unread-second-resolver-lies-and-404",
        f"{HTTP}old",
        broken("not_found", "http.error", "status|http", f"{THEIR_APPLICATION}|this program"),
        name(),
        listen(80, page(404)),
        nameservers(RESOLVER, RESOLVER2),
        resolver(RESOLVER2, {NAME: DNSAnswer(rcode=NXDOMAIN)}),
        curl=(0,),
    ),
    world(
        "unread-rate-limited-by-edge",
        f"{HTTPS}search",
        broken(
            "rate_limited",
            "http.error.rate_limited",
            "status|http",
            f"{THEIR_APPLICATION}|this program",
        ),
        name(),
        secure(handler=page(429, "Retry-After: 120", "Server: cloudflare")),
        curl=(0,),
    ),
    http_status(
        401,
        "unauthorized",
        "http.error.auth",
        'WWW-Authenticate: Basic realm="shop"',
        where=OUR_PROGRAM,
    ),
    http_status(403, "forbidden", "http.error.auth", where=OUR_PROGRAM),
    http_status(404, "not_found", "http.error", where=OUR_PROGRAM),
    http_status(
        429,
        "rate_limited",
        "http.error.rate_limited",
        "Retry-After: 30",
        where=OUR_PROGRAM,
    ),
    http_status(400, "client_error", "http.error", where=OUR_PROGRAM),
    http_status(500, "server_error", "http.error"),
    world(
        "both-unavailable-through-proxy",
        HTTPS,
        broken(
            "unavailable",
            "http.error.unavailable",
            STATUS_LAYERS,
            "their application|their service",
        ),
        name(),
        secure(handler=page(503)),
        blocked(),
        proxying(proxy),
        variables=ALL,
        curl=(0,),
        fact=("503",),
    ),
    world(
        "rare-legal-reasons",
        HTTP,
        broken(
            "client_error|forbidden",
            "http.error|http.error.auth",
            "status|http",
            "their application|this program",
        ),
        name(),
        listen(80, page(451)),
        curl=(0,),
        fact=(r"\b451\b",),
    ),
)
