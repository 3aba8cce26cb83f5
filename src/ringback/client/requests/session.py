"""The session: requests' own, with ringback's adapters mounted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable
from math import inf
from os import PathLike
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin

import requests
from requests import PreparedRequest, Request

from ringback.client.deadline import within
from ringback.client.origin import origin_of
from ringback.client.requests.adapter import Adapter, listed_proxies
from ringback.client.requests.exchange import OwnProxies
from ringback.client.requests.failures import specialised_errors
from ringback.client.requests.fast import FastSession, request
from ringback.client.requests.response import FailedResponse
from ringback.client.requests.substitute import AdapterChoice, Substitute
from ringback.client.trust import Trust, TrustLike
from ringback.errors import RingbackError
from ringback.failure.target import without_secrets
from ringback.retry import Policy
from ringback.sink import LogSink
from ringback.sink.listening import listeners_for

if TYPE_CHECKING:
    from typing import Never, Unpack

    from ringback.client.call import Clock
    from ringback.client.proxies import ProxiesLike
    from ringback.client.requests.download import Downloaded, Progress
    from ringback.client.requests.response import AnyResponse
    from ringback.client.requests.response import RequestOptions as Options
    from ringback.event import Sink
    from ringback.sink import Alert, Recovery


def _substituted(adapter: Any, mounted: Any) -> Any:
    """What sends by an adapter in the place of one of ours, under the policy of ours."""
    if adapter is mounted or not isinstance(mounted, Adapter):
        return adapter
    return Substitute(adapter, mounted._driven)  # noqa: SLF001 - of nobody else's concern


_SPELLINGS = {
    "timeout": "policy=Policy(timeout=…)",
    **dict.fromkeys(
        ("attempts", "retries", "retry", "max_retries", "total"), "policy=Policy(attempts=…)"
    ),
    **dict.fromkeys(("backoff", "backoff_factor"), "policy=Policy(backoff=…)"),
    "status_forcelist": "policy=Policy(retry_statuses=…)",
    "deadline": "policy=Policy(deadline=…)",
    "headers": "session.headers.update(…)",
    "params": "session.params = …",
    "auth": "session.auth = …",
    "cookies": "session.cookies.update(…)",
    "verify": "session.verify = …",
    "cert": "session.cert = …",
    "proxy": "proxies=[…]",
    **dict.fromkeys(
        ("pool_maxsize", "pool_connections", "pool"),
        'session.mount("https://", ringback.Adapter(pool_maxsize=…))',
    ),
}
"""What other libraries call a setting, to how it is written here."""


class Session(FastSession):
    """A ``requests.Session`` that gets the call through, or says precisely why not.

    What it raises is what requests would raise, and also the built-in and ringback's own
    exception that say the same; ``.failure`` is the reason.
    """

    __attrs__ = [*requests.Session.__attrs__, "base_url", "policy", "errors", "trust", "proxy_list"]  # noqa: RUF012 - requests declares it as this

    def __init__(  # noqa: PLR0913 - all but the first two are given by name
        self,
        base_url: str | None = None,
        policy: Policy | None = None,
        *,
        errors: Literal["raise", "return"] = "raise",
        sinks: Iterable[Sink] | None = None,
        on_alert: Callable[[Alert], None] | None = None,
        on_recovery: Callable[[Recovery], None] | None = None,
        alert_after: int = 3,
        clock: Clock | None = None,
        trust: TrustLike | None = None,
        proxies: ProxiesLike | None = None,
        **unknown: Never,
    ) -> None:
        """Set up a session.

        Args:
            base_url: What a URL given as a path is relative to.
            policy: Limits of each call; the default is ``Policy()``.
            errors: ``raise``; or ``return``: a call that failed returns a response which is
                false, has ``failure`` and raises it in ``raise_for_status()``.
            sinks: Receive the event of every attempt; the default is the log.
            on_alert: Called when calls to an endpoint have failed ``alert_after`` times in a row.
            on_recovery: Called when it works again, after two successful calls.
            alert_after: How many failed calls in a row; a call counts once, however many
                attempts it took.
            clock: Time and chance; the default is the real ones.
            trust: Whom to trust in place of certifi's bundle, see ``Adapter``; goes before the
                bundle that the environment names.
            proxies: Proxies to choose among by their health, see ``Adapter``; a call's own
                ``proxies`` go before it.
            unknown: None; what other libraries call a setting is told by its name here.

        Raises:
            TypeError: If there is no such setting.
            ValueError: If ``base_url`` is no absolute URL, or ``errors`` something else.
            ringback.errors.ConfigurationError: If a file of ``trust`` cannot be used, or a proxy
                is none.
        """
        for name in unknown:
            hint = f"; write {_SPELLINGS[name]}" if name in _SPELLINGS else ""
            raise TypeError(f"Session() got an unexpected keyword argument {name!r}{hint}")
        super().__init__()
        if base_url is not None and "://" not in str(base_url):
            given = without_secrets(repr(base_url))
            raise ValueError(f"base_url must be absolute, such as https://host/, got {given}")
        if errors not in {"raise", "return"}:
            raise ValueError(f"errors must be 'raise' or 'return', got {errors!r}")
        self.base_url = base_url
        self.policy = policy or Policy()
        self.errors = errors
        heard: list[Sink] = [LogSink()] if sinks is None else list(sinks)
        if on_alert or on_recovery:
            from ringback.sink import Detector  # noqa: PLC0415 - most sessions count nothing

            heard.append(Detector(on_alert, on_recovery, alert_after=alert_after))
        self.trust = None if trust is None else Trust.of(trust)
        self.proxy_list = None if proxies is None else listed_proxies(proxies)
        alike: Any = {"clock": clock, "trust": self.trust, "proxies": self.proxy_list}
        listeners = listeners_for(heard)
        for prefix in ("https://", "http://"):
            self.mount(prefix, Adapter(self.policy, sinks=listeners, **alike))

    get_adapter = AdapterChoice(_substituted)

    if TYPE_CHECKING:
        # requests' own methods, which call ``request``: for type checkers, what that returns.

        def get(
            self, url: str | bytes, *, data: Any = ..., json: Any = ..., **options: Unpack[Options]
        ) -> AnyResponse:
            """Send a request with ``GET``, as in requests."""

        def options(
            self, url: str | bytes, *, data: Any = ..., json: Any = ..., **options: Unpack[Options]
        ) -> AnyResponse:
            """Send a request with ``OPTIONS``, as in requests."""

        def head(
            self, url: str | bytes, *, data: Any = ..., json: Any = ..., **options: Unpack[Options]
        ) -> AnyResponse:
            """Send a request with ``HEAD``, as in requests."""

        def post(
            self, url: str | bytes, data: Any = ..., json: Any = ..., **options: Unpack[Options]
        ) -> AnyResponse:
            """Send a request with ``POST``, as in requests."""

        def put(
            self, url: str | bytes, data: Any = ..., *, json: Any = ..., **options: Unpack[Options]
        ) -> AnyResponse:
            """Send a request with ``PUT``, as in requests."""

        def patch(
            self, url: str | bytes, data: Any = ..., *, json: Any = ..., **options: Unpack[Options]
        ) -> AnyResponse:
            """Send a request with ``PATCH``, as in requests."""

        def delete(
            self, url: str | bytes, *, data: Any = ..., json: Any = ..., **options: Unpack[Options]
        ) -> AnyResponse:
            """Send a request with ``DELETE``, as in requests."""

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> Any:
        """Send a request, as in requests.

        Args:
            method: As in requests.
            url: As in requests; where it has no scheme, it is relative to ``base_url``.
            *args: As in requests.
            **kwargs: As in requests. With ``timeout=None`` only the deadline ends the call; without
                a ``timeout`` the policy's count.

        Raises:
            ringback.errors.RingbackError: Also the exception that requests itself raises. With
                ``errors="return"`` it is in the response that is returned.
        """
        if self.base_url is not None:
            url = _absolute_url(self.base_url, url)
        if "timeout" in kwargs:
            say_no_timeout(kwargs)
        refused = self._refused(method, url, args or kwargs.get("proxies"))
        if self.errors == "raise":
            if refused is not None:
                raise refused
            return super().request(method, url, *args, **kwargs)
        if refused is not None:
            return FailedResponse(refused)
        try:
            return super().request(method, url, *args, **kwargs)
        except RingbackError as error:
            if not isinstance(error, requests.RequestException):
                raise
            return FailedResponse(error)

    def download(
        self,
        url: str,
        path: str | PathLike[str],
        *,
        sha256: str | None = None,
        progress: Progress | None = None,
        deadline: float = inf,
        **options: Any,
    ) -> Downloaded:
        """Save what is at a URL in a file, going on where it broke off.

        The file appears under its name when it is complete; until then it grows beside it, as
        ``path.part``, and a later call goes on with that one, also after a kill. A break costs
        no attempt as long as bytes come; after ``policy.attempts`` responses without any it is
        given up. Each request is a call under the policy.

        Args:
            url: As in requests; where it has no scheme, it is relative to ``base_url``.
            path: Where to save it; a file that is there is replaced in the end.
            sha256: What its SHA-256 must be, in hexadecimal digits.
            progress: Called with the bytes that are there and with all that there will be,
                ``None`` where that is not known. What it raises ends the download.
            deadline: Seconds for all of it.
            **options: As in requests, such as ``headers`` and ``params``.

        Returns:
            What came about: ``path``, ``size`` in bytes, ``resumed_at`` (bytes that an earlier
            call had left) and ``breaks`` (how often it broke off and went on).

        Raises:
            ringback.errors.RingbackError: Also the exception that requests itself raises.
                ``ContentInvalid``: what came is not what was asked for.
            BlockingIOError: If another download to the same file is under way.
            OSError: If the file cannot be written, with its name.
            ValueError: If ``sha256`` is none, or ``headers`` have a ``Range``.
        """
        from ringback.client.requests.download import download  # noqa: PLC0415 - few sessions need it

        return download(
            self,
            url,
            Path(path),
            sha256=sha256,
            progress=progress,
            deadline=deadline,
            options=options,
        )

    def iter_download(
        self, url: str, *, deadline: float = inf, **options: Any
    ) -> Generator[bytes, None, None]:
        """Return what is at a URL piece by piece, going on where it broke off.

        As ``download``; but what has been handed out cannot be taken back: where the content has
        changed or cannot be asked for in parts, the last break is raised.

        Args:
            url: As in requests; where it has no scheme, it is relative to ``base_url``.
            deadline: Seconds for all of it, from now on.
            **options: As in requests, such as ``headers`` and ``params``.

        Raises:
            ringback.errors.RingbackError: Also the exception that requests itself raises.
            ValueError: If ``headers`` have a ``Range``.
        """
        from ringback.client.requests.download import stream  # noqa: PLC0415 - few sessions need it

        return stream(self, url, monotonic() + deadline, options)

    def mount(self, prefix: str | bytes, adapter: Any) -> None:
        """Mount an adapter, as in requests; the log says where ringback has no say any more.

        Args:
            prefix: As in requests.
            adapter: As in requests.
        """
        replaced = self.adapters.get(str(prefix))
        super().mount(prefix, adapter)
        if isinstance(replaced, Adapter) and not isinstance(adapter, Adapter):
            text = "calls to %s go through %s from now on: without policy, retries and events"
            logging.getLogger("ringback").warning(text, prefix, type(adapter).__qualname__)

    def prepare_request(self, request: Request) -> PreparedRequest:
        """Prepare a request, as in requests.

        Args:
            request: As in requests.

        Raises:
            ringback.errors.RingbackError: Also the exception that requests itself raises.
        """
        with specialised_errors(request.url):
            return super().prepare_request(request)

    def send(self, request: PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a prepared request, as in requests; the deadline covers its redirects as well.

        Args:
            request: As in requests.
            **kwargs: As in requests.

        Raises:
            ringback.errors.RingbackError: Also the exception that requests itself raises.
        """
        with within(monotonic() + self.policy.deadline), specialised_errors(request.url):
            return _with_time_to_headers(super().send(request, **kwargs))

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Return the settings of a request; what the program says goes before the environment.

        Args:
            url: As in requests.
            proxies: As in requests.
            stream: As in requests.
            verify: As in requests; where it is not given, ``REQUESTS_CA_BUNDLE`` counts only if
                neither ``trust`` nor the session's ``verify`` says something else.
            cert: As in requests.
        """
        own = OwnProxies(proxies) if proxies and self.proxy_list is not None else None
        settings = super().merge_environment_settings(url, proxies, stream, verify, cert)
        asked = self.verify if verify is None else verify
        if self.trust is not None or asked not in _AS_BY_DEFAULT:
            settings["verify"] = asked
        if own is not None:
            settings["proxies"] = own
        return settings

    def rebuild_proxies(self, prepared_request: PreparedRequest, proxies: Any) -> Any:
        """Return the proxies for a redirect, as in requests.

        Args:
            prepared_request: As in requests.
            proxies: As in requests.
        """
        if self.proxy_list is None:
            return super().rebuild_proxies(prepared_request, proxies)  # type: ignore[no-untyped-call]  # the stubs leave it out
        prepared_request.headers.pop("Proxy-Authorization", None)  # of the proxy before
        return proxies

    def _refused(
        self, method: str | bytes, url: str | bytes, proxied: object
    ) -> RingbackError | None:
        """Return what to raise where the circuit is open: before anything is prepared.

        Where there may be a proxy, or another adapter, the adapter that sends it does so later.
        """
        if not isinstance(url, str) or not isinstance(method, str):
            return None
        adapter = self.adapters.get("https://" if url.startswith("https:") else "http://")
        if type(adapter) is not Adapter or (why := adapter.refuses(origin_of(url))) is None:
            return None
        if proxied or self.proxies or self.proxy_list or (self.trust_env and _may_be_proxied()):
            return None
        if self.adapters.keys() != _DEFAULT_MOUNTS or self.get_adapter(url) is not adapter:
            return None
        refused: RingbackError = adapter.refusal(method, url, *why)
        return refused


def say_no_timeout(options: dict[str, Any]) -> None:
    """Let ``timeout=None`` be told from no timeout given: requests hands on ``None`` for both."""
    if options.get("timeout", ()) is None:
        options["timeout"] = (None, None)


_DEFAULT_MOUNTS = {"https://", "http://"}
_AS_BY_DEFAULT = (True, None, "")  # Values of `verify` that name no authorities


def _may_be_proxied() -> bool:
    known = request.current_environment()
    return known is None or known.proxied


def _absolute_url(base: str, url: str | bytes) -> str | bytes:
    text = url.decode("latin-1") if isinstance(url, bytes) else url
    if "://" in text.partition("?")[0]:
        return url
    # The base is a directory, whether it ends in a slash or not, and a path is below it.
    return urljoin(base.rstrip("/") + "/", text.lstrip("/")) if text else base


def _with_time_to_headers(response: requests.Response) -> requests.Response:
    """Let ``elapsed`` be what requests documents: until the headers, without waits or body."""
    for received in (*response.history, response):
        received.elapsed = vars(received).get("headers_after", received.elapsed)
    return response
