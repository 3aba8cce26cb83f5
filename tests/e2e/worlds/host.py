"""What is wrong before the first packet leaves: the URL, this host, its routes, its gateway."""

from e2e.building import NAME, dual, file, hosts, ip, listen, name, rule, secure, setting
from e2e.handlers import page
from e2e.site import NOBODY, OTHER, RESOLVER, SERVER, SERVER6
from e2e.world import SILENT, World, broken

_NETWORK = "tcp.address_unreachable.network"
_HOST = "tcp.address_unreachable.host"
_PROHIBITED = "tcp.address_unreachable.prohibited"
_DNS = "dns.unreachable|dns.temporary_failure|dns.timed_out|dns.name_not_resolved"
_OFF = ("link set eth0 down",)
_NO_DEFAULT = ("route del default", "route del ::/0")


def _url(label, text, causes, kinds, *, curl=()):
    return World(
        name=f"url-{label}",
        target=text,
        build=(name(), listen()),
        expected=broken(causes, kinds, "config", "this program"),
        curl=curl,
        fact=("malformed|invalid|not supported|bad/illegal|unsupported|Port number",),
    )


def _routed(label, target, route, kind, causes="local_policy_route"):
    return World(
        name=f"route-{label}",
        target=target,
        build=(name(), listen(), ip("client", route)),
        expected=broken(causes, kind, "ip", "this host"),
        curl=(7,),
        fact=("route|policy|prohibit|Permission denied|Invalid argument",),
    )


