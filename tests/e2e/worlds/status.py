"""Answers that say what is wrong, and those that come from somebody else."""

from e2e.building import NAME, ip, listen, name, rule, secure
from e2e.handlers import page, redirects
from e2e.site import OTHER
from e2e.world import World, broken

_URL = f"http://{NAME}/"
_THEIRS = "their application|their service"
_OURS = "this program|their application"
_STATUS = "status|http|application"


def _status(code, cause, kind, *fields, where="their application", label="", tls=False, **how):
    handler = page(code, *fields, **how)
    served = secure(handler=handler) if tls else listen(80, handler)
    return World(
        name=label or f"status-{code}",
        target=f"https://{NAME}/orders" if tls else f"{_URL}orders",
        build=(name(), served),
        expected=broken(cause, kind, _STATUS, where),
        curl=(0,),
        fact=(rf"\b{code}\b",),
    )  # fmt: skip


WORLDS = (
    World(
        name="captive-portal-511",
        target=f"{_URL}status",
        build=(name(), listen(80, page(511))),
        expected=broken("captive_portal", "http.error.captive_portal", _STATUS, "this network"),
        curl=(0,),
        fact=("511",),
    ),
    World(
        name="captive-portal-redirect",
        target=f"{_URL}status",
        build=(
            name(),
            name("portal.wifi.example.net", "192.0.2.181"),
            listen(),
            ip("office", "addr add 192.0.2.181/25 dev eth0"),
            listen(
                80,
                redirects({"*": "http://portal.wifi.example.net/login?mac=0242"}),
                role="office",
                address="192.0.2.180",
            ),
            listen(
                80,
                None,
                role="office",
                address="192.0.2.181",
            ),
            rule(
                "gateway",
                "PREROUTING -t nat -s 192.0.2.2 ! -d 192.0.2.181 -p tcp --dport 80 -j DNAT"
                " --to-destination 192.0.2.180:80",
            ),
        ),
        expected=broken("captive_portal", "http.error.captive_portal", _STATUS, "this network"),
        curl=(0,),
        fact=("portal.wifi.example.net",),
        note="the gateway leads every connection to port 80 to the portal's own server",
    ),
    World(
        name="captive-portal-every-name",
        target=f"https://{NAME}/",
        build=(
            name("*", OTHER),
            name(NAME, OTHER),
            secure(certificate="portal", address=OTHER),
            listen(80, redirects({"*": "http://portal.example.net/login"}), address=OTHER),
        ),
        expected=broken(
            "captive_portal|dns_hijacked|certificate_wrong_name",
            "http.error.captive_portal|tls.cert.name_invalid|dns.bogus_address",
            "status|http|dns|tls",
            "this network|DNS|their certificate",
            "captive_portal|dns_hijacked",
        ),
        curl=(60,),
        fact=("portal",),
        note="before the login every name resolves to the portal, whose certificate is its own",
    ),
    _status(
        401,
        "unauthorized",
        "http.error.auth",
        'WWW-Authenticate: Basic realm="shop"',
        where=_OURS,
    ),
    _status(403, "forbidden", "http.error.auth", where=_OURS),
    _status(404, "not_found", "http.error", where=_OURS),
    _status(
        429,
        "rate_limited",
        "http.error.rate_limited",
        "Retry-After: 30",
        where=_OURS,
    ),
    _status(400, "client_error", "http.error", where=_OURS),
    _status(410, "client_error|not_found", "http.error", where=_OURS),
    _status(500, "server_error", "http.error"),
    _status(502, "gateway_failed", "http.error.gateway", where=_THEIRS),
    _status(504, "gateway_failed", "http.error.gateway", where=_THEIRS),
    _status(
        503,
        "unavailable",
        "http.error.unavailable",
        "Retry-After: 120",
        where=_THEIRS,
    ),
    _status(
        503,
        "unavailable",
        "http.error.unavailable",
        where=_THEIRS,
        label="status-503-tls",
        tls=True,
    ),
    _status(500, "server_error", "http.error", label="status-500-tls", tls=True),
)
