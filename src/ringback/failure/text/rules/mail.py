"""What mail and FTP say: Postfix, Exim, Sendmail, Dovecot, their clients, and the replies.

Said by: RFC 959, RFC 3501, RFC 5321; Postfix's ``smtp_connect.c``, ``smtp_trouble.c`` and
``smtpd.c``; Exim's ``transports/smtp.c``; Sendmail's ``deliver.c``; Dovecot's ``login-common``;
fetchmail, msmtp, mutt, Thunderbird's ``localMsgs.properties``, FileZilla, vsftpd, ProFTPD.
"""

from typing import Final

from ringback.failure.clue import SPECIFIC, TEXT, TIMEOUT, ClueKind
from ringback.failure.text.rule import (
    NARROWER,
    OVERRIDE,
    PHRASE,
    SENTENCE,
    TextRule,
    say_each,
    says,
)

REJECTED: Final = "service.rejected"
OTHER: Final = "not_a_connection_failure"

_FTP_REPLY = r"(?:^|[\s:'\"(>\]])"
_IMAP: dict[str, ClueKind] = {
    "alert": REJECTED,
    "unavailable": "http.error.unavailable",
    "authenticationfailed": REJECTED,
    "authorizationfailed": REJECTED,
    "privacyrequired": REJECTED,
    "inuse": REJECTED,
    "limit": REJECTED,
}
"""What a server gives as the reason of its ``NO`` (RFC 5530)."""

_SERVERS: list[TextRule] = [
    # Postfix
    *says(TIMEOUT, OVERRIDE, "connect")("timed out while receiving the initial server greeting"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        "conversation with ", then=r"[^\n]{1,200} timed out while "
    ),
    *says("tls.failed", OVERRIDE, "tls")("cannot start tls: handshake failure"),
    *says("tls.failed", PHRASE, "tls")("cannot start tls: "),
    *says("tls.failed", PHRASE, "tls")("ssl_accept error from", "ssl_connect error to"),
    *says("tls.cert.invalid", SENTENCE, "tls")("server certificate not verified"),
    *says("tcp.closed", TEXT)("lost connection after ", then=r"[A-Z-]{3,14}\b"),
    *says("http.request.timed_out", TEXT)("timeout after ", then=r"[A-Z-]{3,14} [^\n]{0,30}from "),
    *says("unix.not_found", SENTENCE, "connect")(
        "connect to private/", then=r"\w{1,30} failed: no such file"
    ),
    *says("unix.not_found", SENTENCE, "connect")(
        "error: connect(/", then=r"[\w./\-]{1,120}\) failed: no such file"
    ),
    *says("unix.forbidden", SPECIFIC, "connect")(
        "connect to private/", then=r"\w{1,30} failed: permission denied"
    ),
    *says("unix.forbidden", SPECIFIC, "connect")(
        ": connect(", then=r"[\w./\-]{1,120}\) failed: permission denied"
    ),
    *says(REJECTED, SENTENCE, "wait")("noqueue: reject: "),
    *says(REJECTED, TEXT, "wait")("greylisted", "greylisting", "no worthy mechs found"),
    *says(REJECTED, SENTENCE, "wait")("too many errors after ", then=r"[A-Z]{4}"),
    *says(REJECTED, SENTENCE, "wait")("rejected rcpt <", "rejected mail <", "rejected after data"),
    *says("dns.no_address", SENTENCE, "dns")("does not accept mail (nullmx)"),
    # Exim
    *says("unknown", PHRASE)("retry timeout exceeded"),
    *says("dns.temporary_failure", SENTENCE, "dns")("host lookup did not complete"),
    *says("dns.failed", PHRASE, "dns")("unrouteable address", "unroutable address"),
    *says("dns.no_address", SENTENCE, "dns")("mx records point to non-existent hosts"),
    *says("dns.no_address", SENTENCE, "dns")("an mx or srv record indicated no smtp service"),
    *says(REJECTED, SENTENCE, "wait")("incorrect authentication data", "authenticator failed for"),
    *says("http.request.timed_out", SENTENCE)("smtp command timeout on "),
    *says("http.response.timed_out", OVERRIDE, "wait")(
        "smtp timeout after ", then=r"(?:sending|end|pipelined|RCPT|MAIL|DATA|EHLO|HELO|STARTTLS)"
    ),
    *says("tcp.timed_out", OVERRIDE, "connect")("smtp timeout after initial connection"),
    *says("tcp.closed", SENTENCE)("unexpected disconnection while reading smtp command"),
    *says("tls.failed", PHRASE, "tls")("an attempt to start tls failed"),
    # Sendmail, whose words for an error name the other side
    *say_each(
        {
            "connection refused by ": "tcp.refused",
            "connection reset by ": "tcp.reset",
            "connection timed out with ": "tcp.timed_out",
        },
        SENTENCE,
        "connect",
        before=r"stat=(?:Deferred: )?",
    ),
    *says("dns.temporary_failure", SENTENCE, "dns")("host name lookup failure"),
    *says("tcp.closed", SENTENCE)("i/o error on connection from"),
    *says("tcp.closed", TEXT)("did not issue mail/expn/vrfy/etrn"),
    # Exchange and Microsoft's cloud
    *says("tcp.failed", NARROWER, "connect")("connection dropped due to socketerror"),
    *says("dns.failed", PHRASE, "dns")("550 5.4.310", "dns domain does not exist"),
    *says("dns.name_not_resolved", SENTENCE, "dns")(
        " does not exist", before=r"DNS domain '?[\w.\-]{1,255}'?"
    ),
    # Dovecot
    *says(OTHER, SENTENCE)("disconnected: logged out"),
    *says(REJECTED, SENTENCE, "wait")(
        "disconnected (auth failed, ",
        "aborted login (auth failed, ",
        "(auth failed, ",
        "login: disconnected: too many invalid",
        "(client didn't finish sasl auth",
    ),
    *says("tcp.timed_out.established", SENTENCE)("disconnected for inactivity"),
    *says("tls.failed", NARROWER, "tls")("disconnected: tls initialization failed"),
    *says(OTHER, SENTENCE)("(no auth attempts in ", "client has quit the connection"),
    *says(OTHER, OVERRIDE)(") failed: permission denied", before=r"\b(?:open|stat)\([^\n)]{1,200}"),
    *says(REJECTED, SENTENCE, "wait")("client connections are being dropped"),
    *say_each(_IMAP, SENTENCE, "wait", before=r"\bNO \[", then=r"\b"),
    *says("tcp.timed_out.established", SENTENCE)("bye autologout", "bye idle time expired"),
    *says("tcp.closed", TEXT)("* bye ", then=r"(?![^\n]{0,40}(?:logg?ing|logout))"),
    *says(REJECTED, SENTENCE, "wait")("-err [", then=r"(?:AUTH|IN-USE|LOGIN-DELAY|SYS/)"),
    *says(REJECTED, TEXT, "wait")(
        "-err ",
        before=r"(?:^|[\s>'\"])",
        then=r"[^\n]{0,60}(?:auth|pass|"
        r"log[io]n|invalid|lock)",
    ),
    *says(REJECTED, SENTENCE, "wait")("too many simultaneous connections"),
]

