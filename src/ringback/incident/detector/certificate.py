"""The certificate: how long it lasts, and whether it is another one than before."""

from datetime import UTC, datetime
from math import inf
from typing import Any, ClassVar, Final

from ringback.incident.detector.detector import SignalDetector
from ringback.incident.model import (
    CertificateSeen,
    Check,
    EndpointState,
    Signal,
    WatchedEndpoint,
    first_to_end,
)
from ringback.incident.pattern import duration_text

DAY_SECONDS = 86400.0

EARLY_RENEWAL_DAYS = 30.0  # Days left from which a new key is no renewal that was due

EXPIRED_KIND: Final = "tls.cert.date_invalid.expired"
"""Kind of a certificate that has ended; one that ends soon is good, and has none."""

ALTERNATION_CHECKS = 20
"""Looks, and a day at least, for which a certificate that came back after another still counts: of
two that answer at random one is missed so often once in a million times."""

MAX_ALTERNATING_CERTIFICATES = 8  # Certificates that are remembered side by side


def _members(seen: CertificateSeen) -> dict[str, Any]:  # as asdict, which takes ten times as long
    whose = {"whose": seen.whose} if seen.whose else {}
    return {"not_after": seen.not_after, "issuer": seen.issuer, "key": seen.key, **whose}


_NONE_SEEN: dict[str, tuple[CertificateSeen, float]] = {}  # Never changed: most have no TLS


class _SeenCertificates:
    """The certificates of an endpoint that were seen lately: several where servers take turns."""

    __slots__ = ("_in_turn", "_lately", "_span", "newest")

    def __init__(self, watched: WatchedEndpoint) -> None:
        self.newest: CertificateSeen | None = None
        self._lately = _NONE_SEEN  # the newest last
        self._in_turn = False
        self._span = max(DAY_SECONDS, ALTERNATION_CHECKS * watched.every)

    def replaced_by(self, new: CertificateSeen, now: float) -> CertificateSeen | None:
        """Take a certificate; return that of another key which it replaces for good, if any."""
        old, self.newest = self.newest, new
        if len(self._lately) == 1 and (new is old or new == old):  # as nearly always
            self._lately[next(iter(self._lately))] = (new, now)
            return None
        last, id_ = next(reversed(self._lately), None), new.identity
        lately = self._since(now)
        back = lately.pop(id_, None) is not None and last != id_
        lately[id_] = (new, now)
        self._lately = dict(list(lately.items())[-MAX_ALTERNATING_CERTIFICATES:])
        self._in_turn = len(lately) > 1 and (self._in_turn or back)
        return old if old is not None and old.key != new.key and not back else None

    @property
    def in_turn(self) -> bool:
        """Whether several are seen in turn, so that which one counts changes by itself."""
        return self._in_turn

    def was_seen_lately(self, now: float) -> bool:
        return bool(self._since(now))

    def first_to_end(self, now: float) -> CertificateSeen | None:
        """Return the certificate that counts: the newest, of several in turn the first to end."""
        if not self._in_turn:
            return self.newest
        lately = [certificate for certificate, _ in self._since(now).values()]
        return min(lately, key=lambda certificate: certificate.not_after, default=self.newest)

    def _since(self, now: float) -> dict[str, tuple[CertificateSeen, float]]:
        since = now - self._span
        return {identity: known for identity, known in self._lately.items() if known[1] >= since}

    def dump(self) -> Any:
        lately = {id_: [_members(seen), at] for id_, (seen, at) in self._lately.items()}
        return [self.newest and _members(self.newest), lately, self._in_turn]

    def load(self, kept: Any) -> None:
        newest, lately, self._in_turn = kept
        self.newest = CertificateSeen(**newest) if newest else None
        self._lately = {id_: (CertificateSeen(**seen), at) for id_, (seen, at) in lately.items()}


