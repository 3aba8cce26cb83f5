"""Further worlds of every layer from TCP up, and what stands beside their fault."""

from e2e import papers
from e2e.building import NAME, dual, listen, name, rule, secure
from e2e.handlers import mysql, mysql_full, page, redirects, redis, smtp
from e2e.site import OTHER, SERVER, SERVER6
from e2e.talk import (
    LDAP_DONE,
    alert_in_the_clear,
    either,
    late,
    patient,
    postgres_over_tls,
    postgres_refusal,
    replies,
    says,
    strict,
)
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.http import closing, speaking
from ringback.testing.lab.http import healthy_over_http2 as answering_http2
from ringback.testing.lab.message import head
from ringback.testing.lab.server import Connection

_HTTP, _HTTPS = f"http://{NAME}/", f"https://{NAME}/"
_THEIRS = "their application|their service"
_CERTIFICATE = "their certificate"
_EXPIRED = "tls.cert.date_invalid.expired"
_NOT_YET = "tls.cert.date_invalid.not_yet_valid"
_STATUS = "status|http"
_LAYERS = "application|tcp|http|status"
_DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
_PLAIN = broken(
    "tls_on_plain_port|other_protocol",
    "tls.protocol.error.not_tls|tls.protocol.error|tls.timed_out|tls.closed",
    "tls",
    "this program|their service",
)
_TLS = broken(
    "plain_on_tls_port",
    "http.response.invalid.not_http|http.error|http.protocol.error|http.response.invalid.empty",
    "http|tls|status",
    "this program|their service",
)


def _cert(cause, kind):
    return broken(cause, kind, "tls", _CERTIFICATE)


def _mixed(label, target, expected, *build, **more):
    return World(name=f"mixed-{label}", target=target, build=build, expected=expected, **more)


def _says_plain(text):
    """A TLS port that tells whoever speaks plainly."""
    fields = (f"Content-Length: {len(text)}", "Connection: close")
    return either(over_tls(papers.server_context(), page()), replies(head(400, *fields) + text))