_CLIENTS: list[TextRule] = [
    # fetchmail, msmtp, mutt
    *says(REJECTED, SENTENCE, "wait")("authorization failure on ", "(authfail)"),
    *says("tls.cert.name_invalid", SENTENCE, "tls")("server commonname mismatch"),
    *says("http.response.timed_out", SENTENCE, "wait")(
        " seconds waiting for server", before=r"timeout after \d{1,5}"
    ),
    *says("http.response.timed_out", OVERRIDE, "wait")(
        "network read error: the operation timed out"
    ),
    *says("http.request.timed_out", OVERRIDE)("network write error: the operation timed out"),
    *says("http.response.invalid.empty", SENTENCE, "wait")("the server sent an empty reply"),
    *says("tls.failed", PHRASE, "tls")("does not support tls via the starttls"),
    *says("dns.name_not_resolved", SENTENCE, "dns")('could not find the host "'),
    *says(TIMEOUT, PHRASE, "connect")(
        "connection to ", then=r"(?:server )?['\"]?[\w.\-]{1,120}(?::\d{1,5})?['\"]? timed out"
    ),
    # Thunderbird
    *says("tcp.failed", PHRASE, "connect")(
        "because connecting to outgoing server", "or is refusing smtp connections"
    ),
    *says("tcp.timed_out", NARROWER, "connect")(
        " timed out. try again", before=r"connection to Outgoing server[^\n]{1,160}"
    ),
    *says("tcp.closed", SENTENCE)("was lost in the middle of the transaction"),
    *says(REJECTED, SENTENCE, "wait")("unable to authenticate to outgoing server"),
    *says(REJECTED, SENTENCE, "wait")(
        "login to server ", "login to account ", then=r"[^\n]{1,200} failed\."
    ),
    *says("dns.name_not_resolved", NARROWER, "dns")("the outgoing server (smtp) is unknown"),
    *says("tcp.closed", SENTENCE)("[eof]", before=r"mail\.MessagingException: "),
    *says("tcp.failed", PHRASE, "connect")("smtp connect() failed"),
    *says("tcp.refused", TEXT, "connect")("the connection was refused", before=r"mail[^\n]{0,120}"),
]

_FTP: list[TextRule] = [
    *says("tcp.timed_out.established", NARROWER)(
        "421 ",
        before=_FTP_REPLY,
        then=r"(?:[^\n]{0,30}[Tt]imeout[ (:]|Timeout|Idle|[^\n]{0,60}(?:idle|inactiv))",
    ),
    *says(REJECTED, SENTENCE, "wait")(
        "530 ",
        before=_FTP_REPLY,
        then=r"(?:Please login|Login|User|Sorry|Access|Authent|Permission|This FTP|Not logged)",
    ),
    *says(REJECTED, SENTENCE, "wait")("password was not accepted for login", "500 oops: vsftpd:"),
    *says("tls.failed", PHRASE, "tls")("server does not support ftp over tls"),
    *says(REJECTED, SENTENCE, "wait")('] fail login: client "'),
    *says("tcp.timed_out.established", SENTENCE)("ftp session idle timeout"),
    *says("tcp.failed", PHRASE, "connect")("unable to open a data connection"),
    *says("tcp.failed", PHRASE)("failed to retrieve directory listing"),
]

MAIL: list[TextRule] = [*_SERVERS, *_CLIENTS, *_FTP]
