"""What chats, telephones, players, games and pools say: IRC, XMPP, Matrix, SIP, RTMP, stratum.

Said by: RFC 1459, RFC 3261, RFC 6120 section 4.9.3; FreeSWITCH's ``sofia_reg.c``; Asterisk's
``res_pjsip_outbound_registration.c``; FFmpeg's ``network.c`` and ``error.h``; librtmp's ``rtmp.c``;
VLC's ``access``; OBS's ``rtmp-stream.c``; Steam's ``EResult``; Minecraft's ``en_us.json``; XMRig's
``Client.cpp``; cpuminer; Bitcoin Core's ``net.cpp``; Transmission and its trackers.
"""

from typing import Final

from ringback.failure.clue import SPECIFIC, TEXT, ClueKind
from ringback.failure.text.rule import (
    PHRASE,
    SENTENCE,
    TextRule,
    say_each,
    says,
)

REJECTED: Final = "service.rejected"
OTHER: Final = "not_a_connection_failure"

_XMPP: dict[str, ClueKind] = {
    "conflict": REJECTED,
    "connection-timeout": "tcp.timed_out.established",
    "host-unknown": "dns.name_not_resolved",
    "host-gone": REJECTED,
    "policy-violation": REJECTED,
    "resource-constraint": REJECTED,
    "remote-connection-failed": "tcp.failed",
    "system-shutdown": "tcp.closed",
    "not-authorized": REJECTED,
    "invalid-from": REJECTED,
    "see-other-host": REJECTED,
    "service-unavailable": "http.error.unavailable",
    "account-disabled": REJECTED,
    "credentials-expired": REJECTED,
    "temporary-auth-failure": REJECTED,
}
_SIP: dict[str, ClueKind] = {
    "401": "http.error.auth",
    "403": "http.error.auth",
    "404": "http.error",
    "407": "proxy.auth_required",
    "408": "http.response.timed_out",
    "480": "http.error.unavailable",
    "486": REJECTED,
    "488": REJECTED,
    "500": "http.error",
    "503": "http.error.unavailable",
    "504": "http.error.gateway",
    "600": REJECTED,
    "603": REJECTED,
    "454": "http.error",
}

_CHAT: list[TextRule] = [
    *[
        rule
        for name, kind in _XMPP.items()
        for rule in says(kind, SENTENCE, "wait")(
            name,
            before=r"(?:stream:error|<error|<failure|stream error|stream closed: ?)[^\n]{0,120}",
            then=r"(?: |/|>|\)|$)",
        )
    ],
    *says(REJECTED, SENTENCE, "wait")(
        "reconnecting too fast",
        "trying to (re)connect too fast",
        "[k-lined]",
        "[g-lined]",
        "connection throttled",
    ),
    *says(REJECTED, SENTENCE, "wait")(
        "closing link: ", then=r"[^\n]{1,160}(?:[KGZ]-[Ll]ined|throttl|refused|banned)"
    ),
    *says("dns.failed", PHRASE, "dns")('" not found', before=r"irc: address \"[\w.\-]{1,255}"),
    *says("unknown", PHRASE)("rtc connecting", "no route", before=r"(?:[Dd]iscord|RTC)[^\n]{0,60}"),
    *says(REJECTED, SENTENCE, "wait")("server is full (max "),
]

_TELEPHONES: list[TextRule] = [
    *[
        rule
        for status, kind in _SIP.items()
        for rule in (
            *says(kind, SPECIFIC, "wait")(f"sip/2.0 {status} "),
            *says(kind, SENTENCE, "wait")(f"failed registration [{status}]"),
            *says(kind, SENTENCE, "wait")(f"response '{status}' received from"),
            *says(kind, SENTENCE, "wait")(f"registration failed with {status}"),
            *says(kind, SENTENCE, "wait")(f"register response {status} from"),
            *says(kind, SENTENCE, "wait")(f"status={status} (", before=r"SIP [^\n]{1,60}"),
        )
    ],
    *says("tcp.timed_out.established", SENTENCE)("for lack of rtp activity"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "maximum retries reached when attempting outbound registration"
    ),
    *says(REJECTED, TEXT, "wait")("operation has no matching challenge"),
]

_FFMPEG_ERRORS: dict[str, ClueKind] = {
    "110": "tcp.timed_out",
    "111": "tcp.refused",
    "104": "tcp.reset",
    "138": "tcp.timed_out",
    "10053": "tcp.aborted",
    "10054": "tcp.reset",
    "10060": "tcp.timed_out",
    "10061": "tcp.refused",
    "10065": "tcp.address_unreachable.host",
    "10051": "tcp.address_unreachable.network",
}
"""Numbers of the system, below zero; 138 is Windows's own ETIMEDOUT."""

