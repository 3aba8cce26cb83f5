"""Parts of verdicts, URLs and settings that several files of worlds share."""

from e2e.building import NAME
from e2e.expectations import THEIR_CERTIFICATE
from e2e.world import broken

PROHIBIT_COMMANDS = ("route replace prohibit default", "route del ::/0", "route add prohibit ::/0")
PUBLIC = "203.0.113.2"
"""Address of the border towards the client: what it forwards, it forwards from here."""

URL_OR_SCHEME = broken(
    "url_invalid|scheme_invalid", "url.invalid|url.scheme_invalid", "config", "this program"
)

EXPIRED_KIND = "tls.cert.date_invalid.expired"
STATUS_OR_HTTP = "status|http"
MYSQL_URL = f"mysql://app@{NAME}/shop"
MEGABYTE = b"x" * 1_000_000
TRUST_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
LEAKED = "10.20.30.40"
"""An address of the server's inner network: no way leads there from outside."""


GATEWAY = "192.0.2.1"
NEAR = {"role": "gateway", "address": GATEWAY}


PATH_SILENT = broken(
    "firewall_drops|path_silent|host_down|overloaded", "tcp.timed_out", "ip|tcp", "path|their host"
)


EXPIRED = broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", THEIR_CERTIFICATE)