WORLDS = (
    _url(
        "scheme-mistyped",
        f"htps://{NAME}/",
        "scheme_invalid|url_invalid",
        "url.scheme_invalid",
        curl=(1,),
    ),
    _url("port-too-large", f"http://{NAME}:99999/", "url_invalid", "url.invalid", curl=(3,)),
    _url("space-in-host", "http://www.exam ple.org/", "url_invalid", "url.invalid", curl=(3,)),
    _url("scheme-twice", f"http://http://{NAME}/", "url_invalid", "url.invalid"),
    _url("no-host", "https:///index.html", "url_invalid", "url.invalid"),
    World(
        name="no-network",
        target=f"http://{NAME}/",
        build=(name(), listen(), ip("client", *_OFF)),
        expected=broken("no_network", f"{_NETWORK}|{_DNS}", "ip", "this host|this network"),
        curl=(6,),
        fact=("no network|network is unreachable|interface",),
    ),
    World(
        name="no-network-address",
        target=f"https://{SERVER}/",
        build=(secure(), ip("client", *_OFF)),
        expected=broken("no_network", _NETWORK, "ip", "this host|this network"),
        curl=(7,),
        fact=("no network|network is unreachable|interface",),
    ),
    World(
        name="no-default-route",
        target=f"https://{NAME}/",
        build=(name(), secure(), ip("client", *_NO_DEFAULT)),
        expected=broken("no_default_route", f"{_NETWORK}|{_DNS}", "ip", "this host|this network"),
        curl=(6,),
        fact=("network is unreachable|no route|default route",),
    ),
    World(
        name="no-default-route-address",
        target=f"http://{SERVER}/",
        build=(listen(), ip("client", *_NO_DEFAULT)),
        expected=broken("no_default_route", _NETWORK, "ip", "this host|this network"),
        curl=(7,),
        fact=("network is unreachable|no route|default route",),
    ),
    World(
        name="no-default-route-resolver-near",
        target=f"http://{NAME}/",
        build=(
            name(),
            listen(),
            ip("client", *_NO_DEFAULT, "route add 192.0.2.128/25 via 192.0.2.1"),
        ),
        expected=broken("no_default_route|no_route", _NETWORK, "ip", "this host|this network"),
        curl=(7,),
        fact=("network is unreachable|no route|default route",),
        note="the name resolves, the address has no way",
    ),
    World(
        name="gateway-dead",
        target=f"http://{SERVER}/",
        build=(listen(), ip("gateway", "addr flush dev lan")),
        expected=broken("gateway_dead", f"{_HOST}|tcp.timed_out", "ip|tcp", "this network"),
        limit=SILENT,
        curl=(7, 28),
        fact=("gateway|router",),
    ),
    World(
        name="gateway-dead-name",
        target=f"https://{NAME}/",
        build=(name(), secure(), ip("gateway", "addr flush dev lan")),
        expected=broken("gateway_dead", f"{_HOST}|tcp.timed_out|{_DNS}", "ip|tcp", "this network"),
        limit=SILENT,
        curl=(6, 28),
        fact=("gateway|router",),
    ),
    World(
        name="gateway-forwards-nothing",
        target=f"http://{SERVER}/",
        build=(listen(), setting("gateway", "ipv4/ip_forward", "0")),
        expected=broken(
            "gateway_dead|path_silent", f"tcp.timed_out|{_HOST}", "ip|tcp", "this network|path"
        ),
        limit=SILENT,
        curl=(28,),
        fact=("gateway|router|hop",),
    ),
    _routed("unreachable", f"http://{SERVER}/", f"route add unreachable {SERVER}", _HOST),
    _routed("prohibit", f"http://{NAME}/", f"route add prohibit {SERVER}", _PROHIBITED),
    _routed(
        "blackhole", f"http://{SERVER}/", f"route add blackhole {SERVER}", "tcp.address_invalid"
    ),
    _routed("prohibit-ipv6", f"http://[{SERVER6}]/", f"route add prohibit {SERVER6}", _PROHIBITED),
    _routed(
        "throw",
        f"http://{SERVER}/",
        f"route add throw {SERVER}",
        _NETWORK,
        "no_route|local_policy_route|no_default_route",
    ),
    World(
        name="ipv6-only-client-ipv4-only-name",
        target=f"http://{NAME}/",
        build=(
            name(),
            listen(),
            ip("client", "route del default", f"route add {RESOLVER} via 192.0.2.1"),
        ),
        expected=broken(
            "family_missing|no_default_route",
            _NETWORK,
            "ip|dns",
            "this host|this network|DNS",
        ),
        curl=(7,),
        fact=("IPv6|family|no route|Network is unreachable",),
    ),
    World(
        name="ipv4-only-client-ipv6-only-name",
        target=f"https://{NAME}/",
        build=(
            name(NAME, SERVER6),
            secure(),
            ip("client", "route del ::/0", "addr del 2001:db8:1::2/64 dev eth0"),
        ),
        expected=broken(
            "family_missing",
            f"{_NETWORK}|dns.no_address",
            "ip|dns",
            "this host|this network|DNS",
        ),
        curl=(6, 7),
        fact=("IPv4|family|Network is unreachable",),
    ),
    World(
        name="hosts-file-refused",
        target=f"http://{NAME}/",
        build=(name(), listen(), hosts(f"{OTHER} {NAME}")),
        expected=broken(
            "hosts_file_override", "tcp.refused|dns.bogus_address", "dns|config|tcp", "this host"
        ),
        curl=(7,),
        fact=("hosts",),
        note="the entry names an address at which nothing listens; DNS knows the right one",
    ),
    World(
        name="hosts-file-loopback",
        target=f"https://{NAME}/",
        build=(name(), secure(), hosts(f"127.0.0.1 {NAME}")),
        expected=broken(
            "hosts_file_override", "tcp.refused|dns.bogus_address", "dns|config|tcp", "this host"
        ),
        curl=(7,),
        fact=("hosts",),
    ),
    World(
        name="hosts-file-host-gone",
        target=f"http://{NAME}/",
        build=(name(), listen(), hosts(f"{NOBODY} {NAME}")),
        expected=broken(
            "hosts_file_override", f"{_HOST}|dns.bogus_address", "dns|config|ip", "this host"
        ),
        limit=SILENT,
        curl=(7, 28),
        fact=("hosts",),
    ),
    World(
        name="nsswitch-without-dns",
        target=f"http://{NAME}/",
        build=(name(), listen(), file("nsswitch.conf", "passwd: files\nhosts: files\n")),
        expected=broken(
            "nsswitch_broken",
            "dns.name_not_resolved|dns.failed|dns.temporary_failure",
            "dns|config",
            "this host",
        ),
        curl=(6,),
        fact=("nsswitch",),
    ),
    World(
        name="trust-store-missing",
        target=f"https://{NAME}/",
        build=(name(), secure()),
        variables=dict.fromkeys(
            ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), "/etc/ssl/gone.pem"
        ),
        expected=broken(
            "trust_store_missing",
            "config.tls_files_invalid",
            "config|tls",
            "this host|this program",
        ),
        curl=(77,),
        fact=("gone.pem",),
    ),
    World(
        name="clock-behind",
        target=f"https://{NAME}/",
        build=(name(), secure(certificate="in_100_days", handler=page(days=100))),
        expected=broken(
            "clock_wrong", "tls.cert.date_invalid.not_yet_valid", "tls|config", "this host"
        ),
        curl=(60,),
        fact=("clock|not yet valid",),
        note="the server lives 100 days later: its certificate and its Date agree, ours is behind",
    ),
    World(
        name="clock-ahead",
        target=f"https://{NAME}/",
        build=(name(), secure(certificate="100_days_ago", handler=page(days=-100))),
        expected=broken("clock_wrong", "tls.cert.date_invalid.expired", "tls|config", "this host"),
        curl=(60,),
        fact=("clock",),
        note="the server lives 100 days earlier, when its certificate was valid",
    ),
    World(
        name="ipv6-dead",
        target=f"http://{NAME}/",
        build=(dual(), listen(), rule("gateway", "FORWARD -j DROP", 6)),
        expected=broken("ipv6_dead", "tcp.timed_out", "ip|tcp", "this network|path|their host"),
        limit=SILENT,
        curl=(0,),
        fact=("IPv6|2001:db8:2::2.*timed out",),
    ),
    World(
        name="ipv6-unreachable",
        target=f"https://{NAME}/",
        build=(
            dual(),
            secure(),
            rule("gateway", "FORWARD -j REJECT --reject-with icmp6-no-route", 6),
        ),
        expected=broken("ipv6_dead", _NETWORK, "ip|tcp", "this network|path"),
        limit=SILENT,
        curl=(0,),
    ),
    World(
        name="ipv4-dead",
        target=f"http://{NAME}/",
        build=(
            dual(),
            listen(),
            rule("border", f"FORWARD -d {SERVER} -p tcp -j DROP"),
        ),
        expected=broken("ipv4_dead", "tcp.timed_out", "ip|tcp", "this network|path|their host"),
        limit=SILENT,
        curl=(0,),
    ),
)