class CertificateDetector(SignalDetector):
    """Says that a certificate ends soon, at each of the days that are configured, and its end.

    Until then it is good: what is said has no kind of failure. The dates are those of the newest
    certificate that was seen, and count on when no more is seen: also after it has expired, when
    handshakes fail. Where one comes back after another, because several servers answer in turn,
    they are those of the one that ends first. So they are where it is another one that the answer
    needs, of an issuer or a redirect's target, that ends before the endpoint's own.
    """

    __slots__ = ("_calm_until", "_others", "_reported", "_seen")

    name: ClassVar[str] = "certificate"

    def __init__(self, watched: WatchedEndpoint) -> None:
        super().__init__(watched)
        self._seen = _SeenCertificates(watched)
        self._others: _SeenCertificates | None = None  # those that the answer needs besides
        self._reported: int | None = None  # the smallest number of days that was reported
        self._calm_until = 0.0  # nothing is due before; not kept, it follows from the rest

    @classmethod
    def applies(cls, watched: WatchedEndpoint) -> bool:
        return watched.certified

    def see(self, check: Check, state: EndpointState) -> Signal | None:
        """Return that it ends soon, or is well again."""
        del state  # a certificate ends whatever the state
        before, most = self._first(check.at), max(self._steps, default=0)
        new = check.certificate
        replaced = new is not None and self._seen.replaced_by(new, check.at) is not None
        if self._others is not None or check.other_certificate is not None:
            replaced = self._see_other(check) or replaced
        if new is not None or check.other_certificate is not None:
            self._calm_until = 0.0
        first = self._first(check.at)
        if first is None or before is None or first == before:
            return self.tick(check.at)
        lasts, another = self._days(first, check.at) > most, first.whose != before.whose
        if not replaced and not another:
            return self.tick(check.at)
        if lasts or another:
            self._reported = None  # it was of the one that counts no more
        return self.tick(check.at) if another and not lasts else self.signal(check.at, active=False)

    def _see_other(self, check: Check) -> bool:
        """Return whether another that the answer needs was replaced.

        A check that failed may not have come to all of them. One that is seen no more is forgotten
        after a day: a server out of several may not need it.
        """
        new, known = check.other_certificate, self._others
        newest = None if known is None else known.newest
        if new is not None:
            if not check.up and newest is not None and first_to_end(newest, new) is newest:
                return False
            self._others = known or _SeenCertificates(self.watched)
            return self._others.replaced_by(new, check.at) is not None
        ended = known is not None and check.up and check.origin == "probe"
        if known is not None and ended and not known.was_seen_lately(check.at):
            self._others, self._calm_until = None, 0.0
        return False

    @property
    def due(self) -> float:
        return inf if self._seen.newest is None and self._others is None else self._calm_until

    def tick(self, now: float) -> Signal | None:
        """Return that another of the configured days has been reached, or that all is well."""
        if now < self._calm_until:
            return None
        first = self._first(now)
        days = inf if first is None else self._days(first, now)
        # Its end is reported as well, where anything is.
        due = [step for step in (*self._steps, 0) if self._steps and days <= step]
        step = min(due, default=None)
        if first is None or step is None:
            was, self._reported = self._reported, None
            begins = max(self._steps, default=0) * DAY_SECONDS
            self._calm_until = first.not_after - begins if first and self._steps else inf
            return self.signal(now, active=False) if was is not None else None
        if not any(seen is not None and seen.in_turn for seen in (self._seen, self._others)):
            next_step = max((n for n in (*self._steps, 0) if n < step), default=-inf)
            self._calm_until = first.not_after - next_step * DAY_SECONDS
        if self._reported is not None and step >= self._reported:
            return None
        self._reported = step
        return self.signal(
            now,
            active=True,
            kind=EXPIRED_KIND if days <= 0 else None,
            evidence=self._words(first, now),
            advice=self._advice(first, now),
        )

    @property
    def _steps(self) -> tuple[int, ...]:
        return self.watched.certificate_days

    def _first(self, now: float) -> CertificateSeen | None:
        own = self._seen.first_to_end(now)
        return own if self._others is None else first_to_end(own, self._others.first_to_end(now))

    def _days(self, first: CertificateSeen, now: float) -> float:
        return (first.not_after - now) / DAY_SECONDS

    def _words(self, first: CertificateSeen, now: float) -> tuple[str, ...]:
        days = self._days(first, now)
        date = datetime.fromtimestamp(first.not_after, UTC).strftime("%Y-%m-%d %H:%M UTC")
        far = _days_text(days)
        ends = f"ends {date}, in {far}" if days > 0 else f"ended {date}, {far} ago"
        named = f"the certificate of {first.whose}" if first.whose else "its certificate"
        issuer = first.issuer
        return (f"{named} {ends}", *([f"it was issued by {issuer}"] if issuer else []))

    def _advice(self, first: CertificateSeen, now: float) -> tuple[str, ...]:
        where = self.watched.host or self.watched.name or self.watched.id
        days = self._days(first, now)
        who = f" of {first.whose}" if first.whose else ""
        who += f" with {first.issuer}" if first.issuer else ""
        when = f"within {_days_text(days)}" if days > 0 else "now"
        servers = f"server of {where}" if not first.whose else "server that sends it"
        renew = f"Renew the certificate{who} {when}, and have every {servers} take the new one"
        return (
            f"{renew}: one that is not reloaded goes on with the old.",
            "If a program is to renew it, read its log: by now it should have.",
        )

    def dump(self) -> Any:
        others = [] if self._others is None else [self._others.dump()]
        return [self._seen.dump(), self._reported, *others]

    def load(self, kept: Any) -> None:
        seen, self._reported, *others = kept
        self._seen.load(seen)
        if others:
            self._others = _SeenCertificates(self.watched)
            self._others.load(others[0])


