"""How a call through a door of httpx ends; what threads and tasks do alike."""

from time import monotonic
from typing import Any, NoReturn

from ringback.client.call import Ended
from ringback.client.httpcore.library import Library
from ringback.client.origin import origin_of
from ringback.client.raising import error_of, raise_prepared
from ringback.failure import Failure
from ringback.retry import Policy

DEADLINE = "ringback.deadline"
"""Extension of a request that httpx hands on to the request which follows a redirect."""


def deadline_of(request: Any, policy: Policy, *, redirected: bool) -> float:
    """Return when a call must have ended, on ``time.monotonic()``; redirects are part of it.

    Args:
        request: Of httpx.
        policy: Its limits.
        redirected: The request follows a redirect.
    """
    known: float | None = request.extensions.get(DEADLINE) if redirected else None
    if known is None:
        known = request.extensions[DEADLINE] = monotonic() + policy.deadline
    return known


def circuit_of(url: str, candidates: tuple[str, ...], inner: Any) -> str:
    """Return what a circuit stands for: an origin, or an origin through proxies.

    Args:
        url: What is called.
        candidates: URLs of the proxies to choose from.
        inner: The transport, which may have a proxy of its own.
    """
    origin = origin_of(url)
    if candidates:
        return f"{origin} through {', '.join(map(origin_of, candidates))}"
    proxy = getattr(inner, "proxy", None)
    return f"{origin} through {proxy}" if proxy else origin


def result(library: Library, ended: Ended[Any]) -> Any:
    """Return the response that a call ended with, or raise how it ended without one.

    Args:
        library: Of the door.
        ended: The call.

    Raises:
        ringback.errors.RingbackError: Also the exception of httpx.
    """
    response: Any = ended.told and ended.told.result
    if response is None:
        _raise(library, ended)
    if ended.retry_at is not None:
        response.extensions["retry_at"] = ended.retry_at
    return response


def _raise(library: Library, ended: Ended[Any]) -> NoReturn:
    raise_prepared(error_of(ended, _refused(library, ended.decision.failure)))


def _refused(library: Library, failure: Failure) -> Exception:
    """What httpx raises for what opened the circuit, of all that says that nothing was sent."""
    opened_by, httpx = failure.via or "", library.httpx
    cls = httpx.ConnectTimeout if "timed_out" in opened_by else httpx.ConnectError
    if opened_by.startswith("proxy."):
        cls = httpx.ProxyError
    error: Exception = cls(failure.message)
    return error