WORLDS = (
    _mixed(
        "clock-behind-behind-redirect",
        _HTTP,
        broken("clock_wrong", _NOT_YET, "tls|config", "this host"),
        name(),
        listen(80, page(302, f"Location: {_HTTPS}", days=100)),
        secure(certificate="in_100_days", handler=page(days=100)),
    ),
    _mixed(
        "apache-says-plain",
        f"http://{NAME}:8443/",
        _TLS,
        name(),
        listen(
            8443,
            _says_plain(b"Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"),
        ),
    ),
    _mixed(
        "go-says-plain",
        f"http://{NAME}:8443/",
        _TLS,
        name(),
        listen(8443, _says_plain(b"Client sent an HTTP request to an HTTPS server.\n")),
    ),
    _mixed(
        "tomcat-says-plain",
        f"http://{NAME}:8443/",
        _TLS,
        name(),
        listen(
            8443, _says_plain(b"Bad Request\r\nThis combination of host and port requires TLS.\r\n")
        ),
    ),
    _mixed(
        "says-400-only",
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
    _mixed(
        "http2-only-tls",
        _HTTPS,
        broken(
            "healthy|not_http",
            "healthy|http.response.invalid.not_http",
            "none|http",
            f"|{_THEIRS}",
            healthy=None,
        ),
        name(),
        secure(
            handler=speaking(answering_http2),
            prepare=lambda context: context.set_alpn_protocols(["h2"]),
        ),
    ),
    _mixed(
        "http2-only-plain",
        f"http://{NAME}:50051/",
        broken(
            "healthy|not_http",
            "healthy|http.response.invalid.not_http",
            "none|http",
            f"|{_THEIRS}|this program",
            healthy=None,
        ),
        name(),
        listen(50051, speaking(answering_http2)),
    ),
    _mixed(
        "by-address-not-found",
        f"http://{SERVER}/",
        broken("not_found", "http.error", _STATUS, "their application|this program"),
        listen(80, page(404)),
    ),
    _mixed(
        "mqtts-to-plain-broker",
        f"mqtts://{NAME}",
        _PLAIN,
        name(),
        listen(8883, strict(b"\x10", b"\x20\x02\x00\x00")),
    ),
    _mixed(
        "ldaps-to-plain-directory",
        f"ldaps://{NAME}",
        _PLAIN,
        name(),
        listen(636, strict(b"\x30", LDAP_DONE)),
    ),
    _mixed(
        "rediss-to-patient-redis",
        f"rediss://{NAME}",
        _PLAIN,
        name(),
        listen(6379, patient(b"-ERR unknown command\r\n")),
        limit=SILENT,
    ),
    _mixed(
        "imaps-to-plain",
        f"imaps://{NAME}:143",
        _PLAIN,
        name(),
        listen(143, says(b"* OK ready\r\n", hangs_up=False)),
    ),
    _mixed(
        "ftps-to-plain",
        f"ftps://{NAME}:21",
        _PLAIN,
        name(),
        listen(21, says(b"220 ProFTPD ready\r\n", hangs_up=False)),
    ),
    _mixed(
        "own-firewall-resets",
        _HTTP,
        broken(
            "local_firewall|service_down|firewall_rejects",
            "tcp.refused",
            "tcp|ip",
            "this host|their service|path|their host|this network",
        ),
        name(),
        listen(),
        rule("client", "OUTPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset"),
    ),
    _mixed(
        "answers-lost-after-connect",
        _HTTPS,
        broken(
            "path_lost|handshake_silent",
            "tls.timed_out|tcp.timed_out.established",
            "ip|tls|tcp",
            "path",
        ),
        name(),
        secure(),
        rule("border", "FORWARD -p tcp --sport 443 ! --tcp-flags SYN,ACK SYN,ACK -j DROP"),
        limit=SILENT,
    ),
    _mixed(
        "answers-lost-redis",
        f"redis://{NAME}",
        broken(
            "path_lost|service_silent",
            "http.response.timed_out|tcp.timed_out.established|tcp.timed_out",
            "ip|application|tcp|http",
            "path|their service",
        ),
        name(),
        listen(6379, redis),
        rule("border", "FORWARD -p tcp --sport 6379 ! --tcp-flags SYN,ACK SYN,ACK -j DROP"),
        limit=SILENT,
    ),
    _mixed("empty-page-healthy", _HTTP, WELL, name(), listen(80, page(200, body=b""))),
    _mixed(
        "continue-first-healthy",
        _HTTP,
        WELL,
        name(),
        listen(80, closing(head(100) + head(200, "Content-Length: 2") + b"ok")),
    ),
    _mixed(
        "redirect-to-localhost",
        _HTTP,
        broken(
            "service_down|redirect_invalid",
            "tcp.refused|http.response.redirect_invalid",
            "tcp|http",
            f"{_THEIRS}|this host|their host",
        ),
        name(),
        listen(80, redirects({"*": "http://localhost:8080/"})),
    ),
    _mixed(
        "fragment-loop",
        _HTTP,
        broken("redirect_loop", "http.response.redirect_loop", "http", _THEIRS),
        name(),
        listen(80, redirects({"*": "/#top"})),
    ),
    _mixed(
        "redirect-to-dropped-address",
        _HTTP,
        broken(
            "firewall_drops|overloaded|path_silent|host_down",
            "tcp.timed_out",
            "tcp|ip",
            "path|their host|their service",
        ),
        name(),
        listen(80, redirects({"*": f"http://{OTHER}/"})),
        rule("border", f"FORWARD -d {OTHER} -j DROP"),
        limit=SILENT,
    ),
    _mixed(
        "apex-to-www-503",
        "http://example.org/",
        broken("unavailable", "http.error.unavailable", _STATUS, _THEIRS),
        name("example.org", OTHER),
        name(),
        listen(80, redirects({"*": _HTTPS}), address=OTHER),
        secure(handler=page(503)),
    ),
    _mixed(
        "apex-to-www-404",
        "http://example.org/",
        broken("not_found", "http.error", _STATUS, "their application|this program"),
        name("example.org", OTHER),
        name(),
        listen(80, redirects({"*": _HTTPS}), address=OTHER),
        secure(handler=page(404)),
    ),
    _mixed(
        "apex-to-www-expired",
        "http://example.org/",
        _cert("certificate_expired", _EXPIRED),
        name("example.org", OTHER),
        name(),
        listen(80, redirects({"*": _HTTPS}), address=OTHER),
        secure(certificate="expired"),
    ),
    _mixed(
        "apex-to-www-healthy",
        "https://example.org/",
        WELL,
        name("example.org", OTHER),
        name(),
        secure(handler=redirects({"*": _HTTPS}), address=OTHER),
        secure(),
    ),
    _mixed(
        "tcp-resets-healthy",
        f"tcp://{NAME}:9000",
        WELL,
        name(),
        # Not at once: on a busy machine the RST would be there before the connection is looked at.
        listen(9000, late(0.2, Connection.reset)),
    ),
    _mixed(
        "alert-after-handshake",
        _HTTPS,
        broken(
            "closes_without_answer|reset_after_request|body_cut|handshake_cut|http_broken",
            "tls.failed|tls.protocol.error|http.response.invalid.empty|tcp.reset|tcp.closed|tls.closed",
            "tls|http|tcp",
            _THEIRS,
        ),
        name(),
        secure(handler=alert_in_the_clear),
    ),
    _mixed("capitals-in-certificate-healthy", _HTTPS, WELL, name(), secure(certificate="capitals")),
    _mixed(
        "one-family-expired-other-refused",
        _HTTPS,
        _cert("certificate_expired", _EXPIRED),
        dual(),
        secure(certificate="expired", address=SERVER),
    ),
    _mixed(
        "one-family-503-other-dropped",
        _HTTP,
        broken("unavailable", "http.error.unavailable", _STATUS, _THEIRS),
        dual(),
        listen(80, page(503), address=SERVER6),
        rule("border", "FORWARD -p tcp --dport 80 -j DROP"),
        limit=SILENT,
    ),
    _mixed(
        "postgres-full-over-tls",
        f"postgres://app@{NAME}/shop?sslmode=require",
        broken("service_rejects", "service.rejected", _LAYERS, f"{_THEIRS}|this program"),
        name(),
        listen(
            5432,
            postgres_over_tls(
                "self_signed",
                refusal=postgres_refusal(b"53300", b"sorry, too many clients already"),
            ),
        ),
    ),
    _mixed(
        "redis-full-on-ipv6",
        f"redis://[{SERVER6}]",
        broken("service_rejects", "service.rejected", _LAYERS, f"{_THEIRS}|this program"),
        listen(6379, says(b"-ERR max number of clients reached\r\n")),
    ),
    _mixed(
        "mysql-one-address-full",
        f"mysql://{NAME}/x",
        broken(
            "service_rejects|healthy",
            "service.rejected|healthy",
            f"{_LAYERS}|none",
            f"{_THEIRS}|this program|",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER),
        listen(3306, mysql_full, address=SERVER),
        listen(3306, mysql, address=OTHER),
    ),
    _mixed(
        "smtp-refused-587-open",
        f"smtp://{NAME}",
        broken(
            "wrong_port|service_down", "tcp.refused", "tcp", "their service|this program|their host"
        ),
        name(),
        listen(587, smtp),
    ),
    _mixed(
        "tls-only-for-named-http-else",
        f"https://{SERVER}/",
        broken(
            "certificate_wrong_name|sni_unknown|handshake_cut",
            "tls.cert.name_invalid|tls.unrecognized_name_alert|tls.closed",
            "tls",
            f"{_CERTIFICATE}|their service|this program|path",
        ),
        secure(certificate="bare_domain"),
    ),
    _mixed(
        "healthy-icmp-blocked-everywhere",
        _HTTPS,
        WELL,
        dual(),
        secure(),
        rule("border", "FORWARD -p icmp -j DROP"),
        rule("border", "INPUT -p icmp -j DROP"),
        rule("server", "INPUT -p icmp -j DROP"),
    ),
    _mixed(
        "healthy-stateful-firewall",
        _HTTPS,
        WELL,
        dual(),
        secure(),
        rule("border", "FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"),
        rule("border", "FORWARD -p tcp --dport 443 -j ACCEPT"),
        rule("border", "FORWARD -j DROP"),
    ),
    _mixed(
        "stateful-firewall-not-for-this",
        f"https://{NAME}:8443/",
        broken(
            "firewall_drops|overloaded", "tcp.timed_out", "tcp|ip", "path|their host|their service"
        ),
        name(),
        secure(8443),
        secure(),
        rule("border", "FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"),
        rule("border", "FORWARD -p tcp --dport 443 -j ACCEPT"),
        rule("border", "FORWARD -j DROP"),
        limit=SILENT,
    ),
)