_PLAYERS: list[TextRule] = [
    *[
        rule
        for number, kind in _FFMPEG_ERRORS.items()
        for rule in says(kind, SENTENCE)(
            f"error number -{number} occurred",
            f"rtmp send error {number} (",
            f"failed to connect socket. {number} (",
        )
    ],
    *says("http.error", SENTENCE, "wait")("server returned 4xx", "server returned 5xx"),
    *says("tcp.failed", PHRASE, "connect")("cannot open connection tcp://"),
    *says("tls.failed", PHRASE, "tls")("input/output error", before=r"\[tls @ [^\n]{1,250}"),
    *says("http.response.invalid.content_length_mismatch", SENTENCE, "body")(
        "stream ends prematurely at", " more expected. retrying"
    ),
    *says("url.scheme_invalid", SENTENCE, "config")(": protocol not found"),
    *says("tcp.failed", PHRASE, "connect")(
        "failed to connect with rtsp", "rtmp_connect1, handshake"
    ),
    *says("tcp.closed", SENTENCE)("rtmp_readpacket, failed to read", "rtmp_sendpacket, failed"),
    *says("tcp.failed", PHRASE)("error: cancellation (0x8)"),
    *says("tcp.failed", PHRASE, "connect")(
        " failed: -", before=r"Connection to rtmps?://[^\s\n]{1,200}", then=r"\d"
    ),
    *says("dns.failed", PHRASE, "dns")("could not resolve server"),
    *says(REJECTED, SENTENCE, "wait")("could not access the specified channel or stream key"),
    *says("unknown", PHRASE)("disconnected. reconnecting in "),
    *says("http.error", SENTENCE, "wait")("(404), url: http", "454 session not found"),
    *says(OTHER, SENTENCE)("unsupported url: ", "video unavailable", "this video is private"),
]

_GAMES: list[TextRule] = [
    *says("tcp.timed_out.established", SENTENCE)(
        "disconnected: timed out",
        "disconnect.timeout",
        "logged out due to login timeout",
        "disconnected from remote. reason: timed_out",
    ),
    *says("dns.failed", PHRASE, "dns")("can't resolve hostname"),
    *says(REJECTED, SENTENCE, "wait")(
        "kicked for ",
        "kicked by ",
        before=r"(?:Connection [Ll]ost|Disconnected|lost connection:?)\s{1,4}",
    ),
    *says("http.error.unavailable", SENTENCE, "wait")("authservers_down"),
    *says(REJECTED, SENTENCE, "wait")(
        "login with result code ", "failed login with result", before=r"\b"
    ),
    *says(REJECTED, SENTENCE, "wait")(
        "pendingconnectionfailure]: ", then=r"[^\n]{0,60}(?:full|password|ban|version)"
    ),
    *says(REJECTED, TEXT, "wait")("incorrect password", before=r"[Ff]ailed to connect[^\n]{0,60}"),
    *says(OTHER, SENTENCE)("can't keep up! ", "could not serialize "),
]

_POOLS: list[TextRule] = [
    *say_each(
        {
            "operation canceled": "tcp.timed_out",
            "temporary failure": "dns.temporary_failure",
            "unknown node or service": "dns.name_not_resolved",
            "end of file": "tcp.closed",
            "tls handshake failed": "tls.failed",
        },
        SENTENCE,
        before=r":\d{1,5} (?:connect|read|DNS|TLS) error: \"",
    ),
    *says(REJECTED, SENTENCE, "wait")(
        'unauthenticated", code: -1', "stratum authentication failed"
    ),
    *says("tcp.closed", SENTENCE)(
        "socket was closed remotely", "stratum_recv_line failed", "stratum_send_line failed"
    ),
    *says("tcp.closed", SENTENCE)("stratum connection ", then=r"(?:to pool \d{1,3} )?interrupted"),
    *says(REJECTED, SENTENCE, "wait")("unauthorized worker"),
    *says("proxy.upstream_failed", SENTENCE, "proxy")(
        "socks5() connect to ", then=r"[^\s\n]{1,120} failed: (?!connection not allowed)"
    ),
    *says("proxy.denied", SENTENCE, "proxy")(
        "socks5() connect to ", then=r"[^\s\n]{1,120} failed: connection not allowed"
    ),
    *says("tcp.failed", PHRASE, "connect")("stratum connection failed"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "stratum_subscribe timed out", "stratum_recv_line timed out", "no response received in "
    ),
    *says("http.error.auth", SENTENCE, "wait")("incorrect rpcuser or rpcpassword"),
    *says(REJECTED, TEXT, "wait")("could not locate rpc credentials"),
    *says("tcp.timed_out.established", SENTENCE)(
        "socket no message in first", "socket receive timeout: "
    ),
    *says("http.response.timed_out", SENTENCE, "wait")("(tracker did not respond)"),
    *says("unknown", PHRASE)("skipping tracker announce (unreachable)"),
]

CHAT: list[TextRule] = [*_CHAT, *_TELEPHONES, *_PLAYERS, *_GAMES, *_POOLS]
