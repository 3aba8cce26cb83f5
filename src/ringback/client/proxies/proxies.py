"""The proxies that calls go through, and how healthy each of them is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias, Union
from urllib.parse import urlsplit

from ringback.client.proxies.settings import (
    ProxySettings,
    bypass_of,
    environment,
    of_system,
    proxy_url,
)
from ringback.client.trust.model import is_named
from ringback.failure.target import target_of_url
from ringback.values import dataclass, field

if TYPE_CHECKING:
    from ringback.failure import Failure
    from ringback.failure.names import KindName


@dataclass(frozen=True, slots=True)
class ProxyChoice:
    """The way that one attempt takes.

    Attributes:
        url: URL of the proxy, with its credentials; ``None``: directly.
        passed_by: The proxies (``host:port``) that should have been used, where the call goes
            directly only because all of them have failed and the policy names its host.
    """

    url: str | None = field(repr=False)
    passed_by: tuple[str, ...] = ()

    @property
    def proxy(self) -> str | None:
        """``host:port`` of the proxy, without credentials."""
        return None if self.url is None else name_of(self.url)

    @property
    def told(self) -> str:
        """What the call goes on without, where it is a fallback; else ``""``."""
        return f"the failed proxy {', '.join(self.passed_by)}" if self.passed_by else ""


def name_of(url: str) -> str:
    """Return ``host:port`` of a proxy's URL, without credentials."""
    target = target_of_url(url if "://" in url else f"http://{url}")
    port = target.port or (1080 if (target.scheme or "").startswith("socks") else 80)
    return f"{target.host or '?'}:{port}"


FIRST_REST_SECONDS = 5.0
"""Seconds for which a proxy comes last after its first failure; each further one doubles them."""

MAX_REST_SECONDS = 300.0
"""Seconds for which a proxy comes last at the most."""

TRIAL_SECONDS = 10.0
"""Seconds that one call has to try a proxy after its rest, before another call does."""

_MAX_PROXIES = 256
_MAX_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class ProxyState:
    """What is known of a proxy that has failed.

    Attributes:
        proxy: ``host:port``.
        failures: How many times in a row.
        kind: What went wrong last.
        rests: Seconds for which it still comes last; 0: the next call tries it.
    """

    proxy: str
    failures: int
    kind: KindName
    rests: float


@dataclass(slots=True)
class _Record:
    failures: int
    kind: KindName
    until: float
    on_trial: bool = False


class Health:
    """Which proxies have failed lately; may be used from several threads."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._lock = Lock()

    def forget(self) -> None:
        """Take every proxy for a healthy one."""
        with self._lock:
            self._records.clear()

    def best(self, candidates: Sequence[str], now: float) -> tuple[str, bool]:
        """Return the first proxy that may be used now, or the one whose rest ends first.

        A proxy whose rest is over is given to one call, on trial; the others pass it by until
        that call has ended.
        """
        if not self._records:
            return candidates[0], False
        with self._lock:
            for url in candidates:
                record = self._records.get(url)
                if record is None:
                    return url, False
                if now >= record.until:
                    record.until, record.on_trial = now + TRIAL_SECONDS, True
                    return url, False
            return min(candidates, key=lambda url: self._records[url].until), True

    def failed(self, url: str, kind: KindName, now: float) -> None:
        """Let a proxy rest."""
        with self._lock:
            record = self._records.get(url)
            if record is None:
                record = self._records[url] = _Record(0, kind, now)
                while len(self._records) > _MAX_PROXIES:
                    self._records.popitem(last=False)
            elif now < record.until and not record.on_trial:
                return  # of many calls in flight that fail together, one counts
            rest = FIRST_REST_SECONDS * 2.0 ** min(record.failures, _MAX_DOUBLINGS)
            record.failures += 1
            record.kind, record.on_trial = kind, False
            record.until = now + min(rest, MAX_REST_SECONDS)

    def succeeded(self, url: str) -> None:
        """Forget the failures of a proxy."""
        if url in self._records:
            with self._lock:
                self._records.pop(url, None)

    def state(self, now: float) -> tuple[ProxyState, ...]:
        """Return what is known of the proxies that have failed."""
        with self._lock:
            return tuple(
                ProxyState(
                    name_of(url),
                    record.failures,
                    record.kind,
                    0.0 if record.on_trial else max(0.0, record.until - now),
                )
                for url, record in self._records.items()
            )


ProxiesLike: TypeAlias = Union["Proxies", str, Iterable[str], Mapping[str, str | Iterable[str]]]
"""What ``Proxies.of`` understands."""

UNHEALTHY: frozenset[KindName] = frozenset({"proxy.unreachable", "proxy.no_response"})
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
                ``ringback.client.trust.model.is_named``.
            candidates: The proxies to choose from, where the caller knows them already.
        """
        among = self.candidates(url) if candidates is None else candidates
        if not among:
            return ProxyChoice(None)
        best, rests = self._health.best(among, now)
        if rests and is_named(direct_hosts, urlsplit(url).hostname):
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
        answered = failure.layer in {"proxy", "status"}
        if answered or failure.delivered == "yes":  # it did, or the server
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


def _restored(settings: ProxySettings | None) -> Proxies:
    """Return pickled proxies; what was known of their health stays behind."""
    restored = Proxies()
    restored._settings = settings  # noqa: SLF001 - its own class
    return restored


def _settings(
    named: str | Iterable[str] | Mapping[str, str | Iterable[str]], no_proxy: str | Iterable[str]
) -> ProxySettings:
    by_scheme = named if isinstance(named, Mapping) else {"all": named}
    hosts = no_proxy if isinstance(no_proxy, str) else ",".join(no_proxy)
    return ProxySettings(
        {
            key.lower(): tuple(map(proxy_url, [urls] if isinstance(urls, str) else urls))
            for key, urls in by_scheme.items()
        },
        bypass_of(hosts),
    )
