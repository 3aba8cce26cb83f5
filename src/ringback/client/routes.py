"""The routes that the attempts of one call take: through which proxy, and verified or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from ringback.client.call import Call, Failed, change_event
from ringback.client.proxies import Proxies
from ringback.client.trust import verify_for
from ringback.values import dataclass

if TYPE_CHECKING:
    from ringback.client.call import AsyncClock, Clock
    from ringback.client.proxies import ProxyChoice
    from ringback.event import Listeners
    from ringback.failure import Failure
    from ringback.retry import Policy


UNLISTED_PROXIES = Proxies()
"""Knows the health of the proxies that client libraries have chosen themselves."""


@dataclass(frozen=True, slots=True)
class Route:
    """The route that one exchange takes."""

    choice: ProxyChoice  # The proxy, or none
    # Whether the server's certificate is verified, where the call asks for that at all
    verify: bool = True


class RoutedCall(Call, Protocol):
    """A call whose exchanges take the route that they are given."""

    routes: RouteSelector  # Says which
    # The proxies to choose from, where others than are set for the URL
    candidates: tuple[str, ...] | None

    def take(self, route: Route) -> None:
        """Let the next exchange go by a route."""


class RouteSelector:
    """Selects the route of each attempt of one call, and one around a failure where a policy may.

    Every attempt begins verified and through a proxy, if one is set. The policy names the hosts
    for which a route may leave out either. Each is published as an event, ``what="fallback"``.
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
        self.route: Route

    def after(self, call: Call, outcome: object) -> Route | None:
        """Return the route to take at once after an exchange, or ``None``: the attempt is over.

        It is the one decision after each exchange: what went through, or cannot be sent again,
        ends the attempt; what failed may have a way around.
        """
        if not isinstance(outcome, Failed):
            self.succeeded()
            return None
        if not outcome.repeatable.replayable:
            self.failed(outcome.failure)
            return None
        return self.around(call, outcome.failure)

    def begin(self, call: Call, candidates: tuple[str, ...] | None = None) -> Route:
        """Return the route of an attempt that begins now."""
        self._candidates = candidates
        self.route = Route(self._choose())
        self._publish(call, self.route.choice.told, None)
        return self.route

    def around(self, call: Call, failure: Failure) -> Route | None:
        """Return the route around a failure, to be taken at once, or ``None``."""
        found = self._around(failure)
        if found is not None:
            detail = found.choice.told if found.verify else _unverified(failure)
            self._publish(call, detail, failure)
            self.route = found
        return found

    def failed(self, failure: Failure) -> bool:
        """Note how the exchange failed that took the last route; return whether its proxy did."""
        return self._proxies.failed(self.route.choice, failure, self._clock.monotonic())

    def succeeded(self) -> None:
        """Note that the last route led to the server."""
        self._proxies.succeeded(self.route.choice, self._clock.monotonic())

    def _around(self, failure: Failure) -> Route | None:
        choice = self.route.choice
        of_proxy = self.failed(failure)
        if failure.delivered != "no":
            return None
        if of_proxy:
            other = self._choose()
            return Route(other) if other.passed_by else None
        host = urlsplit(self._url).hostname
        if not self.route.verify or verify_for(self._policy.insecure_hosts, host, failure):
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

    def _publish(self, call: Call, detail: str, failure: Failure | None) -> None:
        if not detail:
            return
        self._listeners(change_event(call, self._clock.time(), "fallback", detail, failure))


def _unverified(failure: Failure) -> str:
    return f"verification of the server's certificate, which failed ({failure.kind})"
