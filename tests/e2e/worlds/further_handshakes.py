"""Further handshakes: cut at every point, refused by alerts, or with something that is no TLS."""

import ssl

from e2e import papers
from e2e.building import NAME, client_certificate, listen, name, secure
from e2e.handlers import PAGE, mysql, page, redis, smtp
from e2e.talk import alert, answer, half_handshake, late, proxied_only, replies
from e2e.world import SILENT, WELL, World, broken

from ringback.testing.lab.healthy import over_tls
from ringback.testing.lab.message import head
from ringback.testing.lab.server import Connection

_HTTPS = f"https://{NAME}/"
_MISMATCH = "tls.version_or_cipher_mismatch"
_NOT_TLS = "tls.protocol.error.not_tls|tls.protocol.error"
_CUT = broken(
    "handshake_cut",
    "tls.closed|tcp.reset|tcp.closed|tls.failed|tls.protocol.error",
    "tls|tcp",
    "their service|path|their host|their application",
)
_SILENT = broken(
    "handshake_silent", "tls.timed_out", "tls", "their service|path|their application|their host"
)
_OTHER = broken("other_protocol|not_tls", _NOT_TLS, "tls", "this program|their service")
_WANTED = broken(
    "client_certificate_wanted",
    "tls.bad_client_auth_cert|http.error|http.error.auth",
    "tls|status|http",
    "this program|their service|this host|their application",
)
_PLAIN = broken("tls_on_plain_port", _NOT_TLS, "tls", "this program|their service")
_TIMEOUT = "handshake.*(timed out|timeout)|(timed out|timeout).*handshake|connection timeout"
_TLS13 = ssl.TLSVersion.TLSv1_3


def _shaken(label, target, expected, *build, **more):
    return World(
        name=f"shaken-{label}", target=target, build=(name(), *build), expected=expected, **more
    )


def _tls13_only(context):
    context.minimum_version = _TLS13


def _only_here(context):
    """Know one other name: refuse nobody, and serve whoever names none."""
    context.sni_callback = lambda connection, called, _: (
        ssl.ALERT_DESCRIPTION_ACCESS_DENIED if called == NAME else None
    )


WORLDS = (
    _shaken(
        "closed-within-first-flight",
        _HTTPS,
        _CUT,
        listen(443, half_handshake(0.5, Connection.finish)),
        curl=(35,),
        fact=("EOF|clos",),
    ),
    _shaken(
        "reset-within-first-flight",
        _HTTPS,
        _CUT,
        listen(443, half_handshake(0.3, Connection.reset)),
        curl=(35, 56),
        fact=("reset",),
    ),
    _shaken(
        "silent-within-first-flight",
        _HTTPS,
        _SILENT,
        listen(443, half_handshake(0.6, Connection.stall)),
        limit=SILENT,
        curl=(28,),
        fact=(_TIMEOUT,),
    ),
    _shaken(
        "silent-after-first-flight",
        _HTTPS,
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
    _shaken(
        "hello-answered-after-two-seconds-healthy",
        _HTTPS,
        WELL,
        listen(443, late(2.0, over_tls(papers.server_context(), page()))),
        limit=SILENT,
        curl=(0,),
    ),
    _shaken(
        "alert-handshake-failure",
        _HTTPS,
        broken("tls_mismatch|handshake_cut", f"{_MISMATCH}|tls.failed", "tls", "their service"),
        listen(443, alert(ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE)),
        curl=(35,),
        fact=("handshake failure",),
    ),
    _shaken(
        "alert-no-application-protocol",
        _HTTPS,
        broken("tls_mismatch", f"{_MISMATCH}|tls.failed", "tls", "their service"),
        listen(443, alert(120)),
        curl=(35,),
        fact=("application protocol",),
    ),
    _shaken(
        "alert-access-denied",
        _HTTPS,
        broken(
            "handshake_cut|client_certificate_wanted|tls_mismatch",
            f"tls.failed|tls.closed|tls.bad_client_auth_cert|{_MISMATCH}",
            "tls",
            "their service|this program|path",
        ),
        listen(443, alert(49)),
        curl=(35,),
        fact=("access denied",),
    ),
    _shaken(
        "alert-for-this-name-only",
        _HTTPS,
        broken(
            "sni_unknown", "tls.unrecognized_name_alert|tls.failed", "tls", "their service|path"
        ),
        secure(prepare=_only_here),
        curl=(35,),
        fact=("access denied",),
    ),
    _shaken(
        "tls13-server-tls12-program",
        _HTTPS,
        broken("tls_mismatch|old_tls", _MISMATCH, "tls", "their service|this program|this host"),
        secure(prepare=_tls13_only),
        variables={"OPENSSL_CONF": papers.openssl_settings("MaxProtocol = TLSv1.2")},
        fact=("protocol version",),
        note="this host's OpenSSL is configured to TLS 1.2 at most",
    ),
    _shaken(
        "client-certificate-by-status-400",
        _HTTPS,
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
    _shaken(
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
    _shaken(
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
    _shaken(
        "proxy-line-expected",
        _HTTPS,
        _CUT,
        listen(443, proxied_only(over_tls(papers.server_context(), page()))),
        curl=(35,),
        fact=("EOF|clos|reset",),
    ),
    _shaken(
        "https-to-redis",
        f"https://{NAME}:6379/",
        _OTHER,
        listen(6379, replies(b"-ERR unknown command\r\n")),
        curl=(35,),
        fact=("redis|wrong version",),
    ),
    _shaken(
        "https-to-mysql",
        f"https://{NAME}:3306/",
        _OTHER,
        listen(3306, mysql),
        curl=(35,),
        fact=("mysql|wrong version",),
    ),
    _shaken(
        "rediss-to-plain-redis",
        f"rediss://{NAME}:6379",
        broken(
            "tls_on_plain_port|other_protocol|not_tls",
            _NOT_TLS,
            "tls",
            "this program|their service",
        ),
        listen(6379, redis),
        fact=("plain|redis|wrong version",),
    ),
    _shaken(
        "smtps-to-submission",
        f"smtps://{NAME}:587",
        broken("tls_on_plain_port|other_protocol", _NOT_TLS, "tls", "this program|their service"),
        listen(587, smtp),
        fact=("smtp|plain|wrong version",),
    ),
    _shaken(
        "https-to-web-server-that-says-400",
        f"https://{NAME}:8080/",
        _PLAIN,
        listen(
            8080,
            replies(
                head(400, "Server: nginx", "Content-Length: 0", "Connection: close"),
            ),
        ),
        curl=(35,),
        fact=("plain|HTTP|wrong version",),
    ),
    _shaken(
        "https-to-web-server-that-closes",
        f"https://{NAME}:8080/",
        _PLAIN,
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
    _shaken(
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
                over_tls(papers.server_context(), page(200, body=PAGE))(connection)
                if connection.socket.recv(1, 2) == b"\x16"
                else connection.stall()
            ),
        ),
        limit=SILENT,
        curl=(28,),
        fact=("TLS|HTTPS",),
    ),
)
