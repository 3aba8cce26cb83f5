"""The routes that the attempts of one call take: through which proxy, and verified or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ringback.client.proxies import Proxies
from ringback.client.trust import verify_for
from ringback.event import Event, Listeners

if TYPE_CHECKING:
    from ringback.client.call import AsyncClock, Call, Clock
    from ringback.client.proxies import ProxyChoice
    from ringback.failure import Failure
    from ringback.retry import Policy


UNLISTED_PROXIES = Proxies()
"""Knows the health of the proxies that client libraries have chosen themselves."""


@dataclass(frozen=True, slots=True)
class Route:
    """The way that one exchange takes.

    Attributes:
        choice: The proxy, or none.
        verify: Whether the server's certificate is verified, where the call asks for that at all.
    """

    choice: ProxyChoice
    verify: bool = True


class RouteSelector:
    """Finds the way for each attempt of one call, and a way around where the policy names the host.

    Every attempt begins verified and through a proxy, if one is set. Each way around is told as
    an event, ``what="fallback"``.

    Args:
        url: What is called.
        policy: Names the hosts.
        proxies: Chooses among proxies, and knows their health.
        listeners: Told of each way around.
        clock: The time.
    """

    def __init__(
        self,
        url: str,
        policy: Policy,
        proxies: Proxies,
        listeners: Listeners,
        clock: Clock | AsyncClock,
    ) -> None:
        self._url = url
        self._policy = policy
        self._proxies = proxies
        self._listeners = listeners
        self._clock = clock
        self._candidates: tuple[str, ...] | None = None
        self.way: Route

    def begin(self, call: Call, candidates: tuple[str, ...] | None = None) -> Route:
        """Return the way for an attempt that begins now."""
        self._candidates = candidates
        self.way = Route(self._choose())
        self._tell(call, self.way.choice.told, None)
        return self.way

    def around(self, call: Call, failure: Failure) -> Route | None:
        """Return the way around a failure, to be taken at once, or ``None``."""
        found = self._around(failure)
        if found is not None:
            told = found.choice.told if found.verify else _unverified(failure)
            self._tell(call, told, failure)
            self.way = found
        return found

    def failed(self, failure: Failure) -> bool:
        """Note how the exchange failed that took the last way; return whether its proxy did."""
        return self._proxies.failed(self.way.choice, failure, self._clock.monotonic())

    def succeeded(self) -> None:
        """Note that the last way led to the server."""
        self._proxies.succeeded(self.way.choice, self._clock.monotonic())

    def _around(self, failure: Failure) -> Route | None:
        choice = self.way.choice
        of_proxy = self.failed(failure)
        if failure.delivered != "no":
            return None
        if of_proxy:
            other = self._choose()
            return Route(other) if other.passed_by else None
        host = urlsplit(self._url).hostname
        if not self.way.verify or verify_for(self._policy.insecure_hosts, host, failure):
            return None
        # Without verification, clients do not verify a proxy that they reach over TLS either.
        return None if (choice.url or "").startswith("https:") else Route(choice, verify=False)

    def _choose(self) -> ProxyChoice:
        return self._proxies.choose(
            self._url,
            self._clock.monotonic(),
            direct_hosts=self._policy.direct_hosts,
            candidates=self._candidates,
        )

    def _tell(self, call: Call, detail: str, failure: Failure | None) -> None:
        if not detail:
            return
        self._listeners(
            Event(
                at=self._clock.time(),
                target=call.target,
                method=call.method,
                what="fallback",
                detail=detail,
                failure=failure,
            )
        )


def _unverified(failure: Failure) -> str:
    return f"verification of the server's certificate, which failed ({failure.kind})"
