"""Further worlds of names that this host decides about: hosts file, search domains, localhost."""

from e2e.building import (
    NAME,
    file,
    hosts,
    ip,
    listen,
    name,
    proxying,
    resolver,
    secure,
)
from e2e.handlers import page, proxy, redirects
from e2e.site import NOBODY6, OTHER, RESOLVER, SERVER
from e2e.world import SILENT, World, broken
from e2e.worlds.proxy import ALL

from ringback.testing.lab.dns import DNSAnswer

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_SHORT = "options timeout:1 attempts:1"
_NONE = "dns.name_not_resolved"
_UNREACHABLE = "dns.unreachable|dns.temporary_failure|dns.timed_out"
_HOST = "tcp.address_unreachable.host"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
_MISSING = broken("name_missing", _NONE, "dns", "DNS")


def _name(label, target, expected, *build, **more):
    return World(name=f"name-{label}", target=target, build=build, expected=expected, **more)


WORLDS = (
    _name(
        "hosts-file-wrong-family", _HTTP,
        broken(
            "hosts_file_override", f"{_HOST}|dns.bogus_address", "dns|config|ip|tcp", "this host"
        ),
        name(), listen(), hosts(f"{NOBODY6} {NAME}"), limit=SILENT, fact=("hosts",),
        note="an IPv6 address that no host has any more; DNS has a good IPv4 address",
    ),
    _name(
        "refused-beside-unused-hosts-entry", _HTTP, _DOWN,
        name(), hosts(f"{OTHER} {NAME}"), listen(address=OTHER),
        file("nsswitch.conf", "hosts: dns files\n"),
        note="DNS is asked first here: the entry of the hosts file is never used",
    ),
    _name(
        "short-without-search", "http://shop/", _MISSING,
        name(), listen(), fact=("nxdomain|no such host|search",),
    ),
    _name(
        "below-localhost", "http://app.localhost:8000/",
        broken("name_missing|nsswitch_broken", _NONE, "dns", "DNS|this host"),
        listen(8000, role="client", address="127.0.0.1"),
        fact=("nxdomain|no such host|not known",),
        note="the C library of this host asks DNS for names below localhost",
    ),
    _name(
        "localhost-not-in-hosts", "http://localhost:8000/",
        broken("name_missing|nsswitch_broken", _NONE, "dns", "DNS|this host"),
        listen(8000, role="client", address="127.0.0.1"), file("hosts", "# empty\n"),
        fact=("nxdomain|no such host|not known|localhost",),
    ),
    _name(
        "captive-portal-by-dns", _HTTP,
        broken(
            "captive_portal|dns_hijacked",
            "http.error.captive_portal|dns.bogus_address|http.response.unexpected_content",
            "dns|status|http", "this network|DNS",
        ),
        name("*", OTHER), listen(80, redirects({"*": "http://login.example.net/"}), address=OTHER),
        fact=("portal|log in|every name",),
    ),
    _name(
        "hosts-file-one-of-two-dead", _HTTP,
        broken(
            "one_address_dead|hosts_file_override", "tcp.refused|dns.bogus_address",
            "tcp|dns|config", "this host|their host|their service",
        ),
        name(), listen(), hosts(f"{OTHER} {NAME}", f"{SERVER} {NAME}"), fact=("hosts|refused",),
    ),
    _name(
        "hosts-file-zero", _HTTP,
        broken(
            "hosts_file_override", "tcp.refused|dns.bogus_address", "dns|config|tcp", "this host"
        ),
        name(), listen(), hosts(f"0.0.0.0 {NAME}"), fact=("hosts",),
        note="as lists of blocked hosts have it",
    ),
    _name(
        "hosts-file-old-server", _HTTPS,
        broken(
            "hosts_file_override", "tls.cert.name_invalid|dns.bogus_address", "dns|config|tls",
            "this host",
        ),
        name(), secure(address=SERVER), secure(certificate="wrong_name", address=OTHER),
        hosts(f"{OTHER} {NAME}"), fact=("hosts|match",),
    ),
    _name(
        "search-domain-by-variable", _HTTP,
        broken(
            "search_domain_trap", "tcp.refused|dns.bogus_address", "dns|tcp|config", "this host|DNS"
        ),
        name(), name("*.corp.example.net", OTHER), listen(),
        variables={"LOCALDOMAIN": "corp.example.net", "RES_OPTIONS": "ndots:5"},
        fact=("corp.example.net",),
    ),
    _name(
        "nsswitch-returns-before-dns", _HTTP,
        broken("nsswitch_broken", f"{_NONE}|dns.failed", "dns|config", "this host"),
        name(), listen(), file("nsswitch.conf", "hosts: files [NOTFOUND=return] dns\n"),
        fact=("nsswitch|not known",),
    ),
    _name(
        "healthy-search-domain-silent", _HTTP,
        broken("healthy|search_domain_trap", "healthy|dns.timed_out|dns.unreachable", "none|dns",
               "|DNS|this host", healthy=None),
        name(), listen(), name("*.dead.example.net", udp="silent", tcp=False),
        file("resolv.conf",
             f"nameserver {RESOLVER}\nsearch dead.example.net\n{_SHORT} ndots:5\n"),
        limit=SILENT, fact=("dead.example.net",),
        note="each lookup first waits for a domain whose servers are gone",
    ),
    _name(
        "multicast-name", "http://printer.local/",
        broken("name_missing|nsswitch_broken", _NONE, "dns", "DNS|this host|this network"),
        file("nsswitch.conf", "hosts: files mdns4_minimal [NOTFOUND=return] dns\n"),
        fact=("nxdomain|not known|no such host",),
    ),
    _name(
        "refused-beside-search-domain", "http://shop:8080/", _DOWN,
        name("shop.corp.example.net"),
        file("resolv.conf", f"nameserver {RESOLVER}\nsearch corp.example.net\n"),
        fact=("refused",), note="a short name that is meant to be completed",
    ),
    _name(
        "hosts-file-own-name", _HTTP,
        broken("hosts_file_override", "tcp.refused|dns.bogus_address", "dns|config|tcp",
               "this host"),
        name(), listen(), hosts(f"127.0.1.1\t{NAME} www\r"), fact=("hosts",),
        note="as an installer writes it for the host's own name",
    ),
    _name(
        "not-found-through-proxy-beside-hosts-entry", _HTTP,
        broken("not_found", "http.error", "status|http", "their application|this program"),
        name(), listen(80, page(404)), hosts(f"{OTHER} {NAME}"), proxying(proxy), variables=ALL,
        fact=("404",), note="the proxy looks the name up itself",
    ),
    _name(
        "unavailable-through-proxy-beside-zero", _HTTPS,
        broken("unavailable", "http.error.unavailable", "status|http",
               "their application|their service"),
        name(), secure(handler=page(503)),
        resolver(RESOLVER, {NAME: DNSAnswer(addresses=("0.0.0.0",))}),
        proxying(proxy), variables=ALL, fact=("503",),
        note="this host's resolver blocks the name; the proxy's does not",
    ),
    _name(
        "localhost-elsewhere", "http://localhost:8000/",
        broken("hosts_file_override", "tcp.refused|dns.bogus_address", "dns|config|tcp",
               "this host"),
        listen(8000, role="client", address="127.0.0.1"), file("hosts", f"{OTHER} localhost\n"),
        fact=("hosts",), note="the hosts file sends localhost to another host",
    ),
    _name(
        "localhost-by-ipv6-only", "http://localhost:8000/",
        broken("service_down|hosts_file_override", "tcp.refused|dns.bogus_address", "tcp|dns",
               "this host|their service"),
        listen(8000, role="client", address="127.0.0.1"), file("hosts", "::1 localhost\n"),
        fact=("refused",), note="the service listens on 127.0.0.1 only",
    ),
    _name(
        "hijack-and-refused", "http://shopp.example.org:8080/",
        broken("dns_hijacked|captive_portal", "dns.bogus_address|tcp.refused|"
               "http.error.captive_portal", "dns|tcp|status", "DNS|this network"),
        name("*", OTHER), listen(80, address=OTHER), fact=("every name|refused",),
    ),
    _name(
        "search-trap-certificate", _HTTPS,
        broken("search_domain_trap", "tls.cert.name_invalid|dns.bogus_address", "dns|tls|config",
               "this host|DNS"),
        name(), name("*.corp.example.net", OTHER), secure(address=SERVER),
        secure(certificate="wrong_name", address=OTHER),
        file("resolv.conf",
             f"nameserver {RESOLVER}\nsearch corp.example.net\noptions ndots:4\n"),
        fact=("corp.example.net|match",),
    ),
    _name(
        "no-resolver-and-no-network-by-name", _HTTP,
        broken("no_network|no_default_route", f"tcp.address_unreachable.network|{_UNREACHABLE}",
               "ip", "this host|this network"),
        name(), listen(), file("resolv.conf", ""), ip("client", "link set eth0 down"),
        fact=("network|unreachable",), note="without a network DHCP has written no resolver either",
    ),
)  # fmt: skip
