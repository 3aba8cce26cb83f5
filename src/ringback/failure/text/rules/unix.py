"""What is said of Unix sockets and Windows pipes: Docker, PostgreSQL, MySQL."""

from ringback.failure.reading import SPECIFIC
from ringback.failure.text.rule import Rule, says

_SOCKET = (
    r"(?:unix(?: domain)? socket|unix_socket|unix:/|dial unix|through socket|server on socket"
    r"|\.sock\b|\.s\.PGSQL|http\+(?:unix|docker)|unixconn\.py|docker_engine|//\./pipe|docker daemon"
    r"|while fetching server API version)"
)
_BEFORE = _SOCKET + r"[^\n]{0,240}"
_THEN = r"[^\n]{0,120}(?:unix (?:domain )?socket|docker daemon|\.sock\b|named pipe)"

UNIX: list[Rule] = [
    *says(
        "unix.not_found",
        "no such file or directory",
        "cannot find the file",
        "filenotfounderror(2",
        "(2)",
        rank=SPECIFIC,
        before=_BEFORE,
    ),
    *says(
        "unix.not_found",
        "no such file or directory",
        "cannot find the file",
        "filenotfounderror(2",
        rank=SPECIFIC,
        then=_THEN,
    ),
    *says(
        "unix.not_found",
        "(2, 'createfile'",
        "(2, 'waitnamedpipe'",
        "docker daemon is not running",
        rank=SPECIFIC,
    ),
    *says(
        "unix.not_found",
        "is the docker daemon running",
        rank=SPECIFIC,
        before=r"cannot connect to the docker daemon at unix://[^\n]{0,120}",
    ),
    *says(
        "unix.forbidden",
        "permission denied",
        "permissionerror(13",
        "(13)",
        rank=SPECIFIC,
        before=_BEFORE,
    ),
    *says("unix.forbidden", "permission denied", rank=SPECIFIC, then=_THEN),
]
