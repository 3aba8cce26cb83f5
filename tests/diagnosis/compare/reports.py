"""Reports of one target, as machines in some plight would write them."""

from diagnosis.values import diagnosis, reading, verdict

TARGET = "https://api.example.com/"


def report(*readings, found=None, **more):
    return diagnosis(*base(*readings), target=TARGET, found=found, **more)


def base(*readings):
    """Return what every report has, where it is not among the readings."""
    given = {(reading.layer, reading.what) for reading in readings}
    common = (
        reading("url", "parse", TARGET, facts={"host": "api.example.com", "is_address": False}),
        host(),
        resolver("10.0.0.2"),
        reading("host", "proxy_variables", "", facts={"applies": None}),
        name("203.0.113.7"),
        connect("203.0.113.7"),
    )
    return *(reading for reading in common if (reading.layer, reading.what) not in given), *readings


def host(**facts):
    known = {"python": "3.11.7", "openssl": "OpenSSL 3.0", "platform": "Linux", "ca_bundle": None}
    return reading("host", "environment", "", facts=known | facts)


def resolver(*servers, **facts):
    known = {"nameservers": list(servers), "search": [], "hosts_order": ["files", "dns"]}
    return reading("host", "resolver_config", "", facts=known | facts)


def name(*addresses, eai=None):
    facts = {"addresses": list(addresses), "eai": eai, "timed_out": False}
    return reading("name", "getaddrinfo", "api.example.com", facts=facts)


def connect(address, outcome="open", **facts):
    family = 6 if ":" in address else 4
    known = {"address": address, "port": 443, "family": family, "outcome": outcome, "icmp": None}
    return reading("tcp", "connect", f"{address}:443", facts=known | facts)


def chain(issuer, sha256="ab" * 32):
    one = {"subject": "CN=api.example.com", "issuer": issuer, "sha256": sha256}
    return reading("tls", "chain", "203.0.113.7:443", facts={"chain": [one]})


def handshake(**facts):
    known = {"verified": True, "error": None, "version": "TLSv1.3"}
    return reading("tls", "handshake", "203.0.113.7:443", facts=known | facts)


def answer(status, **facts):
    known = {"status": status, "outcome": "answered", "headers": {}, "portal": False}
    return reading("http", "request", TARGET, facts=known | facts)


def broken(cause, kind, layer, where="their service", **more):
    return verdict(
        cause, kind, layer, where=where, confidence=0.9, summary=f"It is {cause}.", **more
    )
