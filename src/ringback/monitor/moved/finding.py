"""That a service answers at another port, and how it was known again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringback.monitor.moved.identity import TRAITS, Recognition

if TYPE_CHECKING:
    from ringback.monitor.moved.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A service at another port.

    Attributes:
        endpoint: Id of the endpoint.
        before: Where it was.
        place: Where it is.
        recognition: By what it was known again.
    """

    endpoint: str
    before: Place
    place: Place
    recognition: Recognition

    @property
    def summary(self) -> str:
        """What happened, in one sentence."""
        return (
            f"Nothing listens at {self.before.shown} any more; the same service answers at "
            f"{self.place.shown}."
        )

    @property
    def matched(self) -> str:
        """How it was known again: ``2 of 3 match: certificate key, answer``."""
        named = ", ".join(TRAITS[name] for name in self.recognition.matched)
        return f"{len(self.recognition.matched)} of {self.recognition.known} match: {named}"

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do."""
        return (
            f"If that was meant, let clients and the configuration use {self.place.shown}.",
            f"If not, let the service listen on port {self.before.port} again.",
        )

    def into(self, report: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return a diagnosis that says so.

        Args:
            report: The diagnosis so far, as ``ringback diagnose --json`` gives it.
        """
        known = dict(report or {"readings": []})
        readings = [*known.get("readings", ()), *self._readings()]
        verdict = {
            **(known.get("verdict") or {"alternatives": [], "beside": []}),
            "kind": "tcp.refused",
            "cause": "wrong_port",
            "where": "their service",
            "summary": self.summary,
            "confidence": round(self.recognition.confidence, 3),
            "evidence": [len(readings) - 2, len(readings) - 1],
            "advice": list(self.advice),
        }
        return {**known, "readings": readings, "verdict": verdict}

    def _readings(self) -> list[dict[str, Any]]:
        return [
            _reading(self.before, "refused", "refused", "tcp.refused"),
            _reading(self.place, "ok", f"the same service, {self._found}; {self.matched}", None),
        ]

    @property
    def _found(self) -> str:
        source = self.place.source
        return {
            "configured": "at a configured port",
            "neighbouring": "at a neighbouring port",
        }.get(source, f"where its {source} points")


def _reading(place: Place, state: str, result: str, kind: str | None) -> dict[str, Any]:
    return {
        "layer": "service",
        "what": "identity",
        "subject": place.shown,
        "state": "failed" if kind else state,
        "result": result,
        "kind": kind,
        "at": 0.0,
        "seconds": 0.0,
        "facts": {"port": place.port, "scheme": place.scheme, "source": place.source},
    }
