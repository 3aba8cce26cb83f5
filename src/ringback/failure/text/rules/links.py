"""What links and tunnels say: VPNs, PPP, Wi-Fi, DHCP, buses of a machine, ping, ACME, time.

Said by: OpenVPN's ``ssl.c`` and ``ssl_verify.c``; WireGuard's ``noise`` and ``peer``; strongSwan's
``task_manager`` and ``child_cfg``; Libreswan's ``pluto``; pppd's ``fsm.c`` and ``upap.c``;
openconnect's ``cstp.c`` and ``gnutls.c``; wpa_supplicant's ``wpa_ctrl.h``; NetworkManager's
``NMDeviceStateReason``; ISC dhclient; iputils; acme.sh; certbot's standalone plugin; chrony.
"""

from typing import Final

from ringback.failure.clue import SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.text.rule import (
    NARROWER,
    PHRASE,
    SENTENCE,
    TextRule,
    say_each,
    says,
)

REJECTED: Final = "service.rejected"
OTHER: Final = "not_a_connection_failure"

_TUNNELS: list[TextRule] = [
    # OpenVPN
    *says("tls.cert.name_invalid", SENTENCE, "tls")(
        "verify x509name error", "verify x509 name err"
    ),
    *says("tls.cert.invalid", SENTENCE, "tls")(
        "verify ku error", "verify eku error", "verify nscert"
    ),
    *says("tls.cert.invalid", SENTENCE, "tls")("crl not loaded"),
    *says(REJECTED, SENTENCE, "wait")("[soft,auth-failure]", "auth-failure (auth-token)"),
    *says("tls.protocol.error", TEXT, "tls")(
        "packet hmac authentication failed",
        "unroutable control packet received",
        "tls-crypt unwrap error",
        "tls-crypt unwrapping failed",
        "bad packet id (may be a replay)",
    ),
    *says("config.tls_files_invalid", SENTENCE, "config")(
        "cannot load certificate file", "cannot load private key file", "cannot load ca certificate"
    ),
    # WireGuard
    *says("tcp.timed_out", SENTENCE, "connect")(
        "did not complete after ", before=r"[Hh]andshake (?:for peer [^\n]{1,120})?"
    ),
    # strongSwan, Libreswan
    *says(REJECTED, SENTENCE, "wait")(
        "ts_unacceptable notify",
        "no matching peer config found",
        "no ike config found for ",
        "invalid_ke_payload notify",
        "type no_proposal_chosen",
        "type authentication_failed",
        "type invalid_id_information",
        "no acceptable proposal found",
        "no proposal chosen",
        "eap-failure",
        "ike] authentication_failed",
        "no matching ca certificate",
    ),
    *says("tcp.timed_out.established", SENTENCE)(
        "dpd check timed out", "dpd: could not find newest"
    ),
    *says(REJECTED, SENTENCE, "wait")(" failed for peer ", before=r"EAP method \w{3,20}"),
    *says("tls.cert.name_invalid", SENTENCE, "tls")("constraint check failed: identity '"),
    *says("tls.cert.invalid", SENTENCE, "tls")("subject certificate invalid (valid from"),
    *says("tls.cert.authority_invalid.unknown_issuer", SENTENCE, "tls")(
        "no issuer certificate found for",
        "no trusted rsa public key found",
        "no trusted ecdsa public",
    ),
    *says("dns.failed", PHRASE, "dns")(
        ", initiate aborted", before=r"unable to resolve [^\n]{1,255}"
    ),
    # PPP, L2TP
    *says("http.response.timed_out", SENTENCE, "wait")(
        "timeout sending config-requests", "timeout waiting for pado", "timeout waiting for pads"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")("maximum retries exceeded for tunnel"),
    *says("tcp.timed_out.established", SENTENCE)(
        " echo-requests", before=r"No response to \d{1,3}"
    ),
    *says(REJECTED, SENTENCE, "wait")("chap authentication failed", "pap authentication failed"),
    *says("unknown", PHRASE)("the l2tp connection attempt failed because the security layer"),
    # AnyConnect, openconnect
    *says("tls.cert.invalid", SENTENCE, "tls")("untrusted vpn server", "anyconnect cannot verify"),
    *says("unknown", NARROWER)("please verify internet connectivity and server address"),
    *says("tcp.timed_out.established", SENTENCE)(
        "dead peer detection detected dead peer", "received server disconnect: b0 'idle timeout'"
    ),
    *says(REJECTED, TEXT, "wait")("received server disconnect: "),
    *says(REJECTED, SENTENCE, "wait")("cookie was rejected by server", "cookie is no longer valid"),
    *says("http.error", SENTENCE, "wait")(" result from server", before=r"Unexpected \d{3}"),
    *says("unix.not_found", TEXT)("failed to connect to local tailscaled"),
]

_WIRELESS: dict[str, ClueKind] = {
    "reason=wrong_key": REJECTED,
    "pre-shared key may be incorrect": REJECTED,
    "ctrl-event-assoc-reject": REJECTED,
    "ctrl-event-auth-reject": REJECTED,
    "ctrl-event-eap-failure": REJECTED,
    "reason=auth_failed": REJECTED,
    "reason=conn_failed": "tcp.failed",
    "(reason 'ssid-not-found'": "tcp.failed",
    "(reason 'no-secrets'": REJECTED,
    "(reason 'supplicant-disconnect'": "tcp.closed",
    "(reason 'supplicant-timeout'": "http.response.timed_out",
    "(reason 'ip-config-unavailable'": "http.response.timed_out",
    "ctrl-event-network-not-found": "tcp.failed",
}
"""What wpa_supplicant and NetworkManager give as the reason that there is no link."""

_MACHINE: list[TextRule] = [
    *say_each(_WIRELESS, SENTENCE),
    *says("http.response.timed_out", TEXT, "wait")(
        ": authentication with ", ": association with ", then=r"[\da-f:]{17} timed out"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")("no dhcpoffers received"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "dhcp4 (", "dhcp6 (", then=r"\w{1,20}\): request timed out"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")("no lease, failing", "no lease, forking"),
    *says("unknown", PHRASE)("ip configuration could not be reserved"),
    *says("tcp.failed", PHRASE, "connect")(
        "cannot talk to daemon", "timeout occurred while waiting for network connectivity"
    ),
    *says("client.local_address", SENTENCE)("ntp socket is in use"),
    *says("tcp.address_unreachable.network", TEXT)("no interfaces have a carrier"),
    # keepalived's checks, DRBD's peers, GnuPG's key servers
    *says("tcp.timed_out", SENTENCE, "connect")(
        "tcp connection to [", then=r"[\da-fA-F.:]{2,45}\](?:[:a-z]{0,6}\d{1,5})? timeout"
    ),
    *says("tcp.failed", PHRASE, "connect")(
        "tcp connection to [", then=r"[\da-fA-F.:]{2,45}\](?:[:a-z]{0,6}\d{1,5})? failed"
    ),
    *says("tcp.timed_out.established", SENTENCE)("pingack did not arrive in time"),
    *says("tcp.closed", SENTENCE)("sock was shut down by peer"),
    *says("dns.failed", PHRASE, "dns")("keyserver receive failed: no name"),
    *says("unknown", PHRASE)("keyserver receive failed: no "),
    # D-Bus, which is a Unix socket
    *says("unix.forbidden", SPECIFIC, "connect")(
        "bus: permission denied", before=r"connect to [^\n]{0,30}"
    ),
    *says("http.response.timed_out", NARROWER, "wait")(
        "dbus.error.noreply", "did not receive a reply. possible causes include"
    ),
    *says("unix.not_found", TEXT)("dbus.error.noserver", "dbus.error.filenotfound"),
    # ping, traceroute
    *says("tcp.timed_out", SENTENCE, "connect")(
        "100.0% packet loss", " 100% packet loss", "(100% loss)"
    ),
    *says("tcp.address_unreachable.host", SENTENCE, "connect")(
        "time to live exceeded", "ttl expired in transit", before=r"(?:From|from|: ?)[^\n]{0,60}"
    ),
    *says("tcp.failed", PHRASE, "connect")("sendmsg: destination address required"),
    *says("tcp.address_unreachable.host", TEXT, "connect")("note: host seems down"),
    *say_each(
        {
            " !h": "tcp.address_unreachable.host",
            " !n": "tcp.address_unreachable.network",
            " !x": "tcp.address_unreachable.prohibited",
        },
        TEXT,
        "connect",
        before=r"\d\.\d{1,3} ms",
        then=r"\b",
    ),
]

_OF_CURL: dict[int, ClueKind] = {
    6: "dns.name_not_resolved",
    7: "tcp.failed",
    28: TIMEOUT,
    35: "tls.failed",
    52: "http.response.invalid.empty",
    56: "tcp.closed",
    60: "tls.cert.invalid",
}
_CERTIFICATES: list[TextRule] = [
    # acme.sh, which names curl's codes
    *[
        rule
        for code, kind in _OF_CURL.items()
        for rule in says(kind, SENTENCE)(
            f"for error code: {code}", before=r"libcurl-errors\.html ", then=r"\b"
        )
    ],
    *says("http.error", TEXT, "wait")(
        "error:invalid response from http", "detail: invalid response f"
    ),
    *says("http.error", TEXT, "wait")("invalid response from http", before=r"\d: "),
    *says("client.local_address", SENTENCE)(
        "could not bind to ipv4 or ipv6", "problem binding to port"
    ),
    *says("client.local_address", SENTENCE)("could not bind tcp port 80 because"),
]

LINKS: list[TextRule] = [*_TUNNELS, *_MACHINE, *_CERTIFICATES]
