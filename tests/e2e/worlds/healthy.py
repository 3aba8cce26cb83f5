"""Healthy targets of every sort."""

from e2e import certificates
from e2e.building import NAME, dual, hosts, listen, name, secure, world
from e2e.expectations import HTTP, HTTPS
from e2e.handlers import hostile, mysql, postgres, redis, smtp, ssh
from e2e.site import PROXY, SERVER
from e2e.templates import well
from e2e.world import WELL

WORLDS = (
    world(
        "unread-healthy-own-ca-by-option",
        HTTPS,
        WELL,
        name(),
        secure(certificate="company"),
        variables={
            "SSL_CERT_FILE": certificates.trusting("company root"),
            "REQUESTS_CA_BUNDLE": certificates.trusting("company root"),
            "CURL_CA_BUNDLE": certificates.trusting("company root"),
        },
        curl=(0,),
    ),
    world(
        "unread-healthy-postgres-by-hosts-name",
        "postgresql://db:5432/shop",
        WELL,
        hosts(f"{SERVER} db"),
        listen(5432, postgres),
    ),
    world(
        "unread-healthy-proxy-for-one-scheme-only",
        HTTP,
        WELL,
        name(),
        listen(),
        variables={"https_proxy": f"http://{PROXY}:3199"},
        curl=(0,),
    ),
    world(
        "unread-healthy-redis-with-long-name",
        "redis://a.very.long.name.of.a.cache.example.org:6379",
        WELL,
        name("*.cache.example.org", SERVER),
        name("a.very.long.name.of.a.cache.example.org", SERVER),
        listen(6379, redis),
    ),
    world(
        "unread-healthy-ssh-with-own-port",
        f"ssh://{SERVER}:2222",
        WELL,
        listen(2222, ssh),
    ),
    well("http", HTTP, name(), listen()),
    well("https", HTTPS, name(), secure()),
    well("tcp", f"tcp://{NAME}:5000", name(), listen(5000, redis), curl=()),
    well("host-and-port", f"{NAME}:5000", name(), listen(5000, redis), curl=()),
    well("tls", f"tls://{NAME}:8883", name(), secure(8883), curl=()),
    well("dns", f"dns://{NAME}", dual(), curl=()),
    well("postgres", f"postgres://a:b@{NAME}/shop", name(), listen(5432, postgres), curl=()),
    well("mysql", f"mysql://app@{NAME}/shop", name(), listen(3306, mysql), curl=()),
    well("smtp", f"smtp://{NAME}", name(), listen(25, smtp), curl=()),
    world("rare-healthy-capitals", "HTTPS://WWW.Example.ORG/", WELL, name(), secure(), curl=(0,)),
    world("odd-healthy-hostile-header", HTTP, WELL, name(), listen(80, hostile), curl=(0, 8)),
    world("way-rediss-healthy", f"rediss://{NAME}:6380", WELL, name(), secure(6380, handler=redis)),
)
