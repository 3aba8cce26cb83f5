"""Whether a network loses packets: each endpoint fails now and then, and others reply meanwhile.

Theory of operation
-------------------

The mark of a network that loses packets is that sites *waver*: a failure, and a success after it,
within the window. One service that limps does that; that three unrelated sites do (or two of which
one is a control, or all that there are if there are two), and at least a third of all that were
checked, has one cause, and it is here. One resolver that does not answer for any of them is one
site, and two must miss more than a response, which services that hang do as well. Sites that fail
and stay failed do not count, so that outages of several services at once are never taken for it;
nor do those that another vantage has seen fail repeatedly of late. Of the checks since the first of
these failures so many must be lost that a network which loses ``LOST_SHARE`` explains it far better
than a good one of which a packet is lost now and then.

Until enough sites have wavered the same odds tell when it is none: three failures in a row of one
site may be the work of such a network until three others have replied since, and more where another
check was lost as well (``may_lose``).

An endpoint is down all the same when it has failed more often in a row than a network that loses
half of all makes by chance (``run_beyond_chance``), and others have replied meanwhile; or as often
as it takes with what no lost packet looks like, such as a refusal.
"""

from __future__ import annotations

from collections import deque
from math import ceil, inf, log
from typing import TYPE_CHECKING, Any, Final

from ringback.incident.model import CONTROL_PREFIX
from ringback.incident.pattern import RESOLVER_KINDS, is_of_the_network
from ringback.incident.vote import FAILURE_SCORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringback.failure.names import KindName
    from ringback.incident.tracker import EndpointTracker
    from ringback.incident.vote import Vote

MIN_RUN: Final = 3  # Failures in a row from which on a run is looked into
CHANCE: Final = 1e-4  # Of a run that is taken for more than loss, though it is none
LOSS_WEIGHT: Final = 0.02  # Of the newest check in the share that is lost
LOSS_WINDOW: Final = 120.0  # Seconds in which sites waver, at least
MAX_LOSS_WINDOW: Final = 300.0
MIN_WAVERING: Final = 3
MIN_SILENT: Final = 2  # Of these, with more than a response missing
WAVERING_SHARE: Final = 1 / 3  # Of the sites that were checked
LOST_SHARE: Final = 0.3  # Of its checks that a network which loses packets loses
RUN_SHARE: Final = 0.5  # The same, as far as a run is concerned: what it loses at worst
STRAY_SHARE: Final = 0.01  # That a good one loses
MIN_ODDS: Final = 20.0  # How many times likelier the first must be
PURE_ODDS: Final = 2.5  # The same against it, for a site that has only failed
CONTROL_WEIGHT: Final = 0.5  # Of a control's reply: it is asked twice before it counts as lost
_MAX_LOSSES: Final = 256

_LOG_LOST: Final = log(LOST_SHARE / STRAY_SHARE)
_LOG_WELL: Final = log((1 - LOST_SHARE) / (1 - STRAY_SHARE))


