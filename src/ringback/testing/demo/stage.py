"""Where a scene is played: the lab, the program's session, and who is told."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from ringback import Backoff, Policy, Session, Timeout
from ringback.failure import explain
from ringback.sink import CallbackSink
from ringback.testing.demo.record import alert_record, attempt_record, recovery_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringback.event import Event
    from ringback.testing.lab import Lab

Record = dict[str, Any]

_LIMITS: dict[str, Any] = {
    "backoff": Backoff(base=0.3, cap=0.8),
    "timeout": Timeout(connect=3.0, read=5.0),  # no scene waits for them
    "deadline": 10.0,
}


_KNOWN = frozenset({"requests", "socket", "ssl", "builtins"})


@dataclass(slots=True)
class Stage:
    """One scene as it is played.

    Attributes:
        lab: Makes the failures.
        tell: Is told of everything as it happens.
        steps: What has happened, in short: the kind and the decision of each attempt, the
            exceptions, ``alert``, ``recovery``; of the monitor the names of incidents, ``closed``.
        on_attempt: Called after each attempt with how many there were; a scene moves on by it.
    """

    lab: Lab
    tell: Callable[[Record], None]
    steps: list[str] = field(default_factory=list)
    on_attempt: Callable[[int], None] = lambda _: None
    _attempts: int = 0

    def session(self, attempts: int = 3) -> Session:
        """Return the session of the example program.

        Args:
            attempts: How often it tries each call.
        """
        session = Session(
            policy=Policy(attempts, **_LIMITS),
            sinks=[CallbackSink(self._heard, inline=True)],
            on_alert=lambda alert: self.happened("alert", alert_record(alert)),
            on_recovery=lambda recovery: self.happened("recovery", recovery_record(recovery)),
        )
        session.trust_env = False  # the environment's proxy cannot reach the lab
        return session

    def call(self, session: Session, method: str, url: str, **options: Any) -> None:
        """Make one call of the example program; an exception is told and goes no further.

        Args:
            session: The program's.
            method: HTTP method.
            url: Whom to call.
            **options: As in requests.
        """
        try:
            session.request(method, url, **options)
        except requests.RequestException as error:
            self._raised(error)

    def _heard(self, event: Event) -> None:
        record = attempt_record(event)
        self.happened(f"{record['kind'] or 'ok'} {record['decision']}", record)
        self._attempts += 1
        self.on_attempt(self._attempts)

    def _raised(self, error: requests.RequestException) -> None:
        explained = explain("".join(traceback.format_exception(error)))
        record = {
            "event": "raised",
            "exception": type(error).__name__,
            "also": _also(type(error)),
            "explained": explained.kind,
            "advice": explained.advice[0] if explained.advice else "",
        }
        self.happened(f"raised, explained as {explained.kind}", record)

    def happened(self, step: str, record: Record) -> None:
        """Note that something has happened, and tell it.

        Args:
            step: In short, for ``steps``.
            record: What is told.
        """
        self.steps.append(step)
        self.tell(record)


def _also(kind: type) -> list[str]:
    """Return the most particular classes of requests and of Python that a class is as well."""
    known = [base for base in kind.__mro__ if base.__module__.partition(".")[0] in _KNOWN]
    return [
        f"{base.__module__}.{base.__qualname__}".removeprefix("builtins.")
        for base in known
        if not any(other is not base and issubclass(other, base) for other in known)
    ]
