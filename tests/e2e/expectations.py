"""Parts of verdicts, URLs and settings that several files of worlds share."""

from e2e.building import NAME
from e2e.world import SILENT, broken

NETWORK_KIND = "tcp.address_unreachable.network"
HOST_KIND = "tcp.address_unreachable.host"
PROHIBITED_KIND = "tcp.address_unreachable.prohibited"
UNRESOLVED_OR_MISSING = "dns.unreachable|dns.temporary_failure|dns.timed_out|dns.name_not_resolved"
NO_DEFAULT_COMMANDS = ("route del default", "route del ::/0")
HTTP = f"http://{NAME}/"
RESOLVER_FAILED = "dns.server|dns.temporary_failure"
UNRESOLVED = "dns.unreachable|dns.temporary_failure|dns.timed_out"
MISSING_KIND = "dns.name_not_resolved"
SHORT = "options timeout:1 attempts:1"
HTTPS = f"https://{NAME}/"
PROXY_DOWN = broken("proxy_down", "proxy.unreachable", "proxy", "proxy")

PROXY_NEEDED = broken(
    "proxy_needed",
    "tcp.address_unreachable.prohibited|tcp.address_unreachable.host|tcp.timed_out|proxy.unreachable",
    "proxy|config|ip|tcp",
    "this program|this host|this network|proxy",
)

SECOND = 2.5
"""Seconds where the answer counts only when the connection is asked for again, 1 s later."""

DOWN = broken("service_down", "tcp.refused", "tcp", "their service|their host")
THEIR_CERTIFICATE = "their certificate"
UNKNOWN_KIND = "tls.cert.authority_invalid.unknown_issuer"
UNTRUSTED_KIND = "tls.cert.authority_invalid.untrusted_root"
SELF_SIGNED_KIND = "tls.cert.authority_invalid.self_signed"
MISMATCH_KIND = "tls.version_or_cipher_mismatch"
CUT_KINDS = "tls.closed|tcp.reset|tcp.closed|tls.failed|tls.protocol.error"
OUR_SCHEME = "this program|their service"
THEIR_APPLICATION = "their application|their service"
SLOW = {"limit": SILENT}
OUR_PROGRAM = "this program|their application"
STATUS_LAYERS = "status|http|application"
THEIR_SERVICE = "their service|their application"
SERVICE_LAYERS = "application|tcp|http|status"
SILENT_KINDS = "http.response.timed_out|tcp.timed_out.established|service.rejected|unknown"
OTHER_KINDS = "http.response.invalid.not_http|service.rejected|unknown|tls.protocol.error.not_tls"
NAME_SEEN = f"-p tcp --dport 443 -m string --algo bm --string {NAME}"


PG_URL = f"postgres://app@{NAME}/shop"
