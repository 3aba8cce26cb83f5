"""Worlds and steps that several files of the corpus share."""

import socket
import ssl
import struct

import dns.edns
import dns.message
import dns.rcode
import dns.rdatatype
from e2e import certificates
from e2e.building import NAME, ip, listen, name, nft, resolver, rule, secure, world
from e2e.expectations import HTTPS, THEIR_CERTIFICATE, THEIR_SERVICE
from e2e.handlers import page
from e2e.resolver import Resolver
from e2e.server_replies import LDAP_DONE, replies
from e2e.site import PROXY, RESOLVER, SERVER, SERVER6
from e2e.world import WELL, World, broken

from diagnose_bench.worlds.expectations import STATUS_OR_HTTP, URL_OR_SCHEME
from ringback.testing.lab.dns import DNSAnswer, bind
from ringback.testing.lab.tls import old_protocol

IPV6_GONE = ip("client", "route del ::/0")

HIDDEN = resolver(RESOLVER, {"intern.example.org": DNSAnswer(addresses=(PROXY,))})
"""A resolver that knows the office only: names outside are the proxy's business."""

IPV6_DROPPED = rule("gateway", "FORWARD -j DROP", 6)

NO_DEFAULT = ip("client", "route del default", "route del ::/0")

LINK_DOWN = ip("client", "link set eth0 down")

NAT = rule("gateway", "POSTROUTING -t nat -o wan -j MASQUERADE")

MUTE = tuple(rule(role, "OUTPUT -p icmp -j DROP") for role in ("gateway", "border"))
"""Routers that answer nothing themselves: no ICMP of theirs comes back."""


def forwarded(port, to):
    return rule("border", f"PREROUTING -t nat -p tcp --dport {port} -j DNAT --to-destination {to}")


def stub(address="127.0.0.53", **options):
    """Start a resolver on the client itself."""

    def build(site):
        with site.inside("client"):
            site.keep(Resolver(site.records, bind(address, 53), **options).close)

    return build


class TypedResolver(Resolver):
    """Gives some types of questions an error, or its answers another number."""

    def __init__(self, records, sockets, *, codes=None, number=0):
        self._codes = codes or {}
        self._number = number
        super().__init__(records, sockets)

    def answer(self, wire, transport):
        """Answer one message."""
        reply = super().answer(wire, transport)
        if reply is None:
            return None
        message = dns.message.from_wire(reply)
        code = self._codes.get(dns.rdatatype.to_text(message.question[0].rdtype))
        if code is not None:
            message.answer.clear()
            message.set_rcode(code)
        message.id ^= self._number
        return message.to_wire()


def resolver_instead(**how):
    """Start another sort of resolver in the place of the usual one."""

    def build(site):
        site.resolvers.pop(RESOLVER)
        with site.inside("office"):
            site.keep(TypedResolver(site.records, bind(RESOLVER, 53), **how).close)

    return build


def typed(**codes):
    """Let the resolver answer some types of questions with a code."""
    return resolver_instead(codes=codes)


def office(port, handler):
    return listen(port, handler, role="office", address=PROXY)


def ask_url(label, target, *, expected=URL_OR_SCHEME, build=()):
    built = build or (name(), listen())
    return world(f"ask-url-{label}", target, expected, *built, fact=("url|port|host|scheme",))


def shaken(label, target, expected, *build, **more):
    return World(
        name=f"shaken-{label}", target=target, build=(name(), *build), expected=expected, **more
    )


def https_status(code, cause, kind, *fields, where="their application|this program", **how):
    return answered(
        f"{code}",
        f"{HTTPS}orders",
        broken(cause, kind, STATUS_OR_HTTP, where),
        secure(handler=page(code, *fields, **how)),
        fact=(rf"\b{code}\b",),
    )


PORTAL = (
    ip("office", "addr add 192.0.2.181/25 dev eth0"),
    rule(
        "gateway",
        "PREROUTING -t nat -s 192.0.2.2 -p tcp --dport 80 -j DNAT --to-destination 192.0.2.181:80",
    ),
)


def gatewayed(handler):
    return (*PORTAL, listen(80, handler, role="office", address="192.0.2.181"))


HOST6 = f"[{SERVER6}]"

PROXY_8080 = f"http://{PROXY}:8080"

PROXIED_8080 = {"http_proxy": PROXY_8080, "https_proxy": PROXY_8080}

HTTPS_PROXIED = {"https_proxy": f"http://{PROXY}:3128"}


def further_address(address):
    """Give the server a further address, which the border leads to."""

    def build(site):
        site.ip("server", f"addr add {address}/32 dev eth0")
        site.ip("border", f"route add {address}/32 via {SERVER}")

    return build


