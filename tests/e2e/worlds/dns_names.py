"""Names that do not resolve, or lead to the wrong address."""

from dns.rcode import NOERROR, NXDOMAIN
from e2e.building import NAME, file, hosts, listen, name, resolver, secure, world
from e2e.expectations import HTTP, HTTPS, MISSING_KIND
from e2e.handlers import redirects
from e2e.site import OTHER, RESOLVER, RESOLVER2, SERVER
from e2e.templates import name_answered
from e2e.world import broken

from ringback.testing.lab.dns import DNSAnswer

WORLDS = (
    world(
        "hosts-file-refused",
        HTTP,
        broken(
            "hosts_file_override", "tcp.refused|dns.bogus_address", "dns|config|tcp", "this host"
        ),
        name(),
        listen(),
        hosts(f"{OTHER} {NAME}"),
        curl=(7,),
        fact=("hosts",),
        note="the entry names an address at which nothing listens; DNS knows the right one",
    ),
    world(
        "nsswitch-without-dns",
        HTTP,
        broken(
            "nsswitch_broken",
            "dns.name_not_resolved|dns.failed|dns.temporary_failure",
            "dns|config",
            "this host",
        ),
        name(),
        listen(),
        file("nsswitch.conf", "passwd: files\nhosts: files\n"),
        curl=(6,),
        fact=("nsswitch",),
    ),
    name_answered(
        "name-missing", "name_missing", MISSING_KIND, "nxdomain|no such host", {"rcode": NXDOMAIN}
    ),
    name_answered(
        "name-missing-dns",
        "name_missing",
        MISSING_KIND,
        "nxdomain|no such host",
        {"rcode": NXDOMAIN},
        url=f"dns://{NAME}",
        curl=(),
    ),
    name_answered(
        "name-without-address",
        "name_without_address",
        "dns.no_address",
        "no address|nodata|no such host",
        {"rcode": NOERROR},
    ),
    name_answered(
        "alias-dangling",
        "dangling_cname",
        f"{MISSING_KIND}|dns.no_address",
        "alias|cname|gone.example",
        {"alias": "gone.example.net."},
    ),
    world(
        "address-zero",
        HTTPS,
        broken("bogus_address", "dns.bogus_address", "dns", "DNS|this network"),
        name(NAME, "0.0.0.0"),
        curl=(7,),
        fact=(r"0\.0\.0\.0",),
    ),
    world(
        "address-loopback",
        HTTP,
        broken("bogus_address", "dns.bogus_address", "dns", "DNS|this network"),
        name(NAME, "127.0.0.1"),
        curl=(7,),
        fact=(r"127\.0\.0\.1",),
    ),
    world(
        "resolver-hijacks",
        "https://shopp.example.org/",
        broken(
            "dns_hijacked",
            f"{MISSING_KIND}|dns.bogus_address|tls.cert.name_invalid",
            "dns",
            "DNS|this network",
        ),
        name("*", OTHER),
        listen(80, address=OTHER),
        secure(certificate="portal", address=OTHER),
        curl=(60,),
        fact=("hijack|every name",),
        note="names that do not exist get the address of a page with advertisements",
    ),
    world(
        "search-domain-trap",
        HTTP,
        broken(
            "search_domain_trap", "tcp.refused|dns.bogus_address", "dns|tcp|config", "this host|DNS"
        ),
        name(),
        name("*.corp.example.net", OTHER),
        listen(),
        file(
            "resolv.conf",
            f"nameserver {RESOLVER}\nsearch corp.example.net\noptions ndots:5\n",
        ),
        curl=(7,),
        fact=("corp.example.net",),
        note="a wildcard below the search domain answers before the name itself is asked for",
    ),
    world(
        "unread-alias-to-deleted-bucket",
        HTTPS,
        broken("dangling_cname|name_missing", f"dns.no_address|{MISSING_KIND}", "dns", "DNS"),
        name(NAME, alias="shop-prod.buckets.example.net.", rcode=NXDOMAIN),
        secure(),
        curl=(6,),
    ),
    world(
        "unread-hosts-file-leads-to-other-certificate",
        HTTPS,
        broken(
            "hosts_file_override|certificate_wrong_name",
            "dns.bogus_address|tls.cert.name_invalid",
            "dns|tls",
            "this host|their certificate",
            also="hosts_file_override",
        ),
        name(),
        secure(),
        secure(certificate="portal", address=OTHER),
        hosts(f"{OTHER} {NAME}"),
        curl=(60,),
    ),
    world(
        "unread-address-of-documentation-for-all",
        HTTP,
        broken(
            "dns_hijacked|captive_portal",
            "dns.bogus_address|http.error.captive_portal",
            "dns|http|status",
            "DNS|this network",
        ),
        name("*", OTHER),
        listen(80, redirects({"*": "http://block.example.net/why"}), address=OTHER),
        name("block.example.net", OTHER),
        curl=(0, 47),
    ),
    world(
        "name-search-trap-certificate",
        HTTPS,
        broken(
            "search_domain_trap",
            "tls.cert.name_invalid|dns.bogus_address",
            "dns|tls|config",
            "this host|DNS",
        ),
        name(),
        name("*.corp.example.net", OTHER),
        secure(address=SERVER),
        secure(certificate="wrong_name", address=OTHER),
        file("resolv.conf", f"nameserver {RESOLVER}\nsearch corp.example.net\noptions ndots:4\n"),
        fact=("corp.example.net|match",),
    ),
    world(
        "name-known-to-another-resolver",
        HTTP,
        broken(
            "name_missing_here_only|name_missing", MISSING_KIND, "dns", "DNS|this host|this network"
        ),
        listen(),
        resolver(RESOLVER, {"www.example.net": DNSAnswer()}),
        resolver(RESOLVER2, {NAME: DNSAnswer(addresses=(SERVER,))}),
        arguments=("--nameserver", RESOLVER2),
        fact=("nxdomain|no such host",),
    ),
    world(
        "lookups-only-text-records",
        f"amqp://{NAME}",
        broken("name_without_address", "dns.no_address", "dns", "DNS"),
        name(rcode=NOERROR),
    ),
    world(
        "lookups-nsswitch-files-only",
        HTTPS,
        broken(
            "nsswitch_broken",
            "dns.name_not_resolved|dns.temporary_failure|dns.failed",
            "dns",
            "this host",
        ),
        name(),
        secure(),
        file("nsswitch.conf", "passwd: files\nhosts: files\n"),
    ),
)
