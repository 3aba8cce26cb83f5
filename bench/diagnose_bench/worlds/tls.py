"""TLS handshakes that fail."""

import ssl
import struct
from functools import partial

from e2e import certificates
from e2e.building import (
    NAME,
    blocked,
    client_certificate,
    dual,
    listen,
    name,
    nameservers,
    proxying,
    rule,
    secure,
    unaccepted,
    world,
)
from e2e.expectations import (
    CUT_KINDS,
    HTTP,
    HTTPS,
    MISMATCH_KIND,
    NAME_SEEN,
    OUR_SCHEME,
    PG_URL,
    SERVICE_LAYERS,
    SLOW,
    THEIR_APPLICATION,
    THEIR_CERTIFICATE,
    THEIR_SERVICE,
    UNKNOWN_KIND,
)
from e2e.handlers import PAGE, mysql, page, postgres, proxy, redirects, redis, smtp, ssh
from e2e.server_replies import (
    LDAP_DONE,
    after_request,
    alert,
    answer,
    lingering,
    replies,
    says,
    unread,
)
from e2e.site import OTHER, PROXY, RESOLVER, RESOLVER2, SERVER, SERVER6
from e2e.templates import ALL, handshake_world
from e2e.world import SILENT, World, broken

from diagnose_bench.servers import (
    AMQP_START,
    MONGODB_HELLO,
    either,
    half_handshake,
    late,
    patient,
    plain_request_refused,
    proxied_only,
    reset_at_first_word,
    reset_soon,
    strict,
)
from diagnose_bench.worlds import issued
from diagnose_bench.worlds.expectations import EXPIRED_KIND, TRUST_VARIABLES
from diagnose_bench.worlds.templates import (
    PROXIED_8080,
    certificate_welcome,
    changed_tls,
    curve,
    greeted,
    name_required,
    office,
    only_new,
    only_old,
    shaken,
    unless_named,
)
from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.http import greeting
from ringback.testing.lab.message import head
from ringback.testing.lab.server import Connection
from ringback.testing.lab.tls import corrupt_record, hello_close, hello_cut, hello_old


def _tunnel_reset(connection):
    """Say that the tunnel stands, and reset at the first word through it."""
    if connection.read_request():
        connection.send(head(200))
        connection.read()
        connection.reset()


def _page_in_tunnel(connection):
    """Say that the tunnel stands, and send a page through it."""
    if connection.read_request():
        connection.send(head(200))
        connection.read()
        connection.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


_NOT_TLS_KINDS = "tls.protocol.error.not_tls|tls.protocol.error"

_HANDSHAKE_CUT = broken(
    "handshake_cut",
    "tls.closed|tcp.reset|tcp.closed|tls.failed|tls.protocol.error",
    "tls|tcp",
    "their service|path|their host|their application",
)

_HANDSHAKE_SILENT = broken(
    "handshake_silent", "tls.timed_out", "tls", "their service|path|their application|their host"
)

_OTHER_PROTOCOL = broken(
    "other_protocol|not_tls", _NOT_TLS_KINDS, "tls", "this program|their service"
)

_PLAIN_PORT = broken("tls_on_plain_port", _NOT_TLS_KINDS, "tls", "this program|their service")

_HANDSHAKE_TIMEOUT = (
    "handshake.*(timed out|timeout)|(timed out|timeout).*handshake|connection timeout"
)

_TLS13 = ssl.TLSVersion.TLSv1_3


def _tls13_only(context):
    context.minimum_version = _TLS13


def _only_here(context):
    """Know one other name: refuse nobody, and serve whoever names none."""
    context.sni_callback = lambda connection, called, _: (
        ssl.ALERT_DESCRIPTION_ACCESS_DENIED if called == NAME else None
    )


_SERVICE_TLS_PORT = broken(
    "plain_on_tls_port|service_other_protocol|service_silent|service_closes",
    "http.response.invalid.not_http|service.rejected|tcp.closed|tcp.reset|http.response.timed_out",
    f"{SERVICE_LAYERS}|tls",
    f"{THEIR_APPLICATION}|this program",
)

_PLAIN_OR_OTHER = broken(
    "tls_on_plain_port|other_protocol",
    "tls.protocol.error.not_tls|tls.protocol.error|tls.timed_out|tls.closed",
    "tls",
    "this program|their service",
)

_TLS_PORT = broken(
    "plain_on_tls_port",
    "http.response.invalid.not_http|http.error|http.protocol.error|http.response.invalid.empty",
    "http|tls|status",
    "this program|their service",
)


def _says_plain(text):
    """A TLS port that tells whoever speaks plainly."""
    fields = (f"Content-Length: {len(text)}", "Connection: close")
    return either(
        over_tls(certificates.server_context(), page()), replies(head(400, *fields) + text)
    )


