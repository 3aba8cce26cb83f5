"""What shells and file transfer over them say: OpenSSH, PuTTY, rsync, mosh, libraries of SSH.

Said by: OpenSSH's ``packet.c``, ``kex.c``, ``clientloop.c``, ``sshd.c`` and ``ssherr.c``; PuTTY's
``ssh`` folder; rsync's ``errcode.h`` and ``clientserver.c``; libssh, libssh2; JSch, sshj, SSH.NET,
ssh2 for Node, ``golang.org/x/crypto/ssh``.
"""

from typing import Final

from ringback.failure.clue import TEXT, TIMEOUT, ClueKind
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

_GO = r"ssh: (?:handshake failed|rejected)[^\n]{0,40}"
_JSCH = r"JSchException: [^\n]{0,80}"

_OPENSSH: list[TextRule] = [
    *says("tcp.reset", SENTENCE)("connection reset by ", then=r"[\w.:\-]{2,80} port \d"),
    *says("http.response.invalid.not_http", TEXT, "wait")("banner line contains invalid char"),
    *says("tcp.closed", TEXT)(
        "received disconnect from",
        then=r" [\w.:\-]{2,80} port \d{1,5}:(?!11: disconnected by user)",
    ),
    *says(REJECTED, NARROWER, "wait")(
        "received disconnect from", then=r" [^\n]{1,120}(?:[Tt]oo many|[Aa]uth|not allowed)"
    ),
    *says(OTHER, OVERRIDE)("disconnected by user", before=r"\d:11: "),
    *says("tls.protocol.error", TEXT)(
        "message authentication code incorrect", "corrupted mac on input", "bad packet length"
    ),
    *says(REJECTED, SENTENCE, "wait")(
        "subsystem request failed on channel",
        "pty allocation request failed on channel",
        "shell request failed on channel",
        "this service allows sftp connections only",
        "exec request failed on channel",
        "x11 forwarding request failed on channel",
        "maxstartups throttling",
        "past maxstartups",
        "no matching compression",
        "no mutual signature algorithm",
        "ssh: tcpip-forward request denied by peer",
    ),
    *says("client.local_address", SENTENCE)(
        "remote port forwarding failed for listen port", "could not request local forwarding"
    ),
    *says("dns.failed", PHRASE, "dns")("unable to open connection to host: gethostby"),
    *says("tcp.timed_out.established", SENTENCE)(
        " not responding.", before=r"Timeout, server \S{1,120}"
    ),
    *says("dns.name_not_resolved", SENTENCE, "dns")(
        '" does not exist.', before=r"\bHost \"[\w.\-]{1,255}"
    ),
    # mosh, autossh
    *says("tcp.timed_out.established", SENTENCE)("mosh: last contact "),
    *says("unknown", PHRASE)("did not find mosh server startup message"),
    *says("http.response.timed_out", SENTENCE, "wait")("timeout polling to accept read"),
    *says("unknown", PHRASE)("ssh exited with error status 255"),
]

_RSYNC: list[TextRule] = [
    *says("tcp.timed_out", SENTENCE, "connect")("timeout waiting for daemon connection"),
    *says(REJECTED, TEXT, "wait")("@error: ", then=r"(?!.{0,30}(?:timeout|max connections))"),
    *says("unknown", PHRASE)(
        "rsync error: ", then=r"(?:unexplained error|error in rsync protocol)"
    ),
    *says("unknown", PHRASE)("is your shell clean?"),
    *says("tcp.closed", TEXT)("failed to write", then=r"[^\n]{1,40}to socket"),
]

_LIBRARIES: list[TextRule] = [
    # libssh, libssh2
    *says("tcp.closed", SENTENCE)(
        "socket error: disconnected", "received pollhup", "received pollerr"
    ),
    *says("tcp.closed", SENTENCE)(
        "socket disconnect", before=r"(?:LIBSSH2|libssh2|SSH|ssh|remote)[^\n]{0,60}"
    ),
    *says(REJECTED, SENTENCE, "wait")(
        "kex error : no match for method",
        "authentication that can continue: ",
        "unable to exchange encryption keys",
        "authentication by ssh key failed",
        "couldn't agree a key exchange algorithm",
        "couldn't agree a host key algorithm",
        "couldn't agree a client-to-server cipher",
        "callback returned error",
        "unable to extract public key from private",
    ),
    *says("tcp.closed", PHRASE)("failed getting banner"),
    # JSch, sshj, SSH.NET, ssh2
    *says(REJECTED, SENTENCE, "wait")("auth fail", "auth cancel", before=_JSCH, then=r"\b"),
    *says(REJECTED, SENTENCE, "wait")(
        "algorithm negotiation fail",
        "exhausted available authentication methods",
        "all configured authentication methods failed",
        "no suitable authentication method found",
        "unable to reach a settlement: ",
        "no compatible key exchange method",
        "handshake failed: no matching ",
    ),
    *says("client.closed", SENTENCE)("session is down", before=_JSCH),
    *says("tcp.closed", SENTENCE)(
        "end of io stream read",
        "channel is not opened",
        "connection is closed by foreign host",
        before=_JSCH,
    ),
    *says(TIMEOUT, SENTENCE, "connect")(
        "timeout: socket is not established", "socket is not established"
    ),
    *says(OTHER, OVERRIDE)("unknownhostkey: ", "hostkey has been changed", "reject hostkey: "),
    *says("tcp.closed", SENTENCE)("broken transport; encountered eof"),
    *says("tcp.aborted", SENTENCE)("an established connection was aborted by the server"),
    *says("http.response.invalid.not_http", SENTENCE, "wait")(
        "does not contain ssh protocol identification", "does not contain an ssh identification"
    ),
    *says("http.response.timed_out", SENTENCE, "wait")("session operation has timed out"),
    *says(TIMEOUT, SENTENCE, "wait")("timed out while waiting for handshake"),
    *says("tcp.closed", SENTENCE)("connection lost before handshake"),
    *says("tcp.timed_out.established", SENTENCE)("keepalive timeout"),
    # Go
    *says(REJECTED, NARROWER, "wait")(
        "unable to authenticate, attempted", "no common algorithm for ", before=_GO
    ),
    *says("tcp.closed", SENTENCE, "wait")("ssh: handshake failed: eof"),
    *says(OTHER, OVERRIDE)(
        "ssh: host key mismatch", "knownhosts: key mismatch", "knownhosts: key is unknown"
    ),
]

_OF_A_HOST: dict[str, ClueKind] = {
    "ssh: could not resolve hostname ": "dns.failed",
    "unable to open connection to ": "tcp.failed",
}

SSH: list[TextRule] = [
    *_OPENSSH,
    *_RSYNC,
    *_LIBRARIES,
    *say_each(_OF_A_HOST, PHRASE, "connect"),
]
