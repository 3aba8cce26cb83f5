"""What the operating system says about sockets, in any language."""

from ringback.failure.codes.system import KIND_OF_NAME
from ringback.failure.codes.wording import ENGLISH, TRANSLATED
from ringback.failure.reading import GENERIC, SPECIFIC, TEXT, Reading
from ringback.failure.text.rule import PHRASE, SENTENCE, Rule, say_each, says

_SYMBOLIC = (
    "ECONNREFUSED",
    "ECONNRESET",
    "ECONNABORTED",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "EHOSTDOWN",
    "ENETUNREACH",
    "ENETDOWN",
    "ENETRESET",
    "EADDRINUSE",
    "EADDRNOTAVAIL",
    "EPIPE",
    "ESHUTDOWN",
    "ENOTCONN",
    "ENOBUFS",
    "EAFNOSUPPORT",
)
_CALLING = r"(?:connect|accept|listen|\bbind\b|socket|urlopen)[^\n]{0,200}"
_CONNECTING = r"(?:connect|urlopen|sendto|getsockopt)"
_NO_UNIX_SOCKET = r"(?![^\n]{0,200}(?:unix|\.sock|publickey))"


def _beside_socket(kind: str, *needles: str) -> list[Rule]:
    """What files and processes word alike, beside a call on a socket."""
    return [
        *says(kind, *needles, before=_CALLING),
        *says(kind, *needles, then=r"[^\n]{0,80}(?:socket|connect|accept)"),
    ]


SOCKETS: list[Rule] = [
    # strerror and FormatMessage
    *(
        Rule(words, Reading(KIND_OF_NAME[name], TEXT, needs_socket=name == "EPIPE"))
        for words, name in {**ENGLISH, **TRANSLATED}.items()
    ),
    *say_each(
        {name.lower(): KIND_OF_NAME[name] for name in _SYMBOLIC}, before=r"\b(?:WSA)?", then=r"\b"
    ),
    *_beside_socket("client.resources_exhausted", "too many open files", "cannot allocate memory"),
    *_beside_socket("client.resources_exhausted", "can't start new thread"),
    *says("client.resources_exhausted", "out of system resource", rank=SPECIFIC),
    *_beside_socket("tcp.address_unreachable.prohibited", "operation not permitted"),
    *says(
        "tcp.address_unreachable.prohibited",
        "permission denied",
        before=_CONNECTING + _NO_UNIX_SOCKET + r"[^\n]{0,160}",
    ),
    *says(
        "tcp.address_unreachable.prohibited", "permission denied", before=r"dial tcp[^\n]{0,200}"
    ),
    *says(
        "tcp.address_invalid",
        "invalid argument",
        before=r"(?:connect(?:ion|\(\)|ing)?\b|NewConnectionError|urlopen)[^\n]{0,160}",
    ),
    *says("tcp.address_unreachable.network", "network is unavailable", "internet is unreachable"),
    *says("tcp.refused", "(111)", before=r"(?:through socket|connect to)[^\n]{0,120}"),
    *says(
        "tcp.failed",
        "resource temporarily unavailable",
        rank=PHRASE,
        phase="connect",
        before=r"connect\(\)[^\n]{0,120}",
    ),
    # asyncio and anyio, which tried several addresses
    *says("tcp.failed", "all connection attempts failed", rank=PHRASE, phase="connect"),
    *says(
        "tcp.failed", "connect call failed", "multiple exceptions:", rank=GENERIC, phase="connect"
    ),
    # a connection that could not be made; the cause follows, if it is known
    *says(
        "tcp.failed",
        "failed to establish a new connection",
        "failed to establish connection",
        "unable to establish connection",
        "could not be established",
        "failed to connect to",
        "unable to connect to",
        "could not connect to",
        "cannot connect to",
        "can't connect to",
        "couldn't connect to",
        "fail connecting to",
        "failed connecting to",
        "error connecting to",
        "while trying to connect to",
        "retrying to connect to",
        "connect to host failed",
        "can't reach database server",
        "communications link failure",
        "unsuccessful connection",
        "layer4 connection problem",
        "não foi possível conectar",
        "impossible de se connecter",
        "no se pudo conectar",
        "no se puede conectar",
        "verbindung fehlgeschlagen",
        # .NET's "Unable to connect to the remote server"
        "verbindung mit dem remoteserver kann nicht hergestellt werden",
        "no es posible conectar con el servidor remoto",
        "impossível conectar-se ao servidor remoto",
        "невозможно соединиться с удаленным сервером",
        "无法连接到",
        "に接続できません",
        rank=GENERIC,
        phase="connect",
    ),
    # reset, as CPython's and Java's wrappers word it
    *says("tcp.reset", "java.net.socketexception: connection reset", rank=SPECIFIC),
    *says("tcp.reset", "connection reset without closing handshake", rank=SENTENCE),
]
