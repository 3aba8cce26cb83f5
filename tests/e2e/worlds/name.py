"""Names that do not resolve, resolve wrongly, or only sometimes."""

from dns.edns import EDECode
from dns.rcode import FORMERR, NOERROR, NOTIMP, NXDOMAIN, REFUSED, SERVFAIL
from e2e.building import (
    NAME,
    listen,
    name,
    secure,
)
from e2e.world import World, broken

_URL = f"http://{NAME}/"
_SERVER = "dns.server|dns.temporary_failure"
_UNREACHABLE = "dns.unreachable|dns.temporary_failure|dns.timed_out"
_NONE = "dns.name_not_resolved"


def _answered(label, causes, kinds, fact, answer, *, url=_URL, beside=(), **more):
    """A name that its resolver answers so."""
    return World(
        name=label,
        target=url,
        build=(name(NAME, **answer), listen(), secure(), *beside),
        expected=broken(causes, kinds, "dns", "DNS"),
        **{"curl": (6,), "fact": (fact,), **more},
    )


def _error(rcode, code, text):
    return {"rcode": rcode, "error": (code, text)}


WORLDS = (
    _answered("name-missing", "name_missing", _NONE, "nxdomain|no such host", {"rcode": NXDOMAIN}),
    _answered(
        "name-missing-dns",
        "name_missing",
        _NONE,
        "nxdomain|no such host",
        {"rcode": NXDOMAIN},
        url=f"dns://{NAME}",
        curl=(),
    ),
    _answered(
        "name-without-address",
        "name_without_address",
        "dns.no_address",
        "no address|nodata|no such host",
        {"rcode": NOERROR},
    ),
    _answered(
        "zone-broken", "zone_broken", _SERVER, "servfail|server misbehaving", {"rcode": SERVFAIL}
    ),
    _answered(
        "zone-unreachable",
        "zone_broken",
        _SERVER,
        "servfail|authority|misbehaving",
        _error(SERVFAIL, EDECode.NO_REACHABLE_AUTHORITY, "at delegation example.org."),
    ),
    _answered(
        "dnssec-bogus",
        "dnssec_bogus",
        _SERVER,
        "dnssec|bogus|signature",
        _error(SERVFAIL, EDECode.DNSSEC_BOGUS, "signature of example.org. is not valid"),
    ),
    _answered(
        "dnssec-expired",
        "dnssec_bogus",
        _SERVER,
        "dnssec|signature",
        _error(SERVFAIL, EDECode.SIGNATURE_EXPIRED, ""),
    ),
    _answered(
        "dns-blocked",
        "dns_blocked",
        f"dns.blocked|{_NONE}",
        "block|filter",
        _error(NXDOMAIN, EDECode.BLOCKED, "on the list of malware hosts"),
    ),
    _answered(
        "dns-censored-refused",
        "dns_blocked",
        f"dns.blocked|{_SERVER}",
        "block|filter|censor|prohibited",
        _error(REFUSED, EDECode.CENSORED, "by order of a court"),
    ),
    _answered(
        "alias-dangling",
        "dangling_cname",
        f"{_NONE}|dns.no_address",
        "alias|cname|gone.example",
        {"alias": "gone.example.net."},
    ),
    _answered(
        "alias-without-address",
        "dangling_cname|name_without_address",
        "dns.no_address",
        "alias|cname|no address",
        {"alias": "cdn.example.net."},
        beside=(name("cdn.example.net", rcode=NOERROR),),
    ),
    World(
        name="address-zero",
        target=f"https://{NAME}/",
        build=(name(NAME, "0.0.0.0"),),
        expected=broken("bogus_address", "dns.bogus_address", "dns", "DNS|this network"),
        curl=(7,),
        fact=(r"0\.0\.0\.0",),
    ),
    World(
        name="address-loopback",
        target=_URL,
        build=(name(NAME, "127.0.0.1"),),
        expected=broken("bogus_address", "dns.bogus_address", "dns", "DNS|this network"),
        curl=(7,),
        fact=(r"127\.0\.0\.1",),
    ),
    _answered(
        "resolver-not-implemented",
        "resolver_refuses|zone_broken",
        _SERVER,
        "not implemented|notimp",
        {"rcode": NOTIMP},
    ),
    _answered(
        "resolver-format-error",
        "resolver_refuses|zone_broken",
        f"{_SERVER}|{_NONE}",
        "format error|formerr",
        {"rcode": FORMERR},
    ),
)