def changed_well(label, *build, target=f"http://{NAME}/", **more):
    return World(
        name=f"changed-healthy-{label}",
        target=target,
        build=build,
        expected=WELL,
        curl=(0,),
        **more,
    )


def other_number(_, reply):
    """Give the answer another number than the question has."""
    return bytes((reply[0] ^ 0x55,)) + reply[1:]


def no_edns(query, reply):
    """Understand no question that speaks EDNS."""
    if query.edns < 0:
        return reply
    refused = dns.message.make_response(query)
    refused.use_edns(-1)
    refused.set_rcode(dns.rcode.FORMERR)
    return refused.to_wire()


def ipv6_denied(query, reply):
    """Deny that the name exists where its IPv6 address is asked for (RFC 4074, 4.2)."""
    answer = dns.message.from_wire(reply)
    if query.question[0].rdtype == dns.rdatatype.AAAA:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer.to_wire()


def unless_named(host, handler):
    """Return a handler that resets the connection of whoever names a host in the clear (SNI)."""

    def guarded(connection):
        if host.encode() in connection.socket.recv(4096, socket.MSG_PEEK):
            connection.reset()
        else:
            handler(connection)

    return guarded


def postgres_refusal(code, message):
    """Return PostgreSQL's message of a fatal error."""
    fields = b"SFATAL\0VFATAL\0C" + code + b"\0M" + message + b"\0\0"
    return b"E" + struct.pack("!I", len(fields) + 4) + fields


def name_required(context):
    """Refuse whoever names no server (SNI)."""
    context.sni_callback = lambda connection, called, _: (
        None if called else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    )


def certificate_welcome(context):
    """Ask for a client certificate, and shake hands without one."""
    context.load_verify_locations(certificates.root_file())
    context.verify_mode = ssl.CERT_OPTIONAL


def only_new(context):
    """Speak TLS 1.3 only."""
    context.minimum_version = ssl.TLSVersion.TLSv1_3


def changed_tls(label, build, expected, **more):
    return World(
        name=f"changed-{label}",
        target=f"https://{NAME}/",
        build=(name(), *build),
        expected=expected,
        **more,
    )


def crowded(port, address=SERVER):
    """Open a port whose accept queue is full: it drops further SYNs."""

    def build(site):
        with site.inside("server"):
            full = socket.create_server((address, port), backlog=0)
            site.keep(full.close)
            for _ in range(8):
                filler = socket.socket()
                site.keep(filler.close)
                filler.settimeout(0.2)
                try:
                    filler.connect((address, port))
                except TimeoutError:
                    return
        raise AssertionError(f"the queue of port {port} did not fill")

    return build


def curve(name, most=ssl.TLSVersion.MAXIMUM_SUPPORTED):
    """Return what limits a server to one curve, and to TLS versions up to one."""

    def prepare(context):
        context.maximum_version = most
        context.set_ecdh_curve(name)

    return prepare


def only_old(context):
    """Speak TLS 1.0 and 1.1 only."""
    old_protocol(context, None)


def answered(label, target, expected, *build, curl=(0,), **more):
    return World(
        name=f"answered-{label}",
        target=target,
        build=(name(), *build),
        expected=expected,
        curl=curl,
        **more,
    )


def greeted(label, target, expected, *build, **more):
    return World(
        name=f"greeted-{label}", target=target, build=(name(), *build), expected=expected, **more
    )


def vouched(label, certificate, expected, *, target=HTTPS, build=None, **more):
    curl = (0,) if expected.healthy else (60,)
    return World(
        name=f"vouched-{label}",
        target=target,
        build=build or (name(), secure(certificate=certificate)),
        expected=expected,
        curl=more.pop("curl", curl),
        **more,
    )


def certificate_refused(cause, kind, where=THEIR_CERTIFICATE):
    return broken(cause, kind, "tls", where)


def trusting(*names):
    path = certificates.trusting(*names)
    return {"SSL_CERT_FILE": path, "REQUESTS_CA_BUNDLE": path, "CURL_CA_BUNDLE": path}


def directory(number):
    """A directory's whole answer: that result code and nothing else (RFC 4511)."""
    return replies(LDAP_DONE.replace(b"\x0a\x01\0", bytes((0x0A, 1, number))))


def ldap_refuses(label, number, causes, **more):
    return World(
        name=f"akin-{label}",
        target=f"ldap://{NAME}/",
        build=(name(), listen(389, directory(number))),
        expected=broken(causes, "service.rejected", "application", f"{THEIR_SERVICE}|this program"),
        **more,
    )


def chain(role, where, *rules):
    """Load rules of nftables on a host, behind their family and hook in one text."""
    family, hook = where.split()
    lines = (f"table {family} more {{", "chain own {", f"type filter hook {hook} priority 0")
    return nft(role, "\n".join((*lines, *rules, "}", "}", "")))
