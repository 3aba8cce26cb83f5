"""TLS handshakes that fail."""

import ssl

from e2e.building import (
    NAME,
    blocked,
    client_certificate,
    listen,
    name,
    proxying,
    rule,
    secure,
    world,
)
from e2e.expectations import CUT_KINDS, HTTPS, MISMATCH_KIND, NAME_SEEN, OUR_SCHEME
from e2e.handlers import development_server, proxy, smtp
from e2e.server_replies import alert
from e2e.site import OTHER, SERVER
from e2e.templates import ALL, handshake_world
from e2e.world import SILENT, broken

from ringback.testing.lab.http import greeting
from ringback.testing.lab.tls import (
    alerting,
    hello_plain,
    hello_reset,
    no_shared_cipher,
    old_protocol,
)


def _unnamed(context):
    """Reset whoever asks for the name, and greet whoever does not, as a filter by SNI does."""

    def refuse(connection, called, _):
        del connection, _
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME if called == NAME else None

    context.sni_callback = refuse


WORLDS = (
    handshake_world(
        "old-tls",
        "old_tls",
        MISMATCH_KIND,
        "their service",
        "protocol version|TLS ?1.[01]|unsupported",
        secure(prepare=lambda context: old_protocol(context, None)),
    ),
    handshake_world(
        "no-shared-cipher",
        "tls_mismatch|old_tls|handshake_cut",
        f"{MISMATCH_KIND}|tls.failed",
        "their service",
        "cipher|handshake failure",
        secure(prepare=lambda context: no_shared_cipher(context, None)),
    ),
    handshake_world(
        "client-certificate-tls13",
        "client_certificate_wanted",
        "tls.bad_client_auth_cert",
        "this program|their service|this host",
        "certificate required",
        secure(prepare=client_certificate(ssl.TLSVersion.TLSv1_3)),
        curl=(56,),
    ),
    handshake_world(
        "client-certificate-tls12",
        "client_certificate_wanted|handshake_cut",
        f"tls.bad_client_auth_cert|{MISMATCH_KIND}",
        "this program|their service|this host",
        "client certificate|certificate request|Request CERT",
        secure(prepare=client_certificate(ssl.TLSVersion.TLSv1_2)),
        curl=(35, 56),
    ),
    handshake_world(
        "handshake-reset",
        "handshake_cut",
        CUT_KINDS,
        "their service|path|their host",
        "reset",
        listen(443, hello_reset),
    ),
    handshake_world(
        "handshake-alert",
        "handshake_cut|sni_unknown",
        "tls.failed|tls.protocol.error",
        "their service",
        "internal error",
        secure(
            prepare=lambda context: alerting(ssl.ALERT_DESCRIPTION_INTERNAL_ERROR)(context, None)
        ),
    ),
    handshake_world(
        "name-not-served",
        "sni_unknown",
        "tls.unrecognized_name_alert|tls.failed",
        "their service",
        "unrecognized name",
        secure(prepare=_unnamed),
    ),
    handshake_world(
        "https-to-plain-port-that-answers",
        "tls_on_plain_port",
        "tls.protocol.error.not_tls|tls.protocol.error",
        OUR_SCHEME,
        "wrong version|plain|HTTP response",
        listen(80, hello_plain),
        url=f"https://{NAME}:80/",
    ),
    handshake_world(
        "https-to-development-server",
        "tls_on_plain_port",
        "tls.protocol.error.not_tls|tls.protocol.error",
        OUR_SCHEME,
        "wrong version|plain|HTTP response",
        listen(8000, development_server),
        url=f"https://{NAME}:8000/",
    ),
    handshake_world(
        "https-to-ssh",
        "other_protocol",
        "tls.protocol.error.not_tls|tls.protocol.error",
        OUR_SCHEME,
        "ssh",
        listen(443, greeting(b"SSH-2.0-OpenSSH_9.6p1 Debian-3\r\n")),
    ),
    handshake_world(
        "http-to-tls-port",
        "plain_on_tls_port",
        "http.response.invalid.not_http|tcp.reset|http.response.invalid.empty|http.protocol.error|http.error",
        OUR_SCHEME,
        "HTTPS|TLS",
        secure(),
        url=f"http://{NAME}:443/",
        curl=(52, 56, 1),
    ),
    world(
        "unread-second-server-forgot-renewal",
        HTTPS,
        broken(
            "tls_partly|certificate_expired",
            "tls.failed|tls.cert.date_invalid.expired",
            "tls",
            "their certificate|their service",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER),
        secure(),
        secure(certificate="expired", address=OTHER),
    ),
    world(
        "unread-alert-protocol-version",
        HTTPS,
        broken("tls_mismatch|old_tls", "tls.version_or_cipher_mismatch", "tls", "their service"),
        name(),
        listen(443, alert(70)),
        curl=(35,),
    ),
    world(
        "unread-smtp-behind-https-port",
        HTTPS,
        broken("other_protocol|not_tls", "tls.protocol.error.not_tls", "tls", "this program"),
        name(),
        listen(443, smtp),
        curl=(35,),
    ),
    world(
        "unread-plain-where-tls-is",
        f"http://{SERVER}:443/",
        broken(
            "plain_on_tls_port",
            "http.response.invalid.not_http|http.response.invalid.empty|tcp.reset",
            "http|status",
            "this program",
        ),
        secure(443, "address"),
        curl=(0, 1, 52, 56),
    ),
    world(
        "odd-proxy-tunnel-to-silence",
        HTTPS,
        broken(
            "handshake_silent|proxy_upstream_failed",
            "tls.timed_out|proxy.upstream_failed",
            "tls|proxy",
            "their service|path|proxy|their application|their host",
        ),
        name(),
        listen(443, lambda connection: connection.stall()),
        blocked(),
        proxying(proxy),
        variables=ALL,
        limit=SILENT,
        curl=(28,),
        fact=("timed out|timeout",),
    ),
    world(
        "odd-name-in-hello-dropped",
        HTTPS,
        broken(
            "handshake_silent|path_lost|sni_unknown|handshake_cut",
            "tls.timed_out",
            "tls|ip|tcp",
            "path|their service|their host|this network|their application",
        ),
        name(),
        secure(),
        rule("border", f"FORWARD {NAME_SEEN} -j DROP"),
        limit=SILENT,
        curl=(28,),
        fact=("timed out|timeout",),
        note="a device drops the ClientHello for the name that is in it",
    ),
    world(
        "way-one-of-two-expired",
        HTTPS,
        broken(
            "tls_partly|certificate_expired",
            "tls.cert.date_invalid.expired",
            "tls",
            "their service|their certificate",
            healthy=None,
        ),
        name(NAME, SERVER, OTHER),
        secure(address=SERVER),
        secure(certificate="expired", address=OTHER),
        curl=(0, 60),
        fact=("expired",),
    ),
    world(
        "trust-old-tls-smtps",
        f"smtps://{NAME}",
        broken("old_tls", "tls.version_or_cipher_mismatch", "tls", "their service"),
        name(),
        secure(465, prepare=lambda context: old_protocol(context, None)),
    ),
)