class PacketLoss:
    """What is lost of the checks of one failure domain."""

    def __init__(
        self,
        domain: str,
        trackers: Mapping[str, EndpointTracker],
        control_well_at: Callable[[str], float],
    ) -> None:
        self._domain, self._trackers = domain, trackers
        self._control_well_at = control_well_at
        # When what was lost: an endpoint or a control, as which kind, and how many replied before
        self._losses: deque[tuple[float, str, KindName | None, float]] = deque(maxlen=_MAX_LOSSES)
        self._replies = 0.0  # Checks of what is beyond that were answered
        self._share = 0.0  # That is lost of the checks, the newest weigh most

    def dump(self) -> dict[str, Any]:
        return {"losses": list(self._losses), "replies": self._replies, "lost_share": self._share}

    def load(self, kept: Mapping[str, Any]) -> None:
        self._losses.extend((at, id_, kind, n) for at, id_, kind, n in kept.get("losses", ()))
        self._replies = kept.get("replies", 0.0)
        self._share = kept.get("lost_share", 0.0)

    @property
    def last(self) -> float:
        """When the newest of them was."""
        return self._losses[-1][0] if self._losses else -inf

    def checked(self, *, lost: bool) -> None:
        self._share += LOSS_WEIGHT * (lost - self._share)

    def lost(self, at: float, id_: str, kind: KindName | None) -> None:
        self._losses.append((at, id_, kind, self._replies))

    def replied(self, weight: float = 1.0) -> None:
        self._replies += weight

    def forget(self) -> None:
        self._losses.clear()

    def run_beyond_chance(self) -> int:
        """Return how many failures in a row are more than this network makes by chance."""
        return ceil(log(CHANCE) / log(min(max(self._share, RUN_SHARE), 0.75)))

    def wavers(
        self, tracker: EndpointTracker, now: float, checked: set[str]
    ) -> tuple[int, float] | None:
        """Return how many sites waver, and since when; ``None``: the network is not why."""
        losses = [loss for loss in self._lost(now) if loss[1] != tracker.site]
        itself = not self.fails_elsewhere(tracker)
        for at, *_, before in losses:  # the newest of them may tell what all of them do not
            since = [loss for loss in losses if loss[0] >= at]
            sites = {site for _, site, _, _ in since}
            silent = {site for _, site, of_network, _ in since if of_network}
            if len(silent) + (itself and is_of_the_network(tracker.kind)) < MIN_SILENT:
                continue
            count = len(sites) + itself
            least = MIN_WAVERING - any(site.startswith(CONTROL_PREFIX) for site in sites)
            if count == len(checked) and len(since) > 1:  # there is no other site
                least = MIN_WAVERING - 1
            enough = count >= max(least, WAVERING_SHARE * len(checked))
            if enough and self._odds(len(since), before) >= log(MIN_ODDS):
                return count, at
        return None

    def may_lose(self, tracker: EndpointTracker, vote: Vote) -> bool:
        """Return whether what a vote has seen may be lost here: too few others replied since."""
        if self.fails_elsewhere(tracker) or vote.since is None:
            return False
        begun = vote.since if vote.row_since is None or not vote.pure else vote.row_since
        since = [loss for loss in self._losses if loss[0] >= begun]
        if not since:
            return False
        mine = _site(tracker, vote.kind)
        others = sum(self._falls_silent(id_, kind, mine, begun) for _, id_, kind, _ in since)
        against = PURE_ODDS if vote.pure else MIN_ODDS
        return self._odds(others, since[0][3]) > -log(against)

    def _falls_silent(self, id_: str, kind: KindName | None, mine: str, begun: float) -> bool:
        """Return whether it is another site, or a control, that was not down before."""
        other = self._trackers.get(id_)
        if other is None:
            return id_.startswith(CONTROL_PREFIX)
        if _site(other, kind) == mine:
            return False
        before = begun - window(other)
        return not any(
            vote.is_broken and vote.since is not None and vote.since < before
            for vote in other.votes.values()
            if vote.domain == self._domain
        )

    def _odds(self, lost: int, before: float) -> float:
        """Return how much likelier, as a logarithm, a network that loses packets makes this."""
        return lost * _LOG_LOST + (self._replies - before) * _LOG_WELL

    def fails_elsewhere(self, tracker: EndpointTracker) -> bool:
        """Return whether another vantage has lately seen an endpoint fail, and not only once.

        A program may be behind the same uplink.
        """
        return any(
            vote.origin == "probe" and vote.domain != self._domain and vote.score > FAILURE_SCORE
            for vote in tracker.votes.values()
        )

    def wavering(self, now: float) -> set[str]:
        """Return the sites that have failed within the window, and were well after that."""
        return {site for _, site, _, _ in self._lost(now)}

    def _lost(self, now: float) -> Iterator[tuple[float, str, bool, float]]:
        """Yield the failures within the window after which a site was well.

        With each when it was, the site, whether more than a response was missing, and how many
        checks had been answered by then.
        """
        for at, id_, kind, before in self._losses:
            if id_.startswith(CONTROL_PREFIX):
                if now - at <= LOSS_WINDOW and self._control_well_at(id_) > at:
                    yield at, id_, True, before
                continue
            tracker = self._trackers.get(id_)
            if tracker is None or now - at > window(tracker) or self.fails_elsewhere(tracker):
                continue
            votes = (vote for vote in tracker.votes.values() if vote.domain == self._domain)
            if any(vote.well_at is not None and vote.well_at > at for vote in votes):
                yield at, _site(tracker, kind), is_of_the_network(kind), before


def _site(tracker: EndpointTracker, kind: KindName | None) -> str:
    """Return what was not reached: the endpoint, or the resolver that was to name its address."""
    return f"resolver {tracker.watched.resolver}" if kind in RESOLVER_KINDS else tracker.site


def window(tracker: EndpointTracker) -> float:
    """Return in which time failures of an endpoint belong together."""
    return min(max(LOSS_WINDOW, 4 * tracker.watched.every), MAX_LOSS_WINDOW)
