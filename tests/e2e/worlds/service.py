"""Protocols other than HTTP: silent, refusing, or another one than was asked for."""

from e2e.building import NAME, listen, name
from e2e.handlers import mysql_full, postgres_full, redis_full, smtp
from e2e.world import SILENT, World, broken

from ringback.testing.lab.http import greeting
from ringback.testing.lab.server import Connection

_THEIRS = "their service|their application"
_LAYERS = "application|tcp|http|status"


def _service(label, target, handler, port, *expected, fact, **more):
    return World(
        name=label,
        target=target,
        build=(name(), listen(port, handler)),
        expected=broken(*expected, _LAYERS, f"{_THEIRS}|this program"),
        fact=(fact,),
        **more,
    )


_SILENT = "http.response.timed_out|tcp.timed_out.established|service.rejected|unknown"
_OTHER = "http.response.invalid.not_http|service.rejected|unknown|tls.protocol.error.not_tls"

WORLDS = (
    _service(
        "postgres-full", f"postgres://app@{NAME}/shop", postgres_full, 5432,
        "service_rejects", "service.rejected", fact="too many clients",
    ),
    _service(
        "redis-full", f"redis://{NAME}", redis_full, 6379,
        "service_rejects", "service.rejected", fact="max number of clients",
    ),
    _service(
        "mysql-full", f"mysql://app@{NAME}/shop", mysql_full, 3306,
        "service_rejects", "service.rejected", fact="Too many connections",
    ),
    _service(
        "smtp-refuses", f"smtp://{NAME}",
        lambda connection: smtp(connection, greeting=b"554 mail.example.org no service\r\n"),
        25, "service_rejects", "service.rejected", fact="554",
    ),
    _service(
        "postgres-silent", f"postgres://app@{NAME}/shop", Connection.stall, 5432,
        "service_silent|accepts_and_silent", _SILENT, fact="time", limit=SILENT,
    ),
    _service(
        "smtp-silent", f"smtp://{NAME}", Connection.stall, 25,
        "service_silent|accepts_and_silent", _SILENT, fact="time", limit=SILENT,
    ),
    _service(
        "postgres-port-speaks-ssh", f"postgres://app@{NAME}/shop",
        greeting(b"SSH-2.0-OpenSSH_9.6p1 Debian-3\r\n"), 5432,
        "service_other_protocol|other_protocol", _OTHER, fact="ssh",
    ),
    _service(
        "redis-port-speaks-http", f"redis://{NAME}:80", None, 80,
        "service_other_protocol|other_protocol", _OTHER, fact="http",
        limit=SILENT,
    ),
)  # fmt: skip
