"""What mail, shells, file transfer, file sharing and tunnels say: SMTP, FTP, SSH, SMB, VPNs."""

from typing import Final

from ringback.failure.clue import EXACT, SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.text.rule import (
    HINT,
    NARROWER,
    PHRASE,
    SENTENCE,
    VERDICT,
    TextRule,
    say_each,
    says,
)

REJECTED: Final = "service.rejected"

# What mail, shells, file transfer and file sharing say: SMTP, IMAP, FTP, SSH, SMB, NFS.

_REFUSING = ("535", "534", "530", "550", "554", "421")
"""Replies with which a mail server refuses (RFC 5321 section 4.2.2, RFC 4954 section 6)."""

_OUTLOOK: dict[str, tuple[ClueKind, int]] = {
    "0x800ccc0d": ("dns.name_not_resolved", SENTENCE),
    "0x800ccc0e": ("tcp.failed", SENTENCE),
    "0x800ccc0f": ("tcp.closed", SENTENCE),
    "0x800ccc19": ("http.response.timed_out", SENTENCE),
    "0x8004210a": ("http.response.timed_out", SENTENCE),
    "0x8004210b": ("http.response.timed_out", SENTENCE),
    "0x800ccc18": (REJECTED, SENTENCE),
    "0x800ccc79": (REJECTED, SENTENCE),
    "0x800ccc92": (REJECTED, SENTENCE),
}

_ACME: dict[str, tuple[ClueKind, int]] = {
    "connection": ("tcp.failed", TEXT - 1),  # the words behind it usually know more
    "dns": ("dns.failed", TEXT),
    "tls": ("tls.failed", TEXT),
    "ratelimited": ("http.error.rate_limited", SENTENCE),
    "unauthorized": ("http.error.auth", TEXT - 1),
    **dict.fromkeys(
        ("malformed", "badnonce", "invalidemail", "invalidcontact", "serverinternal", "caa"),
        ("http.error", TEXT - 1),
    ),
}

_ENHANCED = tuple(f"{severity}.{subject}." for severity in "45" for subject in "123567")
"""Enhanced status codes of mail (RFC 3463), by their severity and subject."""
_ROUTING: dict[str, tuple[ClueKind, int]] = {
    "4.4.1": ("tcp.failed", HINT),
    "5.4.1": (REJECTED, HINT),
    "4.4.2": ("tcp.closed", HINT),
    "4.4.3": ("dns.failed", HINT),
    "4.4.4": ("dns.failed", HINT),
    "5.4.4": ("dns.failed", HINT),
}
"""The subject of networks and routing."""
_FREERDP: dict[str, tuple[ClueKind, int]] = {
    "dns_name_not_found": ("dns.name_not_resolved", SENTENCE),
    "dns_error": ("dns.failed", SENTENCE),
    "connect_failed": ("tcp.failed", SENTENCE),
    "connect_transport_failed": ("tcp.failed", TEXT),
    "tls_connect_failed": ("tls.failed", SENTENCE),
    "security_nego_connect_failed": ("tls.failed", TEXT),
    "logon_failure": (REJECTED, SENTENCE),
    "authentication_failed": (REJECTED, SENTENCE),
    "wrong_password": (REJECTED, SENTENCE),
    "access_denied": (REJECTED, SENTENCE),
    "account_locked_out": (REJECTED, SENTENCE),
    "connect_cancelled": ("abandoned", SENTENCE),
    "activation_timeout": ("http.response.timed_out", SENTENCE),
}