def _only_tls12(context):
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def _small_group(context):
    _only_tls12(context)
    context.set_ciphers("DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
    context.load_dh_params(issued.small_group())


_OLD_HELLO_BODY = b"\x03\x03" + bytes(range(32)) + b"\x00" + b"\xc0\x2f" + b"\x00"

_OLD_HELLO = (
    b"\x16\x03\x03"
    + struct.pack("!H", len(_OLD_HELLO_BODY) + 4)
    + b"\x02\x00"
    + struct.pack("!H", len(_OLD_HELLO_BODY))
    + _OLD_HELLO_BODY
)
"""ServerHello of TLS 1.2 without a word on secure renegotiation (RFC 5746)."""

_BAD_REQUEST = replies(head(400, "Connection: close", "Content-Length: 0"))

WORLDS = (
    handshake_world(
        "handshake-closed",
        "handshake_cut",
        CUT_KINDS,
        "their service|path|their host",
        "EOF|clos",
        listen(443, hello_close),
    ),
    handshake_world(
        "handshake-silent",
        "handshake_silent",
        "tls.timed_out",
        "their service|path|their application|their host",
        "handshake.*(timed out|timeout)|(timed out|timeout).*handshake|SSL connection timeout",
        listen(443, Connection.stall),
        limit=SILENT,
        curl=(28,),
    ),
    handshake_world(
        "handshake-stalls-within-hello",
        "handshake_silent",
        "tls.timed_out",
        "their service|path|their application|their host",
        "handshake.*(timed out|timeout)|(timed out|timeout).*handshake|SSL connection timeout",
        listen(443, hello_cut),
        limit=SILENT,
        curl=(28,),
    ),
    handshake_world(
        "https-to-plain-port",
        "tls_on_plain_port",
        "tls.protocol.error.not_tls|tls.protocol.error|tls.timed_out",
        OUR_SCHEME,
        "wrong version|plain|HTTP response",
        listen(8080),
        url=f"https://{NAME}:8080/",
        limit=SILENT,
        curl=(35, 28),
    ),
    handshake_world(
        "http-to-tls-port-that-says-so",
        "plain_on_tls_port",
        "http.response.invalid.not_http|http.error|http.protocol.error",
        OUR_SCHEME,
        "HTTPS",
        listen(8443, plain_request_refused),
        url=f"http://{NAME}:8443/",
        curl=(0,),
    ),
    world(
        "unread-alert-access-denied",
        HTTPS,
        broken(
            "client_certificate_wanted|handshake_cut",
            "tls.bad_client_auth_cert|tls.closed|tls.failed|tls.access_denied",
            "tls",
            "this program|their service",
        ),
        name(),
        listen(443, alert(49)),
        curl=(35,),
    ),
    world(
        "unread-balancer-without-backends",
        HTTPS,
        broken("handshake_cut", "tls.closed|tls.reset|tcp.reset", "tls|tcp", "their service|path"),
        name(),
        listen(443, reset_soon),
        curl=(35, 56),
    ),
    world(
        "unread-half-a-hello-then-closed",
        HTTPS,
        broken("handshake_cut", "tls.closed", "tls", "their service|path"),
        name(),
        listen(443, half_handshake(0.5, lingering)),
        curl=(35, 56),
    ),
    world(
        "unread-reads-nothing-over-tls-port",
        f"https://{SERVER}/",
        broken("handshake_silent", "tls.timed_out", "tls", THEIR_APPLICATION),
        listen(443, unread),
        curl=(28, 35),
        **SLOW,
    ),
    world(
        "unread-port-in-the-wrong-place",
        f"https://{SERVER}:80/",
        broken("tls_on_plain_port", "tls.protocol.error.not_tls", "tls", "this program"),
        listen(80),
        curl=(28, 35),
        **SLOW,
    ),
    world(
        "rare-tls-record-corrupt",
        HTTPS,
        broken(
            "handshake_cut|body_cut|not_http|closes_without_answer|reset_after_request",
            "tls.protocol.error|tls.failed",
            "tls|http",
            "their service|path|their application",
        ),
        name(),
        secure(handler=corrupt_record),
        curl=(56,),
        fact=("bad record|decrypt",),
    ),
    world(
        "rare-tls-scheme-to-plain-port",
        f"tls://{NAME}:80",
        broken(
            "tls_on_plain_port",
            "tls.protocol.error.not_tls|tls.protocol.error|tls.timed_out",
            "tls",
            "this program|their service",
        ),
        name(),
        listen(),
        limit=SILENT,
        fact=("plain|http|not tls|wrong version|first record",),
    ),
    world(
        "odd-https-to-smtp",
        f"https://{NAME}:25/",
        broken(
            "other_protocol|tls_on_plain_port",
            "tls.protocol.error.not_tls|tls.protocol.error",
            "tls",
            "this program|their service",
        ),
        name(),
        listen(25, greeting(b"220 mail.example.org ESMTP Postfix\r\n")),
        curl=(35,),
        fact=("smtp|wrong version",),
    ),
    world(
        "way-first-of-two-expired",
        HTTPS,
        broken(
            "tls_partly|certificate_expired",
            "tls.cert.date_invalid.expired",
            "tls",
            "their service|their certificate",
            healthy=None,
        ),
        dual(),
        secure(address=SERVER),
        secure(certificate="expired", address=SERVER6),
        curl=(0, 60),
        fact=("expired",),
    ),
    world(
        "way-redis-to-tls-port",
        f"redis://{NAME}:6380",
        broken(
            "plain_on_tls_port|service_other_protocol|service_silent|closes_without_answer|connection_reset",
            "http.response.invalid.not_http|service.rejected|tcp.closed|tcp.reset|http.response.timed_out",
            "application|tcp|http|tls",
            "this program|their service",
        ),
        name(),
        secure(6380, handler=redis),
        limit=SILENT,
        fact=("TLS|clos|reset",),
    ),
    world(
        "ask-proxy-resets-tunnel",
        HTTPS,
        broken(
            "handshake_cut|proxy_upstream_failed|proxy_silent",
            "tcp.reset|tls.closed|tcp.closed|proxy.upstream_failed|proxy.no_response",
            "tls|tcp|proxy",
            "proxy|path|their service",
        ),
        name(),
        secure(),
        blocked(),
        office(3128, _tunnel_reset),
        variables=ALL,
        fact=("reset|clos|EOF",),
    ),
    world(
        "ask-proxy-page-in-tunnel",
        HTTPS,
        broken(
            "tls_on_plain_port|handshake_cut|other_protocol|proxy_upstream_failed|not_a_proxy",
            "tls.protocol.error.not_tls|tls.protocol.error|proxy.protocol_error|tls.closed",
            "tls|proxy",
            "proxy|their service|this program|path",
        ),
        name(),
        secure(),
        blocked(),
        office(3128, _page_in_tunnel),
        variables=ALL,
        fact=("wrong version|plain|not tls",),
    ),
    world(
        "met-reset-before-hello",
        HTTPS,
        broken(
            "handshake_cut|connection_reset",
            "tcp.reset|tls.closed",
            "tls|tcp",
            "their service|path|their host|their application",
        ),
        name(),
        listen(443, Connection.reset),
        curl=(35, 56, 7),
        fact=("reset",),
    ),
    world(
        "met-closed-before-hello",
        HTTPS,
        broken(
            "handshake_cut|closes_without_answer",
            "tls.closed|tcp.closed",
            "tls|tcp",
            "their service|path|their host|their application",
        ),
        name(),
        listen(443, Connection.finish),
        curl=(35, 56),
        fact=("EOF|clos|reset",),
    ),
    shaken(
        "closed-within-first-flight",
        HTTPS,
        _HANDSHAKE_CUT,
        listen(443, half_handshake(0.5, Connection.finish)),
        curl=(35,),
        fact=("EOF|clos",),
    ),
    shaken(
        "reset-within-first-flight",
        HTTPS,
        _HANDSHAKE_CUT,
        listen(443, half_handshake(0.3, Connection.reset)),
        curl=(35, 56),
        fact=("reset",),
    ),
    shaken(
        "silent-within-first-flight",
        HTTPS,
        _HANDSHAKE_SILENT,
        listen(443, half_handshake(0.6, Connection.stall)),
        limit=SILENT,
        curl=(28,),
        fact=(_HANDSHAKE_TIMEOUT,),
    ),
    shaken(
        "silent-after-first-flight",
        HTTPS,
        broken(
            "handshake_silent|accepts_and_silent",
            "tls.timed_out|http.response.timed_out",
            "tls|http",
            "their service|path|their application|their host",
        ),
        listen(443, half_handshake(1.0, Connection.stall)),
        limit=SILENT,
        curl=(28,),
        fact=("timed out|timeout",),
        note="TLS 1.3: the client has all it needs to send a request",
    ),
    shaken(
        "alert-handshake-failure",
        HTTPS,
        broken("tls_mismatch|handshake_cut", f"{MISMATCH_KIND}|tls.failed", "tls", "their service"),
        listen(443, alert(ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE)),
        curl=(35,),
        fact=("handshake failure",),
    ),
    shaken(
        "alert-no-application-protocol",
        HTTPS,
        broken("tls_mismatch", f"{MISMATCH_KIND}|tls.failed", "tls", "their service"),
        listen(443, alert(120)),
        curl=(35,),
        fact=("application protocol",),
    ),
    shaken(
        "alert-access-denied",
        HTTPS,
        broken(
            "handshake_cut|client_certificate_wanted|tls_mismatch",
            f"tls.failed|tls.closed|tls.bad_client_auth_cert|{MISMATCH_KIND}",
            "tls",
            "their service|this program|path",
        ),
        listen(443, alert(49)),
        curl=(35,),
        fact=("access denied",),
    ),
    shaken(
        "alert-for-this-name-only",
        HTTPS,
        broken(
            "sni_unknown", "tls.unrecognized_name_alert|tls.failed", "tls", "their service|path"
        ),
        secure(prepare=_only_here),
        curl=(35,),
        fact=("access denied",),
    ),
    shaken(
        "tls13-server-tls12-program",
        HTTPS,
        broken(
            "tls_mismatch|old_tls", MISMATCH_KIND, "tls", "their service|this program|this host"
        ),
        secure(prepare=_tls13_only),
        variables={"OPENSSL_CONF": issued.openssl_settings("MaxProtocol = TLSv1.2")},
        fact=("protocol version",),
        note="this host's OpenSSL is configured to TLS 1.2 at most",
    ),
    shaken(
        "client-certificate-by-status-400",
        HTTPS,
        broken(
            "client_certificate_wanted|client_error",
            "tls.bad_client_auth_cert|http.error|http.error.auth",
            "tls|status|http",
            "this program|their service|this host|their application",
        ),
        secure(
            handler=page(
                400,
                "Server: nginx",
                body=b"<center>No required SSL certificate was sent</center>\r\n",
            )
        ),
        curl=(0,),
        fact=("certificate|400",),
    ),
    shaken(
        "client-certificate-tls13-mqtt",
        f"mqtts://{NAME}",
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert",
            "tls",
            "this program|their service|this host",
        ),
        secure(8883, prepare=client_certificate(_TLS13)),
        fact=("certificate required",),
    ),
    shaken(
        "client-certificate-tls13-raw",
        f"tls://{NAME}:8883",
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert",
            "tls",
            "this program|their service|this host",
        ),
        secure(8883, prepare=client_certificate(_TLS13)),
        fact=("certificate required",),
        note="the alert comes after the handshake, and nothing else would be sent",
    ),
    shaken(
        "proxy-line-expected",
        HTTPS,
        _HANDSHAKE_CUT,
        listen(443, proxied_only(over_tls(certificates.server_context(), page()))),
        curl=(35,),
        fact=("EOF|clos|reset",),
    ),
    shaken(
        "https-to-redis",
        f"https://{NAME}:6379/",
        _OTHER_PROTOCOL,
        listen(6379, replies(b"-ERR unknown command\r\n")),
        curl=(35,),
        fact=("redis|wrong version",),
    ),
    shaken(
        "https-to-mysql",
        f"https://{NAME}:3306/",
        _OTHER_PROTOCOL,
        listen(3306, mysql),
        curl=(35,),
        fact=("mysql|wrong version",),
    ),
    shaken(
        "rediss-to-plain-redis",
        f"rediss://{NAME}:6379",
        broken(
            "tls_on_plain_port|other_protocol|not_tls",
            _NOT_TLS_KINDS,
            "tls",
            "this program|their service",
        ),
        listen(6379, redis),
        fact=("plain|redis|wrong version",),
    ),
    shaken(
        "smtps-to-submission",
        f"smtps://{NAME}:587",
        broken(
            "tls_on_plain_port|other_protocol", _NOT_TLS_KINDS, "tls", "this program|their service"
        ),
        listen(587, smtp),
        fact=("smtp|plain|wrong version",),
    ),
    shaken(
        "https-to-web-server-that-says-400",
        f"https://{NAME}:8080/",
        _PLAIN_PORT,
        listen(
            8080,
            replies(
                head(400, "Server: nginx", "Content-Length: 0", "Connection: close"),
            ),
        ),
        curl=(35,),
        fact=("plain|HTTP|wrong version",),
    ),
    shaken(
        "https-to-web-server-that-closes",
        f"https://{NAME}:8080/",
        _PLAIN_PORT,
        listen(
            8080,
            lambda connection: (
                answer("HTTP/1.1 200 OK")(connection)
                if connection.socket.recv(3, 2).startswith(b"GET")
                else connection.finish()
            ),
        ),
        curl=(35,),
        fact=("plain|HTTP",),
        note="it hangs up on whatever is no request",
    ),
    shaken(
        "http-to-tls-port-that-stays-silent",
        f"http://{NAME}:8443/",
        broken(
            "plain_on_tls_port",
            "http.response.invalid.not_http|http.response.timed_out|http.response.invalid.empty",
            "http|tls|tcp",
            "this program|their service",
        ),
        listen(
            8443,
            lambda connection: (
                over_tls(certificates.server_context(), page(200, body=PAGE))(connection)
                if connection.socket.recv(1, 2) == b"\x16"
                else connection.stall()
            ),
        ),
        limit=SILENT,
        curl=(28,),
        fact=("TLS|HTTPS",),
    ),
    greeted(
        "amqps-to-plain-port",
        f"amqps://{NAME}",
        broken(
            "tls_on_plain_port|other_protocol|not_tls",
            "tls.protocol.error.not_tls|tls.protocol.error",
            "tls",
            "this program|their service",
        ),
        listen(5671, replies(b"AMQP\x00\x00\x09\x01")),
        fact=("amqp|plain|wrong version",),
    ),
    greeted(
        "amqp-to-tls-port",
        f"amqp://{NAME}:5671",
        broken(
            "plain_on_tls_port|service_other_protocol|service_closes",
            "http.response.invalid.not_http|service.rejected|tcp.closed|tcp.reset",
            f"{SERVICE_LAYERS}|tls",
            "this program|their service",
        ),
        secure(5671, handler=replies(AMQP_START)),
        fact=("TLS",),
    ),
    world(
        "proof-name-required-asked-by-address",
        f"https://{SERVER}/",
        broken(
            "sni_unknown|tls_mismatch|handshake_cut",
            "tls.unrecognized_name_alert|tls.failed",
            "tls",
            "their service|this program|path",
        ),
        secure(certificate="address", prepare=name_required),
    ),
    world(
        "proof-client-certificate-missed-then-closes",
        HTTPS,
        broken(
            "client_certificate_wanted|closes_without_answer|reset_after_request",
            "tls.bad_client_auth_cert|http.response.invalid.empty|tcp.closed|tcp.reset|tls.closed",
            "tls|http|tcp",
            "this program|their service|their application|this host",
        ),
        name(),
        secure(handler=Connection.reset, prepare=certificate_welcome),
    ),
    world(
        "proof-status-496",
        HTTPS,
        broken(
            "client_certificate_wanted|client_error",
            "tls.bad_client_auth_cert|http.error",
            "tls|status|http",
            "this program|their service|their application",
        ),
        name(),
        secure(handler=page(496, "Server: nginx")),
    ),
    world(
        "proof-rediss-client-certificate",
        f"rediss://{NAME}",
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert",
            "tls",
            "this program|their service|this host",
        ),
        name(),
        secure(6379, prepare=client_certificate(ssl.TLSVersion.TLSv1_2)),
    ),
    world(
        "proof-https-to-amqp",
        f"https://{NAME}:5672/",
        broken(
            "other_protocol|not_tls",
            "tls.protocol.error.not_tls|tls.protocol.error",
            "tls",
            "this program|their service",
        ),
        name(),
        listen(5672, replies(b"AMQP\x00\x00\x09\x01")),
    ),
    world(
        "proof-https-to-postgres",
        f"https://{NAME}:5432/",
        broken(
            "handshake_cut|other_protocol|not_tls|tls_on_plain_port",
            "tls.closed|tcp.reset|tls.protocol.error.not_tls|tls.protocol.error|tcp.closed",
            "tls|tcp",
            "this program|their service|their host|path",
        ),
        name(),
        listen(5432, postgres),
    ),
    world(
        "proof-tls-to-submission",
        f"tls://{NAME}:587",
        broken(
            "tls_on_plain_port|other_protocol",
            "tls.protocol.error.not_tls|tls.protocol.error",
            "tls",
            "this program|their service",
        ),
        name(),
        listen(587, smtp),
    ),
    world(
        "proof-handshake-silent-beside-dead-ipv6",
        HTTPS,
        broken(
            "handshake_silent",
            "tls.timed_out",
            "tls",
            "their service|path|their application|their host",
        ),
        dual(),
        listen(443, Connection.stall),
        rule("border", "FORWARD -p tcp -j DROP", 6),
        limit=SILENT,
    ),
    world(
        "proof-one-of-two-wrong-vhost",
        HTTPS,
        broken(
            "tls_partly|certificate_wrong_name",
            "tls.cert.name_invalid|tls.failed",
            "tls",
            f"their service|{THEIR_CERTIFICATE}",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER),
        secure(address=SERVER),
        secure(certificate="wrong_name", address=OTHER),
    ),
    world(
        "proof-balancer-resets-tls-after-a-second",
        HTTPS,
        broken("handshake_cut", "tcp.reset|tls.closed", "tls|tcp", "their service|path|their host"),
        name(),
        listen(443, late(1.0, Connection.reset)),
        limit=SILENT,
    ),
    world(
        "proof-ws-to-tls-port",
        f"ws://{NAME}:443/x",
        broken(
            "plain_on_tls_port",
            "http.response.invalid.not_http|http.response.invalid.empty|tcp.reset|tcp.closed",
            "http|tls|tcp",
            "this program|their service",
        ),
        name(),
        secure(),
    ),
    world(
        "proof-cut-beside-dead-resolver",
        HTTPS,
        broken(
            "handshake_cut",
            "tls.closed|tcp.reset|tcp.closed",
            "tls|tcp",
            "their service|path|their host",
        ),
        name(),
        listen(443, hello_close),
        nameservers(RESOLVER, RESOLVER2),
    ),
    world(
        "proof-old-tls-and-expired",
        HTTPS,
        broken("old_tls|tls_mismatch", "tls.version_or_cipher_mismatch", "tls", "their service"),
        name(),
        secure(certificate="expired", prepare=only_old),
    ),
    world(
        "proof-old-server-hello",
        HTTPS,
        broken(
            "old_tls|tls_mismatch|handshake_cut",
            "tls.version_or_cipher_mismatch|tls.protocol.error|tls.closed",
            "tls",
            "their service",
        ),
        name(),
        listen(443, hello_old),
    ),
    world(
        "proof-pop3s-to-plain",
        f"pop3s://{NAME}:110",
        broken(
            "tls_on_plain_port|other_protocol",
            "tls.protocol.error.not_tls|tls.protocol.error",
            "tls",
            "this program|their service",
        ),
        name(),
        listen(110, says(b"+OK ready\r\n", hangs_up=False)),
    ),
    world(
        "proof-fin-on-syn-data",
        f"tls://{NAME}:9000",
        broken(
            "handshake_cut",
            "tls.closed|tcp.reset|tcp.closed",
            "tls|tcp",
            "their service|path|their host|their application",
        ),
        name(),
        listen(9000, Connection.finish),
    ),
    world(
        "proof-rediss-one-of-two-expired",
        f"rediss://{NAME}",
        broken(
            "tls_partly|certificate_expired",
            EXPIRED_KIND,
            "tls",
            f"their service|{THEIR_CERTIFICATE}",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER),
        secure(6379, handler=redis, address=SERVER),
        secure(6379, "expired", redis, address=OTHER),
    ),
    world(
        "proof-no-common-curve",
        HTTPS,
        broken(
            "tls_mismatch|old_tls|handshake_cut",
            "tls.version_or_cipher_mismatch|tls.failed",
            "tls",
            "their service",
        ),
        name(),
        secure(prepare=curve("secp256k1", ssl.TLSVersion.TLSv1_2)),
    ),
    world(
        "onward-redirect-to-cut-handshake",
        HTTP,
        broken(
            "handshake_cut",
            "tls.closed|tcp.reset|tcp.closed",
            "tls|tcp",
            "their service|path|their host",
        ),
        name(),
        listen(80, redirects({"*": HTTPS})),
        listen(443, hello_close),
    ),
    world(
        "onward-other-port-cut",
        HTTPS,
        broken(
            "handshake_cut",
            "tls.closed|tcp.reset|tcp.closed",
            "tls|tcp",
            "their service|path|their host",
        ),
        name(),
        secure(handler=redirects({"*": f"https://{NAME}:8443/"})),
        listen(8443, Connection.finish),
    ),
    world(
        "onward-other-port-silent",
        HTTPS,
        broken(
            "handshake_silent",
            "tls.timed_out",
            "tls",
            "their service|path|their application|their host",
        ),
        dual(),
        secure(handler=redirects({"*": f"https://{NAME}:8443/"})),
        listen(8443, Connection.stall),
        limit=SILENT,
    ),
    world(
        "words-postgres-port-tls-first",
        PG_URL,
        _SERVICE_TLS_PORT,
        name(),
        secure(5432, handler=postgres),
        limit=SILENT,
    ),
    world(
        "words-mysql-behind-tls-tunnel",
        f"mysql://{NAME}/x",
        _SERVICE_TLS_PORT,
        name(),
        secure(3306, handler=mysql),
        limit=SILENT,
    ),
    world(
        "words-smtp-to-465",
        f"smtp://{NAME}:465",
        _SERVICE_TLS_PORT,
        name(),
        secure(465, handler=smtp),
        limit=SILENT,
    ),
    world(
        "words-mongodb-to-tls-port",
        f"mongodb://{NAME}",
        _SERVICE_TLS_PORT,
        name(),
        secure(27017, handler=replies(MONGODB_HELLO)),
        limit=SILENT,
    ),
    world(
        "mixed-apache-says-plain",
        f"http://{NAME}:8443/",
        _TLS_PORT,
        name(),
        listen(
            8443,
            _says_plain(b"Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"),
        ),
    ),
    world(
        "mixed-go-says-plain",
        f"http://{NAME}:8443/",
        _TLS_PORT,
        name(),
        listen(8443, _says_plain(b"Client sent an HTTP request to an HTTPS server.\n")),
    ),
    world(
        "mixed-tomcat-says-plain",
        f"http://{NAME}:8443/",
        _TLS_PORT,
        name(),
        listen(
            8443, _says_plain(b"Bad Request\r\nThis combination of host and port requires TLS.\r\n")
        ),
    ),
    world(
        "mixed-says-400-only",
        f"http://{NAME}:8443/",
        broken(
            "plain_on_tls_port|client_error",
            "http.response.invalid.not_http|http.error",
            "http|tls|status",
            "this program|their service|their application",
        ),
        name(),
        listen(8443, _says_plain(b"Bad Request")),
    ),
    world(
        "mixed-mqtts-to-plain-broker",
        f"mqtts://{NAME}",
        _PLAIN_OR_OTHER,
        name(),
        listen(8883, strict(b"\x10", b"\x20\x02\x00\x00")),
    ),
    world(
        "mixed-ldaps-to-plain-directory",
        f"ldaps://{NAME}",
        _PLAIN_OR_OTHER,
        name(),
        listen(636, strict(b"\x30", LDAP_DONE)),
    ),
    world(
        "mixed-rediss-to-patient-redis",
        f"rediss://{NAME}",
        _PLAIN_OR_OTHER,
        name(),
        listen(6379, patient(b"-ERR unknown command\r\n")),
        limit=SILENT,
    ),
    world(
        "mixed-imaps-to-plain",
        f"imaps://{NAME}:143",
        _PLAIN_OR_OTHER,
        name(),
        listen(143, says(b"* OK ready\r\n", hangs_up=False)),
    ),
    world(
        "mixed-ftps-to-plain",
        f"ftps://{NAME}:21",
        _PLAIN_OR_OTHER,
        name(),
        listen(21, says(b"220 ProFTPD ready\r\n", hangs_up=False)),
    ),
    world(
        "routes-close-at-accept-https",
        HTTPS,
        broken(
            "handshake_cut|connection_reset",
            "tls.closed|tcp.reset|tcp.closed",
            "tls|tcp",
            "path|their service",
        ),
        name(),
        listen(443, Connection.reset),
    ),
    world(
        "routes-client-13-only-refused",
        HTTPS,
        broken(
            "tls_mismatch",
            "tls.version_or_cipher_mismatch",
            "tls",
            "this host|this program|their service",
        ),
        name(),
        secure(prepare=only_new),
        variables={"OPENSSL_CONF": issued.openssl_settings("MaxProtocol = TLSv1.2")},
    ),
    world(
        "between-proxy-tunnel-then-closes",
        HTTPS,
        broken(
            "handshake_cut",
            "tls.closed|proxy.no_response|proxy.upstream_failed|tcp.closed|tcp.reset",
            "tls|proxy|tcp",
            "proxy|path|their service",
        ),
        name(),
        secure(),
        blocked(),
        listen(
            8080,
            after_request(b"HTTP/1.1 200 Connection established\r\n\r\n", Connection.read),
            role="office",
            address=PROXY,
        ),
        variables=PROXIED_8080,
    ),
    world(
        "trust-mtls-nginx-400",
        HTTPS,
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert|http.error",
            "tls|status|http",
            "this program",
        ),
        name(),
        secure(
            prepare=certificate_welcome,
            handler=page(
                400,
                body=(
                    b"<html><head><title>400 No required SSL certificate was "
                    b"sent</title></head><body><center><h1>400 Bad Request</h"
                    b"1></center><center>No required SSL certificate was sent"
                    b"</center><hr><center>nginx/1.24.0</center></body></html>"
                ),
            ),
        ),
    ),
    world(
        "trust-mtls-1.2",
        f"tls://{NAME}:8883",
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert|tls.version_or_cipher_mismatch",
            "tls",
            "this program",
        ),
        name(),
        secure(8883, prepare=client_certificate(ssl.TLSVersion.TLSv1_2)),
    ),
    world(
        "trust-handshake-reset",
        HTTPS,
        broken("handshake_cut", "tls.closed|tcp.reset", "tls|tcp", "path|their service"),
        dual(),
        listen(443, reset_at_first_word),
        listen(80),
    ),
    world(
        "trust-handshake-fin-half",
        f"https://{NAME}:8443/",
        broken("handshake_cut", "tls.closed|tcp.closed", "tls|tcp", "path|their service"),
        name(),
        listen(8443, half_handshake(0.4, Connection.finish)),
    ),
    world(
        "trust-brainpool",
        f"https://{NAME}:8443/",
        broken("tls_mismatch", "tls.version_or_cipher_mismatch", "tls", "their service"),
        name(),
        secure(8443, prepare=curve("brainpoolP256r1", ssl.TLSVersion.TLSv1_2)),
    ),
    world(
        "trust-alert-internal",
        HTTPS,
        broken("handshake_cut", "tls.failed", "tls", "their service"),
        name(),
        listen(443, alert(80)),
    ),
    world(
        "trust-alert-sni",
        HTTPS,
        broken("sni_unknown", "tls.unrecognized_name_alert", "tls", "this program|their service"),
        name(),
        listen(443, alert(112)),
    ),
    world(
        "trust-mtls-1.3",
        f"https://{NAME}:6443/",
        broken("client_certificate_wanted", "tls.bad_client_auth_cert", "tls", "this program"),
        name(),
        secure(6443, prepare=client_certificate(ssl.TLSVersion.TLSv1_3)),
    ),
    world(
        "trust-mtls-iis-403-7",
        HTTPS,
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert|http.error.auth",
            "tls|status|http",
            "this program",
        ),
        name(),
        secure(
            prepare=certificate_welcome,
            handler=page(
                403,
                "Server: Microsoft-IIS/10.0",
                body=b"<h2>403.7 - Forbidden: Client certificate required.</h2>",
            ),
        ),
    ),
    world(
        "trust-apache-mtls-403",
        f"https://{NAME}/private",
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert|http.error.auth",
            "tls|status|http",
            "this program|their application",
        ),
        name(),
        secure(
            handler=page(
                403,
                "Server: Apache/2.4.57",
                body=(
                    b"<h1>Forbidden</h1><p>You don't have permissi"
                    b"on to access this resource.<br>Reason: Canno"
                    b"t perform Post-Handshake Authentication.</p>"
                ),
            )
        ),
    ),
    world(
        "trust-envoy-mtls-alert",
        f"https://{NAME}:15443/",
        broken("client_certificate_wanted", "tls.bad_client_auth_cert", "tls", "this program"),
        name(),
        listen(15443, alert(116)),
    ),
    world(
        "greetings-tls-silent-8443",
        f"https://{NAME}:8443/",
        broken("handshake_silent", "tls.timed_out", "tls", "their service"),
        name(),
        unaccepted(8443),
        limit=SILENT,
    ),
    world(
        "greetings-https-port-speaks-ssh",
        f"https://{NAME}:2222/",
        broken("other_protocol", "tls.protocol.error.not_tls", "tls", "this program|their service"),
        name(),
        listen(2222, ssh),
    ),
    world(
        "greetings-tls-on-plain-jetty",
        f"https://{NAME}:8080/",
        broken("tls_on_plain_port", "tls.protocol.error.not_tls", "tls", "this program"),
        name(),
        listen(8080),
        limit=SILENT,
    ),
    world(
        "greetings-plain-on-tls-go",
        f"http://{NAME}:8443/",
        broken(
            "plain_on_tls_port",
            "http.error|http.response.invalid.not_http|tls.protocol.error.not_tls",
            "http|status|tls|config|url",
            "this program",
        ),
        name(),
        listen(
            8443,
            either(
                over_tls(certificates.server_context(), page()),
                answer(
                    "HTTP/1.0 400 Bad Request",
                    length=False,
                    body=b"Client sent an HTTP request to an HTTPS server.\n",
                ),
            ),
        ),
    ),
    world(
        "greetings-plain-on-tls-openssl",
        f"http://{NAME}:4433/",
        broken(
            "plain_on_tls_port",
            (
                "http.response.invalid.not_http|tcp.reset|http.respons"
                "e.invalid.empty|tls.protocol.error.not_tls|tcp.closed"
            ),
            "http|tls|tcp|config|url",
            "this program",
        ),
        name(),
        secure(4433),
    ),
    world(
        "greetings-rediss-on-plain",
        f"rediss://{NAME}:6379",
        broken(
            "tls_on_plain_port",
            "tls.protocol.error.not_tls|tls.closed|tls.timed_out",
            "tls",
            "this program|their service",
        ),
        name(),
        listen(
            6379, partial(redis, says=b"-ERR Protocol error: unauthenticated multibulk length\r\n")
        ),
        limit=SILENT,
    ),
    world(
        "greetings-smtps-on-submission",
        f"smtps://{NAME}:587",
        broken(
            "tls_on_plain_port", "tls.protocol.error.not_tls", "tls", "this program|their service"
        ),
        name(),
        listen(587, smtp),
    ),
    world(
        "told-server-stopped",
        HTTPS,
        broken("handshake_silent", "tls.timed_out", "tls", "their service"),
        name(),
        unaccepted(443),
        limit=SILENT,
    ),
    world(
        "told-one-node-without-intermediate",
        HTTPS,
        broken(
            "tls_partly|certificate_missing_intermediate|certificate_unknown_issuer",
            UNKNOWN_KIND,
            "tls",
            "their service|their certificate",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER),
        secure(address=SERVER),
        secure(certificate="missing_intermediate", address=OTHER),
    ),
    world(
        "told-proxy-protocol-wanted",
        f"https://{NAME}:8443/",
        broken(
            "handshake_cut|not_tls|other_protocol|tls_on_plain_port",
            "tls.closed|tls.protocol.error.not_tls",
            "tls",
            "their service|this program",
        ),
        name(),
        secure(),
        listen(8443, proxied_only(page())),
    ),
    world(
        "told-client-certificate-after-handshake",
        HTTPS,
        broken(
            "client_certificate_wanted",
            "tls.bad_client_auth_cert",
            "tls",
            "this host|this program",
        ),
        name(),
        secure(prepare=client_certificate(ssl.TLSVersion.TLSv1_3)),
    ),
    changed_tls(
        "group-too-small",
        (secure(certificate="rsa", prepare=_small_group),),
        broken(
            "tls_mismatch|certificate_weak|old_tls",
            "tls.version_or_cipher_mismatch|tls.failed|tls.protocol.error",
            "tls",
            "their service|their host|this host",
        ),
        variables=dict.fromkeys(TRUST_VARIABLES, certificates.trusting("root", "rsa root")),
        curl=(35,),
        fact=("too small",),
        note="an old appliance has Diffie-Hellman groups of 1,024 bits; this host was upgraded",
    ),
    changed_tls(
        "renegotiation-of-old",
        (listen(443, replies(_OLD_HELLO, hangs_up=False)),),
        broken(
            "old_tls|tls_mismatch",
            "tls.protocol.error|tls.version_or_cipher_mismatch|tls.failed",
            "tls",
            "their service|their host",
        ),
        curl=(35,),
        fact=("renegotiation",),
        note="OpenSSL 3 talks to no server without RFC 5746",
    ),
    changed_tls(
        "policy-wants-tls13",
        (secure(prepare=_only_tls12),),
        broken(
            "old_tls|tls_mismatch|healthy",
            "tls.version_or_cipher_mismatch|healthy",
            "tls|config|none",
            "this host|their service|this program|",
            healthy=None,
        ),
        variables={"OPENSSL_CONF": issued.openssl_settings("MinProtocol = TLSv1.3")},
        curl=(35,),
        fact=("version",),
        note="Debian's Python follows the policy; one that is built from source sets it aside",
    ),
    changed_tls(
        "screen-shared-on-443",
        (listen(443, says(b"RFB 003.008\n", hangs_up=False)),),
        broken(
            "other_protocol|not_tls",
            "tls.protocol.error.not_tls",
            "tls",
            "their service|this program",
        ),
        curl=(35,),
    ),
    World(
        name="changed-redirect-keeps-port-80",
        target=f"http://{NAME}/",
        build=(
            name(),
            listen(
                80,
                either(
                    replies(head(400, "Connection: close", "Content-Length: 0")),
                    redirects({"*": f"https://{NAME}:80/"}, status=301),
                ),
            ),
            secure(),
        ),
        expected=broken(
            "tls_on_plain_port|redirect_invalid|other_protocol",
            "tls.protocol.error.not_tls|http.response.redirect_invalid",
            "tls|http",
            "their service|their application",
        ),
        curl=(35,),
        fact=("wrong version|plain|not TLS",),
        note="behind a balancer the application puts together the new scheme and the old port",
    ),
    World(
        name="changed-redirect-keeps-port-443",
        target=f"https://{NAME}/",
        build=(
            name(),
            lambda site: site.listen(
                either(
                    over_tls(
                        certificates.server_context(),
                        redirects({"*": f"http://{NAME}:443/start"}, status=302),
                    ),
                    plain_request_refused,
                ),
                443,
            ),
            listen(),
        ),
        expected=broken(
            "plain_on_tls_port|redirect_invalid",
            "http.error|http.response.invalid.not_http|http.response.redirect_invalid"
            "|http.protocol.error",
            "http|status|tls",
            "their service|their application",
        ),
        curl=(0,),
    ),
    World(
        name="akin-tls-redirected-to-plain-port",
        target=f"https://{NAME}/",
        build=(
            name(),
            secure(handler=redirects({"*": f"https://{NAME}:8080/"}, status=308)),
            listen(8080, either(_BAD_REQUEST, page())),
        ),
        expected=broken(
            "tls_on_plain_port|redirect_invalid|other_protocol",
            "tls.protocol.error.not_tls|http.response.redirect_invalid",
            "tls|http",
            THEIR_SERVICE,
        ),
        curl=(35,),
        fact=("wrong version|plain|not TLS",),
    ),
    World(
        name="akin-redirected-to-ssh",
        target=f"http://{NAME}/",
        build=(name(), listen(80, redirects({"*": f"https://{NAME}:22/"})), listen(22, ssh)),
        expected=broken(
            "other_protocol|redirect_invalid|not_tls",
            "tls.protocol.error.not_tls|http.response.redirect_invalid",
            "tls|http",
            THEIR_SERVICE,
        ),
        curl=(35,),
        fact=("wrong version|SSH|not TLS",),
    ),
    World(
        name="akin-redirected-to-http-on-tls-port-that-closes",
        target=f"http://{NAME}/",
        build=(name(), listen(80, redirects({"*": f"http://{NAME}:443/"})), secure()),
        expected=broken(
            "plain_on_tls_port|redirect_invalid|closes_without_answer",
            "http.response.invalid.not_http|http.response.redirect_invalid"
            "|http.response.invalid.empty|http.error",
            "http|tls",
            THEIR_SERVICE,
        ),
        curl=(1, 52, 56),
        fact=("empty|TLS|HTTP/0.9",),
    ),
    world(
        "routes-sni-reset",
        HTTPS,
        broken(
            "sni_unknown|handshake_cut", "tcp.reset|tls.closed", "tls|tcp", "path|their service"
        ),
        name(),
        listen(443, unless_named(NAME, over_tls(certificates.server_context(), page()))),
    ),
    world(
        "rare-proxy-opens-and-closes",
        HTTPS,
        broken(
            "handshake_cut|proxy_upstream_failed|proxy_silent",
            "tls.closed|tcp.closed|tcp.reset|proxy.upstream_failed|proxy.no_response",
            "tls|proxy|tcp",
            "their service|path|proxy|their host",
        ),
        name(),
        listen(443, hello_close),
        blocked(),
        proxying(proxy),
        variables=ALL,
        curl=(35,),
        fact=("EOF|clos|reset",),
    ),
    world(
        "odd-name-in-hello-reset",
        HTTPS,
        broken(
            "handshake_cut|sni_unknown",
            "tcp.reset|tls.closed|tls.failed",
            "tls|tcp",
            "path|their service|their host|this network",
        ),
        name(),
        secure(),
        rule("border", f"FORWARD {NAME_SEEN} -j REJECT --reject-with tcp-reset"),
        curl=(35,),
        fact=("reset",),
    ),
)
