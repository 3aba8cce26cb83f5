"""Servers that answer with an error status, and every shape of ``Retry-After`` (RFC 9110)."""

from __future__ import annotations

import datetime as dt
import email.utils
from typing import TYPE_CHECKING

from ringback.testing.lab.fault import Fault, serving
from ringback.testing.lab.response import response

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.testing.lab.connection import Connection, Handler

_BODY = b'{"error": true}'


def answering_status(status: int, *fields: str) -> Handler:
    """Return a handler that answers every request with one status."""
    return _answering(status, lambda: fields)


def _answering(status: int, fields: Callable[[], tuple[str, ...]]) -> Handler:
    def handler(connection: Connection) -> None:
        while request := connection.read_request():
            connection.send(response(status, _BODY, *fields()))
            if not request.keeps_alive:
                return

    return handler


def _date(seconds: float) -> str:
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    return email.utils.format_datetime(moment, usegmt=True)


RETRY_AFTER: dict[str, Callable[[], str]] = {
    "seconds": lambda: "1",
    "zero": lambda: "0",
    "date": lambda: _date(2),
    "past_date": lambda: _date(-3600),
    "fraction": lambda: "0.5",
    "negative": lambda: "-5",
    "malformed": lambda: "soon",
    "empty": lambda: "",
    "huge": lambda: "99999999999",
}
"""Shape of ``Retry-After`` to what makes its value; a date is 2 s ahead when it is sent."""


def _asking_to_wait(kind: str, status: int, shape: str) -> Fault:
    def fields() -> tuple[str, ...]:
        return (f"Retry-After: {RETRY_AFTER[shape]()}",)

    return Fault(
        kind=kind,
        when=f"retry_after_{shape}",
        summary=f"status {status} with Retry-After: {shape.replace('_', ' ')}",
        start=serving(_answering(status, fields)),
    )


def _plain(kind: str, status: int, *fields: str) -> Fault:
    return Fault(
        kind=kind,
        when=str(status),
        summary=f"status {status}",
        start=serving(answering_status(status, *fields)),
    )


FAULTS: tuple[Fault, ...] = (
    _plain("http.error", 400),
    _plain("http.error", 404),
    _plain("http.error", 500),
    _plain("http.error.auth", 401, 'WWW-Authenticate: Basic realm="lab"'),
    _plain("http.error.auth", 403),
    _plain("http.error.rate_limited", 429),
    _plain("http.error.unavailable", 503),
    _plain("http.error.gateway", 502),
    _plain("http.error.gateway", 504),
    _plain("http.error.captive_portal", 511),
    *(_asking_to_wait("http.error.rate_limited", 429, shape) for shape in RETRY_AFTER),
    *(_asking_to_wait("http.error.unavailable", 503, shape) for shape in RETRY_AFTER),
)