REMOTE: list[TextRule] = [
    # mail: the server's own answer
    *says(REJECTED, NARROWER, "wait")(
        "authentication unsuccessful",
        "authentication credentials invalid",
        "username and password not accepted",
        "must issue a starttls command first",
        "relay access denied",
        "too many login attempts",
        "maximum number of connections",
        "invalid login",
        "login failed",
        "login incorrect",
        "authenticationfailed",
    ),
    *says(REJECTED, SPECIFIC, "wait")(
        *_REFUSING, before=r"SMTP\w{0,30}(?:Error|Refused|Exception)[^\n]{0,20}\(\s?", then=r","
    ),
    *says(REJECTED, SPECIFIC, "wait")("(421, "),
    *says("tcp.closed", PHRASE)("please run connect() first"),
    # FTP: its replies, lftp, FileZilla
    *says(REJECTED, SENTENCE, "wait")("service not available", before=r"\b421[ \-]"),
    *says("tcp.failed", SENTENCE, "connect")(
        "can't open data connection",
        "can't build data connection",
        "failed to establish data connection",
    ),
    *says("tcp.closed", SENTENCE)("transfer aborted", before=r"\b426[ \-][^\n]{0,60}"),
    *says(TIMEOUT, SENTENCE, "wait")("timeout - reconnecting"),
    *says(TIMEOUT, PHRASE, "wait")(" of inactivity", before=r"timed out after \d{1,5} seconds"),
    *says(REJECTED, NARROWER, "wait")("not logged in", before=r"530[^\n]{0,20}"),
    *says(REJECTED, SPECIFIC, "wait")(
        "error_perm", "error_temp", then=r"[:(] ?['\"]?(?:421|430|53\d|55\d)"
    ),
    # SSH
    *says(REJECTED, SPECIFIC, "wait")(
        "permission denied (publickey",
        "permission denied (password",
        "permission denied (keyboard",
        "permission denied (gssapi",
        "too many authentication failures",
        "bad authentication type",
        "no supported authentication methods available",
        "permission denied for user ",
    ),
    *says("tcp.closed", SPECIFIC)(
        "server unexpectedly closed network connection",
        "remote side unexpectedly closed network connection",
    ),
    *says(REJECTED, TEXT, "wait")(
        "no matching key exchange method found",
        "no matching host key type found",
        "no matching cipher found",
        "no matching mac found",
    ),
    *says("tcp.closed", SPECIFIC, "wait")(
        "kex_exchange_identification: connection closed",
        "ssh_exchange_identification: connection closed",
    ),
    *says("tcp.reset", SPECIFIC, "wait")(
        "kex_exchange_identification: read: connection reset",
        "ssh_exchange_identification: read: connection reset",
    ),
    *says("tcp.closed", PHRASE, "wait")("error reading ssh protocol banner"),
    *says("tcp.closed", PHRASE)("eoferror", before=r"(?:paramiko|ssh)[^\n]{0,280}"),
    *says("tcp.closed", PHRASE)("shared connection to", then=r" [^\n]{1,120} closed"),
    *says("tcp.failed", HINT, "connect")("unable to connect to port", "novalidconnections"),
    # SMB and NFS
    *say_each(
        {
            "nt_status_connection_refused": "tcp.refused",
            "nt_status_io_timeout": "tcp.timed_out",
            "nt_status_host_unreachable": "tcp.address_unreachable.host",
            "nt_status_network_unreachable": "tcp.address_unreachable.network",
        },
        rank=EXACT,
        phase="connect",
    ),
    *says("tcp.reset", EXACT)("nt_status_connection_reset"),
    *says("dns.name_not_resolved", PHRASE, "dns")("nt_status_not_found"),
    *says(REJECTED, SENTENCE, "wait")("mount error(13)"),
    *says("tcp.closed", PHRASE)("nt_status_connection_disconnected", "notconnectederror"),
    *says(REJECTED, EXACT, "wait")(
        "status_logon_failure",
        "status_access_denied",
        "status_bad_network_name",
        "access denied by server while mounting",
    ),
    # OpenVPN
    *says("tls.protocol.error", VERDICT, "tls")("authenticate/decrypt packet error"),
    *says("tls.protocol.error", SENTENCE, "tls")(
        "unroutable control packet received from",
        "cannot locate hmac in incoming packet",
        "reading acknowledgement record from packet",
        "local/remote tls keys are out of sync",
    ),
    *says("tls.failed", HINT, "tls")("fatal tls error", "tls_error: bio read"),
    *says(TIMEOUT, SENTENCE, "connect")("server poll timeout, restarting"),
    *says("tls.timed_out", SENTENCE, "tls")("tls key negotiation failed to occur within"),
    *says("tls.failed", PHRASE, "tls")("incoming plaintext read error"),
    *says("tcp.reset", SENTENCE)("connection reset, restarting"),
    *says("service.rejected", SPECIFIC, "wait")("received control message: auth_failed"),
    *says("tcp.timed_out.established", SPECIFIC)("inactivity timeout (--ping-restart)"),
    # strongSwan
    *says("http.response.timed_out", PHRASE, "wait")("giving up after ", then=r"\d retransmits"),
    *says("service.rejected", SPECIFIC, "wait")(
        "authentication_failed notify", "no_proposal_chosen notify"
    ),
    # SMTP servers
    *says("service.rejected", SENTENCE, "wait")(
        " said: ", before=r"host [^\n]{1,200}", then=r"[45]\d\d[ \-]"
    ),
    *says("service.rejected", SENTENCE, "wait")(
        "error from remote mail server after ", then=r"[^\n]{1,120}: [45]\d\d[ \-]"
    ),
    *says("tcp.closed", TEXT)("lost connection with"),
    *says("tls.failed", SENTENCE, "tls")("tls is required, but was not offered"),
    *says("service.rejected", SENTENCE, "wait")("refused to talk to me: "),
    *says("service.rejected", SENTENCE, "wait")("smtp protocol synchronization error"),
    # rsync, XMPP, IRC
    *says(REJECTED, SENTENCE, "wait")("max connections (", then=r"\d{1,6}\) reached"),
    *says("http.response.body_timed_out", TEXT, "body")(
        "timeout in data send/receive", "io timeout after "
    ),
    *says(REJECTED, SENTENCE, "wait")("not-authorized", before=r"(?:xmpp|stream|sasl)[^\n]{0,80}"),
    *says("dns.name_not_resolved", TEXT, "dns")("remote-server-not-found"),
    *says("http.response.timed_out", TEXT, "wait")("remote-server-timeout"),
    *says(REJECTED, SENTENCE, "wait")("closing link: ", then=r"[^\n]{1,120}too many"),
    # SNMP, Nagios, Zabbix, Salt, Jenkins
    *says("http.response.timed_out", SENTENCE, "wait")(
        "timeout: no response from ", "zbx_tcp_read() timed out", "saltreqtimeouterror"
    ),
    *says(TIMEOUT, TEXT)("socket timeout after ", then=r"\d"),
    *says("http.response.invalid.empty", SENTENCE, "wait")(
        "received empty response from zabbix", "no data received from host"
    ),
    *says("tls.cert.date_invalid.expired", SPECIFIC, "tls")(
        " expired on ", before=r"certificate '[^'\n]{1,120}'"
    ),
    *says("unknown", HINT)(
        "minion did not return",
        "check your connection",
        "check your network connection",
        "check your internet connection",
    ),
    *says("tcp.closed", SENTENCE)("channelclosedexception"),
    # ACME
    *[
        rule
        for error, said in _ACME.items()
        for rule in says(*said)(f"urn:ietf:params:acme:error:{error}", then=r"\b")
    ],
    *says(TIMEOUT, SPECIFIC, "connect")("(likely firewall problem)"),
    *says("http.error.rate_limited", SENTENCE, "wait")("too many certificates already issued"),
    # VPNs, Outlook
    *says("tcp.timed_out", PHRASE, "connect")(
        "did not complete after ", before=r"handshake (?:for peer [^\n]{1,120})?", then=r"\d"
    ),
    *says("tcp.failed", HINT, "connect")("was not able to establish a connection"),
    *says("dns.failed", TEXT, "dns")("unsuccessful domain name resolution"),
    *says("tcp.timed_out", SENTENCE, "connect")("because the remote server is not responding"),
    *says(REJECTED, SENTENCE, "wait")("remote connection was denied because"),
    *[rule for code, said in _OUTLOOK.items() for rule in says(*said)(code, then=r"\b")],
    # Minecraft and other games
    *says(REJECTED, SENTENCE, "wait")(
        "you are not white-listed",
        "you are not whitelisted",
        "failed to verify username",
        "failed to login: invalid session",
        "the server is full!",
        "outdated client! please use",
        "outdated server! i'm still on",
        "you are banned from this server",
    ),
    *says("http.error.unavailable", TEXT, "wait")("authentication servers are down"),
    *says("tcp.timed_out.established", SENTENCE)("lost connection: timed out"),
    *says("not_a_connection_failure", SENTENCE)("lost connection: disconnected"),
    *says("tcp.timed_out.established", SENTENCE)(
        "serverconnectiontimedout", "network_disconnect_timedout"
    ),
    *says("tcp.timed_out.established", SENTENCE)(
        " timed out)", before=r"Dropped [^\n]{1,80} from server \([^\n]{1,60}"
    ),
    *says("tcp.failed", PHRASE, "connect")("connection failed after ", then=r"\d{1,3} retries"),
    *says("tcp.closed", SENTENCE)("lost connection to the game server"),
    *says("tcp.failed", SENTENCE, "connect")("id = 17: connection attempt failed"),
    *says("tcp.failed", PHRASE, "connect")("establish network communication with server"),
    # chat: IRC, Discord, Matrix, Slack, Mumble, Telegram
    *says("tcp.timed_out.established", SENTENCE)("ping timeout: ", then=r"\d"),
    *says(REJECTED, SPECIFIC, "wait")(
        "websocket closed with 4004",
        "discord.errors.loginfailure",
        "wrong certificate or password",
        "'error': 'invalid_auth'",
        "'error': 'not_authed'",
        "'error': 'token_revoked'",
        "'error': 'account_inactive'",
    ),
    *says("tcp.timed_out.established", SENTENCE)("has stopped responding to the gateway"),
    *says("http.error.auth", SENTENCE, "wait")("m_unknown_token", "m_missing_token", "m_forbidden"),
    *says("http.error.rate_limited", SENTENCE, "wait")("m_limit_exceeded"),
    *says("http.error", SENTENCE, "wait")("terminated by other getupdates request"),
    *says(REJECTED, SENTENCE, "wait")(
        "recipient address rejected",
        "sender address rejected",
        before=r"\b[45]\d\d[ \-][^\n]{0,40}",
    ),
    *says(REJECTED, SENTENCE, "wait")("open failed: administratively prohibited"),
    # Vault, Consul, Elasticsearch, NRPE
    *says("http.error.unavailable", PHRASE, "wait")("vault is sealed", "no cluster leader"),
    *says("tcp.failed", HINT, "connect")("elasticsearch unreachable: "),
    *says("http.response.timed_out", SENTENCE, "wait")("check_nrpe: socket timeout after "),
    # systemd-resolved
    *says("dns.timed_out", SENTENCE, "dns")("resolve call failed: lookup timed out"),
    *says("dns.temporary_failure", SENTENCE, "dns")(
        "all attempts to contact name servers or networks failed", "appropriate name servers found"
    ),
    *says("dns.name_not_resolved", SENTENCE, "dns")(
        "resolve call failed: ", then=r"(?:'[^'\n]{1,255}' not found|Could not resolve)"
    ),
    # time servers
    *says("http.response.timed_out", SENTENCE, "wait")(
        "timed out waiting for reply from ",
        "no server suitable for synchronization found",
        "no valid response has been received from manually configured peer",
        "can't synchronise: no selectable sources",
        "can't synchronise: no reachable sources",
    ),
    # Ansible
    *says("tcp.failed", PHRASE, "connect")("timeout when waiting for ", then=r"[\w.\-]{1,120}:\d"),
    *says("tcp.failed", PHRASE, "connect")(
        "timeout when waiting for search string ", then=r"[^\n]{1,200} in [\w.\-]{1,120}:\d"
    ),
    *says(REJECTED, SENTENCE, "wait")(
        "specified credentials were rejected by the server", "invalid/incorrect password: "
    ),
    *says("tcp.failed", HINT, "connect")("data could not be sent to remote host"),
    *says("http.response.timed_out", SENTENCE, "wait")("command timeout triggered, timeout value"),
    # replies of SMTP and FTP to a client too many, or too slow
    *says(REJECTED, TEXT, "wait")(
        "421 ", before=r"(?:^|[\s:'\"(>])", then=r"[^\n]{0,80}too many [^\n]{0,60}connections"
    ),
    *says(REJECTED, TEXT, "wait")("421 there are too many connections"),
    *says("tcp.timed_out.established", SENTENCE)(
        "421 4.4.2 ", then=r"[^\n]{0,80}(?:timeout|timed out)"
    ),
    *says(REJECTED, SENTENCE, "wait")("tls not available due to local problem"),
    *says(REJECTED, SENTENCE, "wait")("service unavailable; client host"),
    # IKE
    *says("tcp.timed_out", SENTENCE, "connect")("ike_sa failed, peer not responding"),
    # RADIUS
    *says("http.response.timed_out", SENTENCE, "wait")(
        "no reply from server for id", "no reply from home server"
    ),
    # Beats
    *says("tcp.closed", SENTENCE)("events caused by: eof"),
    *says("tcp.failed", PHRASE, "connect")("nonodesavailable"),
    # after a reply's own code; its words may say more
    *says(REJECTED, PHRASE, "wait")(*_ENHANCED, before=r"\b[45]\d\d[ \-]", then=r"\d{1,2}\b"),
    *[
        rule
        for code, said in _ROUTING.items()
        for rule in says(*said)(
            code, before=r"(?:\b[45]\d\d[ \-]|(?:status|dsn)[=: ]{1,2})", then=r"\b"
        )
    ],
    # FreeRDP
    *[
        rule
        for name, said in _FREERDP.items()
        for rule in says(*said)(f"errconnect_{name}", then=r"\b")
    ],
    *says("dns.failed", SENTENCE, "dns")("could not resolve address of"),  # chrony
    *says("client.local_address", PHRASE)(
        "unable to bind to", "failed to bind to", "cannot bind to", then=r" [\da-f.:\[\]*]{1,45}:\d"
    ),
    *says("tcp.timed_out", TEXT, "connect")(
        "timeout exceeded after ", then=r"\d{1,3} retransmits"
    ),  # Libreswan
    *says("http.response.timed_out", SENTENCE, "wait")(
        "missing response to access-request"
    ),  # radsecproxy
    *says(REJECTED, SENTENCE, "wait")("could not authenticate to gateway"),  # openfortivpn
    # sssd, Samba
    *says("tcp.failed", PHRASE, "connect")("backend is offline", before=r"sssd[^\n]{0,60}"),
    *says("tcp.failed", PHRASE, "connect")(
        "as 'not working'", before=r"[Mm]arking (?:server|port) [^\n]{1,120}"
    ),
    *says("dns.failed", SENTENCE, "dns")(
        "failed to find dc for domain", "failed to lookup dc info"
    ),
    # Packer, Vagrant
    *says(TIMEOUT, TEXT, "connect")("timeout waiting for ssh", "timeout waiting for winrm"),
    *says(TIMEOUT, PHRASE)("timed out while waiting for the machine to boot"),
    # freshclam
    *says("dns.failed", TEXT, "dns")("can't query ", then=r"[\w.\-]{1,80}\.[a-z]{2,10}\b"),
    *says("http.error.rate_limited", SENTENCE, "wait")("you are on cool-down until"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "nothing received from server on udp port"
    ),  # mosh
]
