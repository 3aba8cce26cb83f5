"""What programs say in words of their own of what failed, where no rule knows the sentence.

It says little, so any other wording outweighs it; and only where a network is named nearby, for
files, users and devices fail in the same words.
"""

from ringback.failure.clue import Clue, ClueKind
from ringback.failure.text.rule import HINT, TextRule

_REFUSED = (
    "authentication failure",
    "authentication error",
    "authentication was rejected",
    "authorization failure",
    "authorization problem",
    "authorization failed",
    "failed to authenticate",
    "failed to log in",
    "failed to login",
    "unable to log in",
    "unable to logon",
    "unable to login",
    "could not log in",
    "invalid token",
    "invalid access token",
    "invalid api key",
    "invalid credentials",
    "invalid username",
    "invalid user name",
    "invalid password",
    "wrong password",
    "bad password",
    "bad credentials",
    "user name or password",
    "username or password",
    "username and password",
    "user name and password",
    "permission denied, please try again",
    "not permitted to log in",
    "relay not permitted",
    "account locked",
    "account is locked",
    "account disabled",
    "rejected the connection",
    "connection was rejected",
    "connection rejected",
    "rejected by the server",
    "rejected by server",
    "auth_failed",
    "access is denied",
    "access denied",
    "server is full",
    "too many connections",
    "too many clients",
    "too many sessions",
    "does not match acl",
)
_CLOSED = (
    "connection interrupted",
    "connection was interrupted",
    "connection terminated",
    "connection has been terminated",
    "connection was lost",
    "connection has been lost",
    "closed unexpectedly",
    "closed the connection",
    "remotely closed",
    "termination of the channel",
    "terminated abnormally",
    "loss of communication",
    "disconnected from server",
    "unexpectedly disconnected",
)
_SILENT = (
    "not responding",
    "is not responding",
    "no response received",
    "no reply from",
    "no response from",
    "no answer from",
    "timeout while fetching",
    "timeout while waiting",
    "timeout while reading",
    "timeout waiting for",
    "we stopped hearing from",
)
_NO_ADDRESS = (
    "cannot resolve host",
    "could not resolve host",
    "unable to resolve host",
    "failed to resolve host",
    "problem accessing the dns",
    "name lookup failed",
    "dns lookup failure",
    "dns failure",
)
_NO_TLS = (
    "ssl_accept error",
    "ssl_connect error",
    "tls initialization failed",
    "tls negotiation failed",
    "could not negotiate tls",
    "failed to start tls",
    "unable to establish a secure",
    "could not establish a secure",
    "failed to establish a secure",
)
_UNREACHED = (
    "currently not reachable",
    "is not reachable",
    "cannot be reached",
    "can't be reached",
    "could not be reached",
    "can not be reached",
    "was not reachable",
)


def _hints(kind: ClueKind, needles: tuple[str, ...]) -> list[TextRule]:
    clue = Clue(kind, HINT, needs_socket=True)
    return [TextRule(needle, clue) for needle in needles]


GENERAL: list[TextRule] = [
    *_hints("service.rejected", _REFUSED),
    *_hints("tcp.closed", _CLOSED),
    *_hints("http.response.timed_out", _SILENT),
    *_hints("dns.failed", _NO_ADDRESS),
    *_hints("tls.failed", _NO_TLS),
    *_hints("tcp.failed", _UNREACHED),
    *_hints("client.local_address", ("failed to bind", "bind failed", "could not bind")),
    *_hints("tls.cert.name_invalid", ("hostname does not match", "host name does not match")),
]
