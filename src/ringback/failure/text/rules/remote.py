"""What mail, shells, file transfer and file sharing say: SMTP, IMAP, FTP, SSH, SMB, NFS."""

from ringback.failure.reading import EXACT, SPECIFIC
from ringback.failure.text.rule import HINT, NARROWER, PHRASE, Rule, say_each, says

REJECTED = "service.rejected"
_REFUSING = ("535", "534", "530", "550", "554", "421")
"""Replies with which a mail server refuses (RFC 5321 section 4.2.2, RFC 4954 section 6)."""

REMOTE: list[Rule] = [
    # mail: the server's own answer
    *says(
        REJECTED,
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
        rank=NARROWER,
        phase="wait",
    ),
    *says(
        REJECTED,
        *_REFUSING,
        rank=SPECIFIC,
        phase="wait",
        before=r"SMTP\w{0,30}(?:Error|Refused|Exception)[^\n]{0,20}\(\s?",
        then=r",",
    ),
    *says(REJECTED, "(421, ", rank=SPECIFIC, phase="wait"),
    *says("tcp.closed", "please run connect() first", rank=PHRASE),
    # FTP
    *says(REJECTED, "not logged in", rank=NARROWER, phase="wait", before=r"530[^\n]{0,20}"),
    *says(
        REJECTED,
        "error_perm",
        "error_temp",
        rank=SPECIFIC,
        phase="wait",
        then=r"[:(] ?['\"]?(?:421|430|53\d|55\d)",
    ),
    # SSH
    *says(
        REJECTED,
        "permission denied (publickey",
        "permission denied (password",
        "permission denied (keyboard",
        "permission denied (gssapi",
        "too many authentication failures",
        "bad authentication type",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says(
        "tcp.closed",
        "kex_exchange_identification: connection closed",
        "ssh_exchange_identification: connection closed",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says(
        "tcp.reset",
        "kex_exchange_identification: read: connection reset",
        "ssh_exchange_identification: read: connection reset",
        rank=SPECIFIC,
        phase="wait",
    ),
    *says("tcp.closed", "error reading ssh protocol banner", rank=PHRASE, phase="wait"),
    *says("tcp.closed", "eoferror", rank=PHRASE, before=r"(?:paramiko|ssh)[^\n]{0,280}"),
    *says("tcp.closed", "shared connection to", rank=PHRASE, then=r" [^\n]{1,120} closed"),
    *says(
        "tcp.failed", "unable to connect to port", "novalidconnections", rank=HINT, phase="connect"
    ),
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
    *says("tcp.reset", "nt_status_connection_reset", rank=EXACT),
    *says("tcp.closed", "nt_status_connection_disconnected", "notconnectederror", rank=PHRASE),
    *says(
        REJECTED,
        "status_logon_failure",
        "status_access_denied",
        "status_bad_network_name",
        "access denied by server while mounting",
        rank=EXACT,
        phase="wait",
    ),
]
