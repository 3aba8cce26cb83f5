"""urllib3's own door: pool managers whose requests are made under a policy."""

from collections.abc import Iterable
from time import monotonic
from typing import Any

from urllib3._collections import HTTPHeaderDict  # 1.26 has it nowhere else

from ringback.client.clock import Clock
from ringback.client.deadline import within
from ringback.client.idempotency import add_key
from ringback.client.origins import origins_under
from ringback.client.trust import Trust, TrustLike
from ringback.client.urllib3.detours import Detours
from ringback.client.urllib3.naming import Naming
from ringback.client.urllib3.policed import Conduct, PolicedHTTPPool, PolicedHTTPSPool
from ringback.client.urllib3.pools import POSSIBLE, Pools, ProxyPools
from ringback.event import Sink
from ringback.failure.target import target_of_url
from ringback.retry import Policy
from ringback.sink.listening import listeners_for


class PoolManager(Pools):
    """A ``urllib3.PoolManager`` that gets the call through, or says precisely why not.

    It gives default timeouts and a deadline, tries again what may be sent again as far as the
    retry budget allows, refuses calls to an endpoint whose circuit is open, tells the sinks, and
    raises what urllib3 raises, specialised (see ``ringback.errors``). Of urllib3's ``retries``
    only the limit of redirects counts; with 0 or ``False`` a request is tried once.

    The deadline is for the whole call. A body that it leaves unread (``preload_content=False``) is
    read under the read timeout, and the deadline of an outer call, if there is one.
    """

    classes: dict[str, Any] = {"http": PolicedHTTPPool, "https": PolicedHTTPSPool}  # noqa: RUF012 - as in urllib3

    def __init__(
        self,
        *args: Any,
        policy: Policy | None = None,
        sinks: Iterable[Sink] | None = None,
        clock: Clock | None = None,
        trust: TrustLike | None = None,
        **options: Any,
    ) -> None:
        """Set up a manager.

        Args:
            *args: As in urllib3.
            policy: Limits of each call; the default is ``Policy()``.
            sinks: Told of every attempt; the default is the log.
            clock: Time and chance; the default is the real ones.
            trust: Whom to trust in place of urllib3's choice: ``"system"``, ``"certifi"``, a PEM
                file, several of these, or a ``Trust``.
            **options: As in urllib3; a ``timeout`` goes before the policy's.

        Raises:
            ImportError: A package that replaces urllib3 is installed in its place.
        """
        if not POSSIBLE:
            raise ImportError("PoolManager needs urllib3; another package is in its place")
        self.policy = policy or Policy()
        own = None if trust is None else Trust.of(trust)
        self.conduct = Conduct(
            self.policy,
            listeners_for(sinks),
            clock or Clock(),
            origins_under(self.policy),
            timed="timeout" in options,
            detours=self._detours(own),
        )
        super().__init__(*args, limits=self.policy.timeout, trust=own, **options)

    def urlopen(  # type: ignore[override]  # the rest is as in urllib3, of either version
        self, method: str, url: str, redirect: bool = True, **options: Any
    ) -> Any:
        """Send a request and follow its redirects; return the response.

        Args:
            method: As in urllib3.
            url: As in urllib3.
            redirect: As in urllib3.
            **options: As in urllib3.

        Raises:
            ringback.errors.RingbackError: Also the exception that urllib3 itself raises.
        """
        if named := self.policy.idempotency_key:
            headers = HTTPHeaderDict(options.get("headers") or self.headers)
            add_key(headers, method, url, named)
            options["headers"] = headers
        with Naming(target_of_url(url)), within(self._deadline()):
            return super().urlopen(method, url, redirect, **options)

    def clear(self) -> None:
        """Close every connection that is not in use, as in urllib3."""
        super().clear()
        if self.conduct.detours:
            self.conduct.detours.clear()

    def _detours(self, trust: Trust | None) -> Detours | None:
        policy = self.policy
        named = policy.insecure_hosts or policy.direct_hosts
        return Detours(super().classes, policy.timeout, trust) if named else None

    def _deadline(self) -> float | None:
        """When the call must have ended, its redirects included."""
        real = self.conduct.clock.monotonic is monotonic
        return monotonic() + self.policy.deadline if real else None

    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> Any:
        settings = self.connection_pool_kw if request_context is None else request_context
        made_with = {**settings, "scheme": scheme, "host": host, "port": port}
        pool: Any = super()._new_pool(scheme, host, port, request_context=request_context)
        pool.conduct = self.conduct
        pool.made_with = made_with
        pool.through = self._proxy_url()
        return pool

    def _proxy_url(self) -> str | None:
        proxy = getattr(self, "proxy", None)
        return None if proxy is None else str(proxy.url)


class ProxyManager(PoolManager, ProxyPools):
    """A ``urllib3.ProxyManager`` that gets the call through, or says precisely why not.

    Its parameters are those of urllib3's and of ``PoolManager``.
    """
