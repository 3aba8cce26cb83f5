"""The proxies that calls go through."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, Union
from urllib.parse import urlsplit

from ringback.client.proxies.bypass import bypass_of
from ringback.client.proxies.choice import ProxyChoice, name_of
from ringback.client.proxies.environment import environment, of_system
from ringback.client.proxies.health import Health, ProxyState
from ringback.client.proxies.setting import proxy_url
from ringback.client.proxies.settings import Settings
from ringback.client.trust.hosts import names

if TYPE_CHECKING:
    from ringback.failure import Failure

ProxiesLike: TypeAlias = Union["Proxies", str, Iterable[str], Mapping[str, str | Iterable[str]]]
"""What ``Proxies.of`` understands."""

UNHEALTHY = frozenset({"proxy.unreachable", "proxy.no_response"})
"""What says that a proxy is not well; what a proxy answers (407, 403, 502) does not."""


class Proxies:
    """The proxies that calls go through: a list, in order, or those of the environment.

    A proxy that could not be reached or did not answer comes last for a while, so that the next
    attempt takes the next one. May be shared by sessions and threads; they share what is known.

    Args:
        named: One proxy; several in the order in which to try them; or these for each
            ``"http"``, ``"https"``, ``"all"``, ``"https://host"`` or ``"all://host"``. Schemes
            are http, https, socks4, socks4a, socks5 and socks5h; with socks4 and socks5 the
            target's name is resolved here, with socks4a and socks5h by the proxy. Without it:
            the environment's.
        no_proxy: Hosts called directly: names with all names below them, addresses, networks
            (``10.0.0.0/8``). The environment's proxies have their own.

    Raises:
        ringback.errors.ProxySettingInvalid: One of them is no proxy's URL.
    """

    def __init__(
        self,
        named: str | Iterable[str] | Mapping[str, str | Iterable[str]] | None = None,
        *,
        no_proxy: str | Iterable[str] = (),
    ) -> None:
        self._settings = None if named is None else _settings(named, no_proxy)
        self._health = Health()

    @classmethod
    def of(cls, named: ProxiesLike | None) -> Proxies:
        """Return proxies as they are, or those that short forms name.

        Args:
            named: As in ``Proxies``.
        """
        return named if isinstance(named, Proxies) else cls(named)

    def candidates(self, url: str) -> tuple[str, ...]:
        """Return the proxies that are set for a URL, in their order, whatever their health.

        Args:
            url: What is called.
        """
        if self._settings is not None:
            return self._settings.candidates(url)
        return environment().candidates(url) or of_system(url)

    def choose(
        self,
        url: str,
        now: float,
        *,
        direct_hosts: Collection[str] = (),
        candidates: tuple[str, ...] | None = None,
    ) -> ProxyChoice:
        """Return the way for one attempt.

        Args:
            url: What is called.
            now: Seconds on a clock that never goes back.
            direct_hosts: Hosts that may be called directly once every proxy has failed, see
                ``ringback.client.trust.hosts.names``.
            candidates: The proxies to choose from, where the caller knows them already.
        """
        among = self.candidates(url) if candidates is None else candidates
        if not among:
            return ProxyChoice(None)
        best, rests = self._health.best(among, now)
        if rests and names(direct_hosts, urlsplit(url).hostname):
            return ProxyChoice(None, tuple(map(name_of, among)))
        return ProxyChoice(best)

    def failed(self, choice: ProxyChoice, failure: Failure, now: float) -> bool:
        """Note how an attempt failed; return whether that is the proxy's failure.

        Args:
            choice: The way it took.
            failure: What went wrong.
            now: Seconds on a clock that never goes back.
        """
        if choice.url is None:
            return False
        if failure.kind in UNHEALTHY:
            self._health.failed(choice.url, failure.kind, now)
            return True
        if failure.layer == "proxy" or failure.delivered == "yes":  # it answered, or the server
            self._health.succeeded(choice.url)
        return False

    def succeeded(self, choice: ProxyChoice, now: float) -> None:  # noqa: ARG002 - like failed
        """Note that an attempt got through.

        Args:
            choice: The way it took.
            now: Seconds on a clock that never goes back.
        """
        if choice.url is not None:
            self._health.succeeded(choice.url)

    def state(self, now: float) -> tuple[ProxyState, ...]:
        """Return what is known of the proxies that have failed.

        Args:
            now: Seconds on a clock that never goes back.
        """
        return self._health.state(now)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._settings,)


def _restored(settings: Settings | None) -> Proxies:
    """Return pickled proxies; what was known of their health stays behind."""
    restored = Proxies()
    restored._settings = settings  # noqa: SLF001 - its own class
    return restored


def _settings(
    named: str | Iterable[str] | Mapping[str, str | Iterable[str]], no_proxy: str | Iterable[str]
) -> Settings:
    by_scheme = named if isinstance(named, Mapping) else {"all": named}
    hosts = no_proxy if isinstance(no_proxy, str) else ",".join(no_proxy)
    return Settings(
        {
            key.lower(): tuple(map(proxy_url, [urls] if isinstance(urls, str) else urls))
            for key, urls in by_scheme.items()
        },
        bypass_of(hosts),
    )