class CertificateChangeDetector(SignalDetector):
    """Says that a certificate is another one without need: another issuer's, or a very early one.

    Where several servers answer in turn it is said once. After a day it is taken for meant.
    """

    __slots__ = ("_changed_at", "_seen")

    name: ClassVar[str] = "certificate_change"

    def __init__(self, watched: WatchedEndpoint) -> None:
        super().__init__(watched)
        self._seen = _SeenCertificates(watched)
        self._changed_at: float | None = None

    @classmethod
    def applies(cls, watched: WatchedEndpoint) -> bool:
        return watched.certified

    def see(self, check: Check, state: EndpointState) -> Signal | None:
        """Return that the certificate was replaced, or is taken for meant by now."""
        del state  # a certificate is replaced whatever the state
        new = check.certificate
        old = None if new is None else self._seen.replaced_by(new, check.at)
        if new is None or old is None:
            return self.tick(check.at)
        early = (old.not_after - check.at) / DAY_SECONDS > EARLY_RENEWAL_DAYS
        if old.issuer == new.issuer and not early:
            return self.tick(check.at)
        self._changed_at = check.at
        words = f"its certificate is another one: issued by {new.issuer}, before by {old.issuer}"
        if old.issuer == new.issuer:
            words = "its certificate has another key, long before the old one ended"
        where = self.watched.host or self.watched.name or self.watched.id
        advice = (
            f"Ask those who run {where} whether they changed it; until then, trust it with nothing."
        )
        return self.signal(check.at, active=True, evidence=(words,), advice=(advice,))

    @property
    def due(self) -> float:
        return inf if self._changed_at is None else self._changed_at + DAY_SECONDS

    def tick(self, now: float) -> Signal | None:
        """Return that a change which was reported a day ago is taken for meant."""
        if self._changed_at is None or now - self._changed_at < DAY_SECONDS:
            return None
        self._changed_at = None
        return self.signal(now, active=False)

    def dump(self) -> Any:
        return [self._seen.dump(), self._changed_at]

    def load(self, kept: Any) -> None:
        seen, self._changed_at = kept
        self._seen.load(seen)


def _days_text(days: float) -> str:
    """How long, to the day; below two of them to the hour."""
    hours = round(abs(days) * 24)
    if hours >= 48:
        return f"{round(abs(days))} days"
    return f"{hours} hours" if hours >= 2 else duration_text(abs(days) * DAY_SECONDS)
