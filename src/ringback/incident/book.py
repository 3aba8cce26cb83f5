"""The incidents that are not over, and every change of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from ringback.incident.model import Change, Entry, Incident, Pattern, What
from ringback.incident.pattern import pattern_of_diagnosis

TIMELINE = 200
"""Lines of a timeline that are kept; the first ones stay."""


class Book:
    """Opens, changes and closes incidents; what is closed is the store's.

    Attributes:
        open: By id, in the order they were opened.
    """

    def __init__(self) -> None:
        self.open: dict[str, Incident] = {}
        self._told: dict[str, float] = {}  # when people were last told of it

    def of(self, endpoint: str, *patterns: Pattern) -> Incident | None:
        """Return the open incident that an endpoint is a member of.

        Args:
            endpoint: Its id.
            patterns: Of one of these sorts; without any, of every sort.
        """
        for incident in self.open.values():
            if endpoint in incident.members and (not patterns or incident.pattern in patterns):
                return incident
        return None

    def begin(  # noqa: PLR0913 - what an incident is made of
        self,
        at: float,
        pattern: Pattern,
        members: tuple[str, ...],
        summary: str,
        *,
        kind: str | None = None,
        evidence: tuple[str, ...] = (),
        confidence: float = 1.0,
        told: bool = True,
    ) -> Change:
        """Open an incident.

        Args:
            at: When, in seconds since 1970 UTC.
            pattern: What sort.
            members: Ids of endpoints.
            summary: One sentence.
            kind: Kind of failure.
            evidence: What decided.
            confidence: 0 to 1.
            told: Whether people are told.
        """
        incident = Incident(
            id=self._new_id(at, members[0]),
            pattern=pattern,
            state="open",
            kind=kind,
            summary=summary,
            members=members,
            opened_at=at,
            confidence=confidence,
            evidence=evidence,
            timeline=(Entry(at=at, what="opened", text=summary),),
        )
        return self._changed(at, "opened", incident, members[0], told=told)

    def join(self, at: float, incident: Incident, endpoint: str, text: str) -> Change:
        """Add a member; nobody is told, since of the incident they were.

        Args:
            at: When.
            incident: Which.
            endpoint: Whom.
            text: Why.
        """
        grown = replace(incident, members=(*incident.members, endpoint))
        return self._changed(at, "joined", self._noted(grown, at, "joined", text), endpoint)

    def leave(self, at: float, incident: Incident, endpoint: str, text: str) -> Change:
        """Note that a member is well again; nobody is told before the last of them is.

        Args:
            at: When.
            incident: Which.
            endpoint: Whom.
            text: How.
        """
        return self._changed(at, "left", self._noted(incident, at, "left", text), endpoint)

    def rename(self, at: float, incident: Incident, pattern: Pattern, text: str) -> Change:
        """Note that an incident is of another sort than it was taken for.

        Args:
            at: When.
            incident: Which.
            pattern: What it is.
            text: Why.
        """
        renamed = replace(incident, pattern=pattern)
        return self._changed(at, "renamed", self._noted(renamed, at, "renamed", text))

    def diagnosed(self, at: float, incident: Incident, report: Mapping[str, Any]) -> Change:
        """Hang a diagnosis on an incident: its verdict names the sort and the summary.

        Args:
            at: When.
            incident: Which.
            report: As ``ringback diagnose --json`` gives it.
        """
        verdict: Mapping[str, Any] = report.get("verdict") or {}
        summary = str(verdict.get("summary") or incident.summary)
        known = verdict.get("kind") not in {None, "healthy", "unknown"}
        changed = replace(
            incident,
            diagnosis=report,
            summary=summary if known else incident.summary,
            pattern=pattern_of_diagnosis(incident.pattern, verdict) if known else incident.pattern,
            confidence=float(verdict.get("confidence") or incident.confidence)
            if known
            else incident.confidence,
        )
        return self._changed(at, "diagnosed", self._noted(changed, at, "diagnosed", summary))

    def acknowledge(self, at: float, incident: Incident, who: str) -> Change:
        """Note that somebody has taken an incident: it is not told again until it ends.

        Args:
            at: When.
            incident: Which.
            who: Who.
        """
        taken = replace(incident, state="acknowledged", acknowledged_by=who)
        text = f"taken by {who}" if who else "taken"
        return self._changed(at, "acknowledged", self._noted(taken, at, "acknowledged", text))

    def remind(self, at: float, incident: Incident, text: str, *, told: bool = True) -> Change:
        """Tell that an incident goes on.

        Args:
            at: When.
            incident: Which.
            text: What there is to say.
            told: Whether people are told.
        """
        noted = self._noted(incident, at, "reminded", text)
        return self._changed(at, "reminded", noted, told=told)

    def finish(self, at: float, incident: Incident, text: str) -> Change:
        """Close an incident; people are told where they were told of it.

        Args:
            at: When.
            incident: Which.
            text: How it ended.
        """
        closed = replace(self._noted(incident, at, "closed", text), state="closed", closed_at=at)
        told = self._told.pop(incident.id, None) is not None
        del self.open[incident.id]
        return Change(at=at, what="closed", incident=closed, told=told)

    def told_at(self, id_: str) -> float | None:
        """Return when people were last told of an incident; ``None``: never.

        Args:
            id_: Its id.
        """
        return self._told.get(id_)

    def _changed(
        self,
        at: float,
        what: What,
        incident: Incident,
        endpoint: str | None = None,
        *,
        told: bool = True,
    ) -> Change:
        self.open[incident.id] = incident
        begins = what in {"opened", "reminded"}
        silent = what in {"joined", "left"}  # on the page; a message each would be a storm
        tells = told and not silent and (begins or incident.id in self._told)
        if tells and begins:
            self._told[incident.id] = at
        return Change(at=at, what=what, incident=incident, endpoint=endpoint, told=tells)

    def _noted(self, incident: Incident, at: float, what: str, text: str) -> Incident:
        timeline = incident.timeline
        if len(timeline) >= TIMELINE:
            timeline = (*timeline[:10], *timeline[-(TIMELINE - 11) :])
        return replace(incident, timeline=(*timeline, Entry(at=at, what=what, text=text)))

    def _new_id(self, at: float, endpoint: str) -> str:
        stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
        id_, number = f"{stamp}-{endpoint}", 1
        while id_ in self.open:
            number += 1
            id_ = f"{stamp}-{endpoint}-{number}"
        return id_

    def dump(self) -> Any:
        """Return what is open, as JSON has it."""
        return {"open": [asdict(one) for one in self.open.values()], "told": dict(self._told)}

    def load(self, kept: Any) -> None:
        """Know what ``dump`` gave.

        Args:
            kept: From an earlier process.
        """
        self._told = dict(kept["told"])
        for one in kept["open"]:
            entries = tuple(Entry(**entry) for entry in one["timeline"])
            self.open[one["id"]] = Incident(
                **{
                    **one,
                    "members": tuple(one["members"]),
                    "evidence": tuple(one["evidence"]),
                    "timeline": entries,
                }
            )
